package schema

import (
	"strings"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// What stands under a keyword.
var (
	holdsSchema  = set("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties")
	holdsSchemas = set("allOf", "anyOf", "oneOf", "prefixItems", "items")
	namesSchemas = set("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies")
)

func set(names ...string) map[string]bool {
	members := make(map[string]bool, len(names))
	for _, name := range names {
		members[name] = true
	}
	return members
}

// prepare gives a schema as the library takes it: patterns in the spelling of package
// regexp, those that it cannot run left out, and names of documents left out, since a
// document is found by where it lies and not by what it calls itself.
func prepare(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	own, _ := object["$id"].(string)
	own = strings.TrimSuffix(own, "#")
	return (&preparation{own: own}).schema(object)
}

type preparation struct{ own string }

func (p *preparation) schema(v any) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	prepared := make(map[string]any, len(object))
	for name, element := range object {
		switch {
		case name == "$id" || name == "id":
			if text, ok := element.(string); ok && !strings.HasPrefix(text, "#") {
				continue
			}
		case name == "$ref":
			if text, ok := element.(string); ok && p.own != "" && strings.HasPrefix(text, p.own+"#") {
				element = strings.TrimPrefix(text, p.own)
			} else if ok && p.own != "" && text == p.own {
				element = "#"
			}
		case name == "pattern":
			text, ok := element.(string)
			if !ok {
				break
			}
			pattern, err := language.Parse(text)
			if err != nil {
				continue
			}
			element = pattern.Go()
		case holdsSchemas[name] && isList(element):
			list := make([]any, 0, len(element.([]any)))
			for _, item := range element.([]any) {
				list = append(list, p.schema(item))
			}
			element = list
		case holdsSchema[name]:
			element = p.schema(element)
		case namesSchemas[name]:
			element = p.named(element, name == "patternProperties")
		}
		prepared[name] = element
	}
	return prepared
}

func (p *preparation) named(v any, patterns bool) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	prepared := make(map[string]any, len(object))
	for name, element := range object {
		if patterns {
			pattern, err := language.Parse(name)
			if err != nil {
				continue
			}
			name = pattern.Go()
		}
		prepared[name] = p.schema(element)
	}
	return prepared
}

func isList(v any) bool { _, ok := v.([]any); return ok }
