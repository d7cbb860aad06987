package schema

import (
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
)

// Marks knows where a schema carries a mark such as x-sensitive. A mark holds for all
// that is below it, and counts wherever it may hold: in one of several alternatives,
// behind a condition, through references.
type Marks struct {
	root   *jsonschema.Schema
	marked map[*jsonschema.Schema]bool // carry the mark
	leads  map[*jsonschema.Schema]bool // carry it, or have something below or beside that does
}

// Marks finds the subschemas that mark says true for; it is given them as written.
func (s *Schema) Marks(mark func(schema map[string]any) bool) *Marks {
	m := &Marks{root: s.compiled, marked: map[*jsonschema.Schema]bool{}, leads: map[*jsonschema.Schema]bool{}}
	from := map[*jsonschema.Schema][]*jsonschema.Schema{}
	var queue, dynamic []*jsonschema.Schema
	for _, sub := range reachable(s.compiled) {
		if sub.DynamicRef != nil || sub.RecursiveRef != nil {
			dynamic = append(dynamic, sub)
		}
		for _, part := range inPlace(sub) {
			from[part] = append(from[part], sub)
		}
		for _, e := range below(sub) {
			from[e.schema] = append(from[e.schema], sub)
		}
		if source := s.source(sub); source != nil && mark(source) {
			m.marked[sub] = true
			queue = append(queue, sub)
		}
	}
	if len(queue) > 0 { // a dynamic reference may lead to any of them
		for _, sub := range dynamic {
			m.marked[sub] = true
		}
		queue = append(queue, dynamic...)
	}
	for len(queue) > 0 {
		sub := queue[0]
		queue = queue[1:]
		if !m.leads[sub] {
			m.leads[sub] = true
			queue = append(queue, from[sub]...)
		}
	}
	return m
}

// Marked is Marks(mark).Patterns().
func (s *Schema) Marked(mark func(schema map[string]any) bool) []tenon.Path {
	return s.Marks(mark).Patterns()
}

// maxPatterns bounds the work of Patterns; past it whole branches count as marked.
const maxPatterns = 10_000

// Patterns gives the marked paths, "*" for any key or index, sorted, the topmost of each
// branch. Where a schema recurs, what recurs counts as marked from the second round on,
// since a pattern cannot say how deep it goes: In can.
func (m *Marks) Patterns() []tenon.Path {
	found := map[tenon.Path]bool{}
	open := map[*jsonschema.Schema]bool{}
	steps := 0
	var visit func(sub *jsonschema.Schema, path tenon.Path)
	visit = func(sub *jsonschema.Schema, path tenon.Path) {
		steps++
		switch {
		case !m.leads[sub]:
			return
		case m.marked[sub], open[sub], steps > maxPatterns:
			found[path] = true
			return
		}
		open[sub] = true
		defer delete(open, sub)
		for _, part := range inPlace(sub) {
			visit(part, path)
		}
		for _, e := range below(sub) {
			visit(e.schema, path.Append(e.step))
		}
	}
	visit(m.root, tenon.Path{})
	return topmost(found)
}

// In gives the paths in document that are marked, sorted, the topmost of each branch. The
// document need not be valid.
func (m *Marks) In(document any) []tenon.Path {
	type visited struct {
		sub  *jsonschema.Schema
		path tenon.Path
	}
	found := map[tenon.Path]bool{}
	seen := map[visited]bool{}
	var visit func(sub *jsonschema.Schema, path tenon.Path, v any)
	visit = func(sub *jsonschema.Schema, path tenon.Path, v any) {
		if !m.leads[sub] || seen[visited{sub, path}] {
			return
		}
		seen[visited{sub, path}] = true
		if m.marked[sub] {
			found[path] = true
			return
		}
		for _, part := range inPlace(sub) {
			visit(part, path, v)
		}
		switch v := v.(type) {
		case map[string]any:
			for key, element := range v {
				for _, part := range append(partsOfKey(sub, key), sub.UnevaluatedProperties) {
					if part != nil {
						visit(part, path.Append(key), element)
					}
				}
			}
		case []any:
			for i, element := range v {
				for _, part := range []*jsonschema.Schema{partOfItem(sub, i), sub.Contains, sub.UnevaluatedItems} {
					if part != nil {
						visit(part, path.Append(i), element)
					}
				}
			}
		}
	}
	visit(m.root, tenon.Path{}, document)
	return topmost(found)
}

// topmost are the paths that none of the others lies above, sorted.
func topmost(found map[tenon.Path]bool) []tenon.Path {
	paths := slices.DeleteFunc(slices.Collect(maps.Keys(found)), func(p tenon.Path) bool {
		for above := p; !above.IsRoot(); {
			above = above.Parent()
			if found[above] {
				return true
			}
		}
		return false
	})
	slices.SortFunc(paths, func(a, b tenon.Path) int { return strings.Compare(a.Pointer(), b.Pointer()) })
	return paths
}
