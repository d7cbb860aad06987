package artifacts

import (
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/expr"
)

// harvests compiles the expressions that make documents of Terraform resources.
func (a *assembly) harvests(t *Type, c *content) {
	from := t.node.Get("from")
	for _, resource := range from.Keys() {
		text, _ := from.Get(resource).Value().(string)
		compiled, err := expr.Compile(text)
		if err != nil {
			a.locate(err, from.Get(resource))
			continue
		}
		if c.from == nil {
			c.from = map[string]*expr.Expr{}
		}
		c.from[resource] = compiled
	}
}

// Harvests are the Terraform resource types that documents of the type can be made of,
// sorted.
func (t *Type) Harvests() []string {
	names := t.node.Get("from").Keys()
	if t.published {
		return nil
	}
	slices.Sort(names)
	return names
}

// HarvestReads are the attributes that are read of a Terraform resource of that type, "*"
// for any key or index; nil where nothing is made of it.
func (t *Type) HarvestReads(resource string) []tenon.Path {
	if e := t.made().from[resource]; e != nil {
		return e.Reads()
	}
	return nil
}
