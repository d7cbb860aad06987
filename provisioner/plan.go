package provisioner

import (
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
)

// Action is what happens to a resource: one vocabulary for all tools.
type Action string

const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace" // deleted and created, in either order
	Delete  Action = "delete"
	Read    Action = "read"   // a data source that is read while applying
	Import  Action = "import" // taken into the state as it is
	Forget  Action = "forget" // left out of the state, and alive
)

// Changes says that the action changes something in the world.
func (a Action) Changes() bool {
	return a == Create || a == Update || a == Replace || a == Delete
}

// Change is what happens to one resource.
type Change struct {
	Address string `json:"address"` // in the module: aws_vpc.main
	Type    string `json:"type,omitempty"`
	Action  Action `json:"action"`
	// Attributes that are another afterwards, by path, where the tool gives them.
	Attributes []Attribute `json:"attributes,omitempty"`
}

// Attribute is one value of a resource, before a change and after.
type Attribute struct {
	Path string `json:"path"` // into the resource, steps joined with dots: ingress.0.cidr_blocks.0
	// Before and After are JSON documents: nil where there is none, where it is not known
	// before the change is done, and where the tool calls it sensitive.
	Before    any  `json:"before,omitempty"`
	After     any  `json:"after,omitempty"`
	Unknown   bool `json:"unknown,omitempty"`   // After is known only once it is done
	Sensitive bool `json:"sensitive,omitempty"` // one of the two is, and neither stands here
	Replaces  bool `json:"replaces,omitempty"`  // it cannot be changed in place
}

// Names are the first steps of the paths of attributes, sorted: tags for tags.Name.
func (c Change) Names() []string {
	var names []string
	for _, a := range c.Attributes {
		name := a.Path
		for i := range name {
			if name[i] == '.' {
				name = name[:i]
				break
			}
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Hide gives the change without the values that hold a text which secret says yes to;
// those attributes are Sensitive then. Drivers that know what is secret use it before they
// give changes away, and so does whoever runs them.
func (c Change) Hide(secret func(text string) bool) Change {
	attributes := slices.Clone(c.Attributes)
	for i, a := range attributes {
		if holds(a.Before, secret) || holds(a.After, secret) {
			a.Before, a.After, a.Sensitive = nil, nil, true
			attributes[i] = a
		}
	}
	c.Attributes = attributes
	return c
}

// holds says that a text, key or number somewhere in a document is one that is asked for.
func holds(document any, asked func(string) bool) bool {
	switch v := document.(type) {
	case nil, bool:
		return false
	case string:
		return asked(v)
	case []any:
		return slices.ContainsFunc(v, func(item any) bool { return holds(item, asked) })
	case map[string]any:
		for key, item := range v {
			if asked(key) || holds(item, asked) {
				return true
			}
		}
		return false
	}
	return asked(fmt.Sprint(document))
}

// Plan is what an Apply would do.
type Plan struct {
	Changes []Change `json:"changes"` // by address; without no-ops
	// OutputChanges are the names of the outputs that would change, sorted.
	OutputChanges []string          `json:"outputChanges,omitempty"`
	Outputs       map[string]Output `json:"outputs,omitempty"`  // as far as they are known before it is done
	Saved         []byte            `json:"saved,omitempty"`    // opaque; holds secrets; to be given back in Request.Saved
	Exact         bool              `json:"exact,omitempty"`    // Saved can be applied exactly
	Problems      tenon.Problems    `json:"problems,omitempty"` // warnings
}

// HasChanges says that something would be created, updated, replaced or deleted, or that
// an output would change.
func (p *Plan) HasChanges() bool {
	return len(p.OutputChanges) > 0 || slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action.Changes() })
}

// Output is one value that a step hands on.
type Output struct {
	Value     any  `json:"value"`
	Sensitive bool `json:"sensitive,omitempty"`
}

// Drift is how what exists differs from what was last applied.
type Drift struct {
	// Changes are what was done past the driver, by address: Update with its attributes,
	// Delete for what is not there any more.
	Changes  []Change       `json:"changes"`
	Problems tenon.Problems `json:"problems,omitempty"` // warnings
}
