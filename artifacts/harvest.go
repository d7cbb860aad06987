package artifacts

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// Found is what a Terraform resource is taken for.
type Found struct {
	Address  string // of the resource: module.db.aws_db_instance.main[0]
	Resource string // its type: aws_db_instance
	Type     *Type
	// Artifact that it is; nil where something is missing.
	Artifact *Artifact
	// Problems say what is missing for a valid artifact. Their paths lead into the
	// document; they hold no sensitive value.
	Problems tenon.Problems
	// Unknown attributes of a plan, which the expression reads and which are there after
	// it is applied only.
	Unknown []string
}

// Valid says that there is an artifact.
func (f Found) Valid() bool { return f.Artifact != nil }

// FromState finds artifacts in existing infrastructure: every resource of a Terraform or
// OpenTofu state that some type of the catalog can be made of. State is a state file (version
// 4) or what terraform show -json prints. Found are sorted by address; of one resource the
// most particular type comes first, and its supertypes follow where they are made of it as
// well. The error says that the state cannot be read, or is ctx's.
func (c *Catalog) FromState(ctx context.Context, state []byte) ([]Found, error) {
	resources, err := readState(state)
	if err != nil {
		return nil, err
	}
	return c.harvest(ctx, resources)
}

// FromPlan finds the artifacts that there will be: in what terraform show -json prints of a
// plan. What is known after the plan is applied only is missing, and named in Unknown.
func (c *Catalog) FromPlan(ctx context.Context, plan []byte) ([]Found, error) {
	resources, err := readPlan(plan)
	if err != nil {
		return nil, err
	}
	return c.harvest(ctx, resources)
}

func (c *Catalog) harvest(ctx context.Context, resources []resource) ([]Found, error) {
	takers := map[string][]*Type{}
	for _, t := range c.types {
		for _, name := range t.Harvests() {
			takers[name] = append(takers[name], t)
		}
	}
	var found []Found
	for _, r := range resources {
		for _, t := range takers[r.typ] {
			f, mine, err := c.take(ctx, t, r)
			if err != nil {
				return nil, err
			}
			if mine {
				found = append(found, f)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Found) int {
		return cmp.Or(strings.Compare(a.Address, b.Address), c.rank(a.Type, b.Type), strings.Compare(a.Type.String(), b.Type.String()))
	})
	return found, nil
}

// rank puts a type before those that it is.
func (c *Catalog) rank(a, b *Type) int {
	switch {
	case a == b:
		return 0
	case c.Fits(a, exactly(b)):
		return -1
	case c.Fits(b, exactly(a)):
		return 1
	}
	return 0
}

func exactly(t *Type) Ref {
	ref, err := ParseRef(t.Name() + "@" + t.Version())
	if err != nil {
		panic(err) // a type has a name and a version
	}
	return ref
}

// take makes a document of the resource; mine is false where the expression gives null: it
// is of another type.
func (c *Catalog) take(ctx context.Context, t *Type, r resource) (f Found, mine bool, err error) {
	f = Found{Address: r.address, Resource: r.typ, Type: t}
	for _, path := range t.HarvestReads(r.typ) {
		if r.isUnknown(path) {
			f.Unknown = append(f.Unknown, path.String())
		}
	}
	document, err := t.made().from[r.typ].Run(ctx, r.attributes)
	if ctx.Err() != nil {
		return f, false, ctx.Err()
	}
	if err != nil {
		f.Problems = tenon.Problems{{Rule: "harvest-failed", Message: fmt.Sprintf("%s cannot be made of a %s: %s", t, r.typ, err)}}
		return f, true, nil
	}
	if document == nil {
		return f, false, nil
	}
	document = withoutNulls(document)
	if problems := t.made().schema.Validate(document, t.isSensitive); len(problems) > 0 {
		f.Problems = problems
		return f, true, nil
	}
	if made, invalid := New(t, document); invalid == nil {
		f.Artifact = made
	} else {
		f.Problems = tenon.ProblemsOf(invalid)
	}
	return f, true, nil
}

// withoutNulls leaves out the keys of a document whose value is null: an attribute that is
// not set is null in a state, and no field.
func withoutNulls(document any) any {
	object, ok := document.(map[string]any)
	if !ok {
		return document
	}
	kept := make(map[string]any, len(object))
	for key, element := range object {
		if element != nil {
			kept[key] = withoutNulls(element)
		}
	}
	return kept
}

// ImportFile is an import of what was found, as people write it: imports/NAME.yaml in JSON,
// which YAML takes. What is sensitive is not in it: it is to come from environment
// variables, named after the import and the field. Sensitive parts below the top make it
// impossible.
func (f Found) ImportFile(name string) ([]byte, error) {
	if f.Artifact == nil {
		return nil, fmt.Errorf("%s is no valid %s", f.Address, f.Type)
	}
	document, ok := f.Artifact.contents().data.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("a %s is no object", f.Type)
	}
	data, secrets := map[string]any{}, map[string]any{}
	for key, element := range document {
		data[key] = element
	}
	for _, path := range f.Artifact.Sensitive() {
		steps := path.Steps()
		key, isKey := "", false
		if len(steps) == 1 {
			key, isKey = steps[0].(string)
		}
		if !isKey {
			return nil, fmt.Errorf("%s is sensitive in %s, and an import takes secrets at its top only", orDocument(path), f.Type)
		}
		delete(data, key)
		secrets[key] = map[string]any{"env": variable(name) + "_" + variable(key)}
	}
	file := map[string]any{"import": name, "type": f.Type.Name() + "@" + f.Type.Version(), "data": data}
	if len(secrets) > 0 {
		file["secrets"] = secrets
	}
	text, err := json.MarshalIndent(file, "", "  ")
	return append(text, '\n'), err
}

// variable is a name as environment variables have it: apiKey → API_KEY.
func variable(name string) string {
	var b strings.Builder
	for i, r := range name {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z':
			if i > 0 {
				b.WriteByte('_')
			}
			b.WriteRune(r)
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return b.String()
}
