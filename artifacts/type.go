package artifacts

import (
	"maps"
	"slices"

	"github.com/Masterminds/semver/v3"

	"github.com/tenon-sdk/tenon"
	contract "github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Type is one version of a contract.
type Type struct {
	name        string
	version     *semver.Version
	title       string
	description string
	isA         []Ref
	node        *source.Node
	published   bool // a published definition
	proven      bool // its source was checked before
	shared      func(string) (any, bool)
	made        func() *content // nil where the file has a mistake
}

// Proven says that the type comes from a source that its own tests have checked, such as
// the standard catalog. See Load.
func (t *Type) Proven() bool { return t.proven }

// content is what a type is made of, compiled.
type content struct {
	schema    *schema.Schema
	contract  *contract.Schema // the same, as a set of documents
	marks     *schema.Marks    // x-sensitive
	sensitive []tenon.Path     // their patterns
	grants    map[string]Grant
	exports   []Export              // by name
	from      map[string]*expr.Expr // Terraform resource type → what makes a document of one
	examples  []any
}

func (c *content) declares(path tenon.Path) bool { return c.schema.Has(path) == schema.Declared }

// Name of the type: postgresql.
func (t *Type) Name() string { return t.name }

// Version of the contract: 1.2.0.
func (t *Type) Version() string { return t.version.String() }

// String is name and version: postgresql@1.2.0.
func (t *Type) String() string { return t.name + "@" + t.version.String() }

// Title in a few words.
func (t *Type) Title() string { return t.title }

// Description in a sentence; may be empty.
func (t *Type) Description() string { return t.description }

// File that the type was read from, as its source names it.
func (t *Type) File() string { return t.node.File }

// IsA are the supertypes that it declares.
func (t *Type) IsA() []Ref { return slices.Clone(t.isA) }

// Schema is a copy of the JSON Schema as it was written.
func (t *Type) Schema() any { return value.Clone(t.made().schema.Document()) }

// Sensitive gives the paths that the schema marks with x-sensitive, "*" for any key or
// index; each stands for all that is below it.
func (t *Type) Sensitive() []tenon.Path { return slices.Clone(t.made().sensitive) }

// Grants of the type, by name.
func (t *Type) Grants() []Grant {
	grants := make([]Grant, 0, len(t.made().grants))
	for _, name := range slices.Sorted(maps.Keys(t.made().grants)) {
		grants = append(grants, t.made().grants[name])
	}
	return grants
}

// Grant by name.
func (t *Type) Grant(name string) (Grant, bool) {
	grant, ok := t.made().grants[name]
	return grant, ok
}

// Examples are copies of the documents that the author gave.
func (t *Type) Examples() []any { return value.Clone(t.made().examples).([]any) }

// Declares says whether the schema names a value at path ("*": any key or index).
func (t *Type) Declares(path tenon.Path) bool { return t.made().declares(path) }

// Forbids says that no valid document has a value at path.
func (t *Type) Forbids(path tenon.Path) bool { return t.made().schema.Has(path) == schema.Never }

// Required are the keys that every document of the type has at its top, sorted.
func (t *Type) Required() []string { return t.made().schema.Required() }

// Fields are the keys that the schema names at the top of a document, sorted.
func (t *Type) Fields() []string { return t.made().schema.Names() }

// SensitiveIn gives the paths in document that are sensitive, the topmost of each, sorted.
// It is exact where Sensitive can only say any key, or anything below: in schemas that
// recur or mark their additional properties. All of what JSON cannot write is sensitive.
func (t *Type) SensitiveIn(document any) []tenon.Path {
	normal, err := value.Normal(document)
	if err != nil {
		return []tenon.Path{{}}
	}
	return t.made().marks.In(normal)
}
