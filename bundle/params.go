package bundle

import (
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Params is the schema of what the user of a bundle may set.
type Params struct {
	schema    *schema.Schema
	sensitive []tenon.Path
	immutable []tenon.Path
	node      *source.Node // nil where the file has none
}

func newParams(compiled *schema.Schema, node *source.Node) *Params {
	marked := func(key string) []tenon.Path {
		return compiled.Marked(func(s map[string]any) bool { return s[key] == true })
	}
	return &Params{schema: compiled, sensitive: marked("x-sensitive"), immutable: marked("x-immutable"), node: node}
}

// Schema is a copy of the JSON Schema.
func (p *Params) Schema() any { return value.Clone(p.schema.Document()) }

// Sensitive gives the paths marked x-sensitive, "*" for any key or index.
func (p *Params) Sensitive() []tenon.Path { return slices.Clone(p.sensitive) }

// Immutable gives the paths marked x-immutable: they must not change once deployed.
func (p *Params) Immutable() []tenon.Path { return slices.Clone(p.immutable) }

// Names of the params at the top, sorted.
func (p *Params) Names() []string {
	document, _ := p.schema.Document().(map[string]any)
	properties, _ := document["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// Required are the names at the top that must be there.
func (p *Params) Required() []string {
	document, _ := p.schema.Document().(map[string]any)
	list, _ := document["required"].([]any)
	var names []string
	for _, name := range list {
		if text, ok := name.(string); ok {
			names = append(names, text)
		}
	}
	return names
}

// Merge lays the layers over each other, the weakest first (preset, component, instance),
// under them the schema's defaults, and validates the whole. Maps merge deeply, lists and
// everything else replace, null stays. Paths of problems are into the merged params; a
// sensitive value is never shown.
func (p *Params) Merge(layers ...map[string]any) (map[string]any, tenon.Problems) {
	var merged any = map[string]any{}
	for _, layer := range layers {
		if layer != nil {
			merged = value.Merge(merged, any(layer))
		}
	}
	normal, err := value.Normal(merged)
	if err != nil {
		return nil, tenon.Problems{{Rule: "not-json", Message: err.Error()}}
	}
	params, _ := p.schema.Defaults(normal).(map[string]any)
	return params, p.schema.Validate(params, p.isSensitive)
}

func (p *Params) isSensitive(path tenon.Path) bool {
	return slices.ContainsFunc(p.sensitive, func(pattern tenon.Path) bool {
		return value.Overlaps(pattern, path) && pattern.Len() <= path.Len()
	})
}

// SensitiveIn gives the paths in params that are sensitive.
func (p *Params) SensitiveIn(params map[string]any) []tenon.Path {
	var found []tenon.Path
	for _, pattern := range p.sensitive {
		found = append(found, value.Expand(any(params), pattern)...)
	}
	return found
}
