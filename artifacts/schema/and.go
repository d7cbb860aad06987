package schema

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// And is the schema of the documents that are valid under both. Its Document can be compiled
// by itself, with what both share as Options.Shared; of two schemas of different drafts, one
// stands in it in normal form, and as it is where it has none.
func (s *Schema) And(t *Schema) *Schema {
	both := &Schema{
		root:    all(s.root, t.root),
		parts:   append(s.whole(), t.whole()...),
		options: Options{Formats: s.options.Formats || t.options.Formats, Shared: either(s.options.Shared, t.options.Shared)},
	}
	both.document = intersection(s, t)
	both.hinted = sync.OnceValue(func() *node { return all(s.hinted(), t.hinted()) })
	both.warm = sync.OnceValue(both.warmed)
	return both
}

func intersection(s, t *Schema) map[string]any {
	draft := draftOf(s.document)
	if draftOf(t.document) != draft {
		draft = 2020 // in which normal forms are written
	}
	parts := make([]any, 2)
	for i, part := range []*Schema{s, t} {
		at := fmt.Sprintf("/allOf/%d", i)
		if draftOf(part.document) == draft {
			parts[i] = part.embedded(at)
			continue
		}
		parts[i] = part.document
		if normal, err := part.Normal(); err == nil {
			if whole, err := Compile(normal, nil); err == nil {
				parts[i] = whole.embedded(at)
			}
		}
	}
	return map[string]any{"$schema": dialects[draft], "allOf": parts}
}

// draftOf a document that was compiled.
func draftOf(document any) int {
	object, _ := document.(map[string]any)
	address, _ := object["$schema"].(string)
	_, plain, _ := strings.Cut(strings.TrimSuffix(address, "#"), "://")
	if draft := drafts[plain]; draft != 0 {
		return draft
	}
	return 7
}

func either(first, second func(string) (any, bool)) func(string) (any, bool) {
	if first == nil || second == nil {
		if first == nil {
			return second
		}
		return first
	}
	return func(reference string) (any, bool) {
		if document, ok := first(reference); ok {
			return document, true
		}
		return second(reference)
	}
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
		if part.costly {
			return ErrCostly
		}
		if err := part.compiled.Validate(v); err != nil {
			list = append(list, err)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return errors.Join(list...)
}
