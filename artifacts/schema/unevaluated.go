package schema

import (
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// unevaluated reads unevaluatedProperties and unevaluatedItems. Where everything beside
// them holds without a choice, they are additionalProperties and items over what all of it
// names; beside alternatives they are not decided.
func (r *reading) unevaluated() {
	if r.src.draft < 2019 {
		return
	}
	if v, ok := r.object["unevaluatedProperties"]; ok {
		if kid := r.child("unevaluatedProperties", v); kid.op != opTrue {
			e := r.evaluated(true)
			switch {
			case e.unclear:
				r.add(r.opaque(kindObject, "unevaluatedProperties beside alternatives"))
			case !e.whole:
				slices.Sort(e.names)
				r.add(every(&class{shape: others, names: slices.Compact(e.names), patterns: e.patterns}, kid))
			}
		}
	}
	if v, ok := r.object["unevaluatedItems"]; ok {
		if kid := r.child("unevaluatedItems", v); kid.op != opTrue {
			e := r.evaluated(false)
			switch {
			case e.unclear:
				r.add(r.opaque(kindArray, "unevaluatedItems beside alternatives"))
			case !e.whole:
				r.add(each(e.prefix, -1, kid))
			}
		}
	}
}

// evaluation is what the keywords of a schema evaluate of a value.
type evaluation struct {
	properties bool // of an object; else of an array
	names      []string
	patterns   []*language.Pattern
	prefix     int
	whole      bool
	unclear    bool
	parser     *parser
	seen       map[string]bool
}

func (r *reading) evaluated(properties bool) *evaluation {
	e := &evaluation{properties: properties, parser: r.parser, seen: map[string]bool{}}
	e.collect(r.src, r.object, r.pointer, true)
	return e
}

func (e *evaluation) collect(src *source, v any, pointer string, top bool) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	if _, refers := object["$ref"].(string); refers && src.draft < 2019 {
		e.follow(src, object, pointer, "$ref") // what stands beside is ignored
		return
	}
	if e.properties {
		e.ofObject(object, top)
	} else {
		e.ofArray(src, object, top)
	}
	for _, keyword := range []string{"$ref", "$dynamicRef", "$recursiveRef"} {
		e.follow(src, object, pointer, keyword)
	}
	if list, ok := object["allOf"].([]any); ok {
		for i, part := range list {
			e.collect(src, part, fmt.Sprintf("%s/allOf/%d", pointer, i), false)
		}
	}
	for _, keyword := range []string{"anyOf", "oneOf"} {
		list, _ := object[keyword].([]any)
		for i, part := range list {
			e.perhaps(src, part, fmt.Sprintf("%s/%s/%d", pointer, keyword, i))
		}
	}
	for _, keyword := range []string{"if", "then", "else"} {
		if part, ok := object[keyword]; ok {
			e.perhaps(src, part, pointer+step(keyword))
		}
	}
	for _, keyword := range []string{"dependentSchemas", "dependencies"} {
		parts, _ := object[keyword].(map[string]any)
		for _, name := range sortedKeys(parts) {
			e.perhaps(src, parts[name], pointer+step(keyword)+step(name))
		}
	}
}

func (e *evaluation) follow(src *source, object map[string]any, pointer, keyword string) {
	text, ok := object[keyword].(string)
	if !ok {
		return
	}
	found := e.parser.place(src, text, pointer+step(keyword))
	if !found.known || keyword != "$ref" || e.seen[found.document.id+"#"+found.pointer] {
		e.unclear = true
		return
	}
	e.seen[found.document.id+"#"+found.pointer] = true
	document, _ := find(found.document.document, found.pointer)
	e.collect(found.document, document, found.pointer, false)
}

// perhaps is a part that may hold or not: fine as long as it evaluates nothing.
func (e *evaluation) perhaps(src *source, v any, pointer string) {
	part := &evaluation{properties: e.properties, parser: e.parser, seen: e.seen}
	part.collect(src, v, pointer, false)
	if part.unclear || part.whole || part.prefix > 0 || len(part.names) > 0 || len(part.patterns) > 0 {
		e.unclear = true
	}
}

func (e *evaluation) ofObject(object map[string]any, top bool) {
	properties, _ := object["properties"].(map[string]any)
	e.names = append(e.names, sortedKeys(properties)...)
	patterns, _ := object["patternProperties"].(map[string]any)
	for _, text := range sortedKeys(patterns) {
		if pattern := e.parser.pattern(text, ""); pattern != nil {
			e.patterns = append(e.patterns, pattern)
		} else {
			e.unclear = true
		}
	}
	if _, ok := object["additionalProperties"]; ok {
		e.whole = true
	}
	if _, ok := object["unevaluatedProperties"]; ok && !top {
		e.whole = true
	}
}

func (e *evaluation) ofArray(src *source, object map[string]any, top bool) {
	keyword, rest := "items", "additionalItems"
	if src.draft >= 2020 {
		keyword, rest = "prefixItems", "items"
		if _, ok := object["contains"]; ok {
			e.unclear = true // it evaluates what it finds
		}
	}
	list, tuple := object[keyword].([]any)
	e.prefix = max(e.prefix, len(list))
	if _, ok := object[rest]; ok && (tuple || src.draft >= 2020) {
		e.whole = true
	}
	if v, ok := object[keyword]; ok && !tuple && v != nil {
		e.whole = true
	}
	if _, ok := object["unevaluatedItems"]; ok && !top {
		e.whole = true
	}
}
