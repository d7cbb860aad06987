package schema

import (
	"maps"
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon/internal/value"
)

// Defaults gives document with the schema's defaults filled in where a key of an object
// is missing: through properties, items, $ref and allOf, which hold whatever the document
// says; not through anyOf, oneOf, if and dependencies, which may not. A missing object
// without a default of its own is made where it is required and something in it has one.
// What a recursive schema makes inside itself ends after one round. document is not
// changed.
func (s *Schema) Defaults(document any) any {
	f := &filling{schema: s, made: map[*jsonschema.Schema]bool{}}
	return f.fill(s.compiled, document)
}

type filling struct {
	schema *Schema
	made   map[*jsonschema.Schema]bool // schemas whose default is being filled
	count  int
}

func (f *filling) fill(sub *jsonschema.Schema, document any) any {
	if sub.Ref != nil {
		document = f.fill(sub.Ref, document)
	}
	for _, part := range sub.AllOf {
		document = f.fill(part, document)
	}
	switch v := document.(type) {
	case map[string]any:
		filled := maps.Clone(v)
		for _, name := range slices.Sorted(maps.Keys(sub.Properties)) {
			property := sub.Properties[name]
			if element, there := filled[name]; there {
				filled[name] = f.fill(property, element)
			} else if element, ok := f.make(property, slices.Contains(sub.Required, name)); ok {
				filled[name] = element
			}
		}
		return filled
	case []any:
		filled := slices.Clone(v)
		for i, element := range v {
			if item := partOfItem(sub, i); item != nil {
				filled[i] = f.fill(item, element)
			}
		}
		return filled
	}
	return document
}

// make gives the value of a key that is missing: its default, or an object of defaults
// where one is required.
func (f *filling) make(property *jsonschema.Schema, required bool) (any, bool) {
	target := property
	for target.Ref != nil {
		target = target.Ref // ends: a cycle of references alone does not compile
	}
	element, ok := f.ownDefault(property)
	if !ok && !required || f.made[target] || f.count >= maxFilled {
		return element, ok
	}
	f.count++
	f.made[target] = true
	defer delete(f.made, target)
	if ok {
		return f.fill(property, element), true
	}
	object, _ := f.fill(property, map[string]any{}).(map[string]any)
	return object, len(object) > 0
}

// ownDefault is the default that sub or what it refers to says.
func (f *filling) ownDefault(sub *jsonschema.Schema) (any, bool) {
	for ; sub != nil; sub = sub.Ref {
		if element, ok := f.schema.source(sub)["default"]; ok {
			return value.Clone(element), true
		}
	}
	return nil, false
}
