package schema

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Names of the properties that the schema knows at the top of a document, wherever in it
// they are named, sorted.
func (s *Schema) Names() []string {
	var names []string
	s.inPlace(func(part *jsonschema.Schema, _ bool) {
		for name := range part.Properties {
			names = append(names, name)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// Required are the keys that every document has at its top, sorted: what the schema itself
// demands and what it takes in without a choice.
func (s *Schema) Required() []string {
	var names []string
	s.inPlace(func(part *jsonschema.Schema, always bool) {
		if always {
			names = append(names, part.Required...)
		}
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// inPlace visits every part of the schema that is about the document itself; always says
// that it holds for every document.
func (s *Schema) inPlace(visit func(part *jsonschema.Schema, always bool)) {
	seen := map[*jsonschema.Schema]bool{}
	var walk func(*jsonschema.Schema, bool)
	walk = func(part *jsonschema.Schema, always bool) {
		if part == nil || seen[part] {
			return
		}
		seen[part] = true
		visit(part, always)
		walk(part.Ref, always)
		for _, below := range part.AllOf {
			walk(below, always)
		}
		for _, below := range inPlace(part) {
			walk(below, false)
		}
	}
	walk(s.compiled, true)
}
