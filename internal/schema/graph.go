package schema

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// reachable are all subschemas of a compiled schema, itself first, each once.
func reachable(root *jsonschema.Schema) []*jsonschema.Schema {
	seen := map[*jsonschema.Schema]bool{}
	var order []*jsonschema.Schema
	queue := []*jsonschema.Schema{root}
	for len(queue) > 0 {
		sub := queue[0]
		queue = queue[1:]
		if seen[sub] {
			continue
		}
		seen[sub] = true
		order = append(order, sub)
		queue = append(queue, inPlace(sub)...)
		for _, e := range below(sub) {
			queue = append(queue, e.schema)
		}
		for _, other := range []*jsonschema.Schema{sub.Not, sub.PropertyNames} {
			if other != nil {
				queue = append(queue, other)
			}
		}
	}
	return order
}

// inPlace are the subschemas that speak of the same value; those of not, which say what
// it is not, are left out.
func inPlace(sub *jsonschema.Schema) []*jsonschema.Schema {
	parts := slices.Concat(sub.AllOf, sub.AnyOf, sub.OneOf, mayHold(sub))
	if sub.Ref != nil {
		parts = append(parts, sub.Ref)
	}
	return parts
}

// mayHold are the subschemas that speak of the same value under a condition. What a
// dynamic reference leads to depends on the way that was taken: another schema may stand
// for the one given here.
func mayHold(sub *jsonschema.Schema) []*jsonschema.Schema {
	var parts []*jsonschema.Schema
	for _, part := range []*jsonschema.Schema{sub.If, sub.Then, sub.Else, sub.RecursiveRef, sub.DynamicRef} {
		if part != nil {
			parts = append(parts, part)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sub.Dependencies)) {
		if part, ok := sub.Dependencies[name].(*jsonschema.Schema); ok {
			parts = append(parts, part)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(sub.DependentSchemas)) {
		parts = append(parts, sub.DependentSchemas[name])
	}
	return parts
}

// edge leads from a schema to that of a key ("*": any) or an index.
type edge struct {
	step   any
	schema *jsonschema.Schema
}

// below are the subschemas that speak of keys and items of the value, in order of their
// kind and name.
func below(sub *jsonschema.Schema) []edge {
	var edges []edge
	for _, name := range slices.Sorted(maps.Keys(sub.Properties)) {
		edges = append(edges, edge{name, sub.Properties[name]})
	}
	for _, pattern := range patterns(sub) {
		edges = append(edges, edge{"*", sub.PatternProperties[pattern]})
	}
	for i, part := range sub.PrefixItems {
		edges = append(edges, edge{i, part})
	}
	for _, rest := range []any{sub.Items, sub.AdditionalItems, sub.AdditionalProperties, sub.Items2020, sub.Contains, sub.UnevaluatedItems, sub.UnevaluatedProperties} {
		switch rest := rest.(type) {
		case *jsonschema.Schema:
			if rest != nil {
				edges = append(edges, edge{"*", rest})
			}
		case []*jsonschema.Schema:
			for i, part := range rest {
				edges = append(edges, edge{i, part})
			}
		}
	}
	return edges
}
