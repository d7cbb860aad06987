package schema

import (
	"errors"
	"sync"
)

// And is the schema of the documents that are valid under both. Its Document is not a
// schema that can be compiled by itself where one of them has references to shared
// definitions.
func (s *Schema) And(t *Schema) *Schema {
	both := &Schema{
		document: map[string]any{"allOf": []any{s.document, t.document}},
		root:     all(s.root, t.root),
		parts:    append(s.whole(), t.whole()...),
	}
	both.hinted = sync.OnceValue(func() *node { return all(s.hinted(), t.hinted()) })
	both.warm = sync.OnceValue(both.warmed)
	return both
}

// whole are the schemas that the library has compiled and that all must hold.
func (s *Schema) whole() []*Schema {
	if len(s.parts) > 0 {
		return s.parts
	}
	return []*Schema{s}
}

func (s *Schema) check(v any) error {
	var list []error
	for _, part := range s.whole() {
		if err := part.compiled.Validate(v); err != nil {
			list = append(list, err)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return errors.Join(list...)
}
