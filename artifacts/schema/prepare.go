package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"net/url"
	"strings"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// What stands under a keyword.
var (
	holdsSchema  = set("additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties")
	holdsSchemas = set("allOf", "anyOf", "oneOf", "prefixItems", "items")
	namesSchemas = set("properties", "patternProperties", "definitions", "$defs", "dependentSchemas", "dependencies")
	counting     = set("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains", "maxContains")
)

func set(names ...string) map[string]bool {
	members := make(map[string]bool, len(names))
	for _, name := range names {
		members[name] = true
	}
	return members
}

// prepare gives a document as the library takes it, so that the library reads it as this
// package does: patterns in the spelling of package regexp, those that it cannot run left
// out; references as pointers, since a part is found by where it lies; names of parts,
// counts past what it can hold and annotations that it would check left out.
func (p *parser) prepare(src *source) any {
	w := &preparation{parser: p, src: src}
	prepared := w.schema(src.document, "")
	if object, ok := prepared.(map[string]any); ok {
		object["$schema"] = dialects[src.draft]
	}
	return prepared
}

// embedded gives a schema as a part of another document, at a pointer of it: references
// lead there, and it has no names.
func (s *Schema) embedded(at string) any {
	p, _, err := parse(s, false)
	if err != nil {
		return s.document // it was compiled once
	}
	return (&preparation{parser: p, src: p.sources[""], embed: at}).schema(s.document, "")
}

type preparation struct {
	*parser
	src   *source
	embed string // where the document is to stand in another; then only names and references are changed
}

func (w *preparation) schema(v any, pointer string) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	prepared := make(map[string]any, len(object))
	for name, element := range object {
		if kept, ok := w.keyword(name, element, pointer); ok {
			prepared[name] = kept
		}
	}
	return prepared
}

// keyword prepares what stands under a keyword; false leaves it out.
func (w *preparation) keyword(name string, element any, pointer string) (any, bool) {
	at := pointer + step(name)
	text, isText := element.(string)
	list, isList := element.([]any)
	switch {
	case name == "$schema", name == "$anchor" && !w.src.dynamic:
		return nil, false
	case name == "$id" || name == "id":
		return element, !isText // anything else is for the metaschema to refuse
	case name == "contentEncoding" || name == "contentMediaType":
		return element, !isText || w.embed != ""
	case isText && (name == "$ref" || !w.src.dynamic && (name == "$dynamicRef" || name == "$recursiveRef")):
		return w.reference(text, at), true
	case name == "pattern" && isText && w.embed == "":
		pattern, err := language.Parse(text)
		if err != nil {
			return nil, false
		}
		return pattern.Go(), true
	case counting[name] && w.embed == "":
		return count(name, element)
	case isList && holdsSchemas[name]:
		kids := make([]any, len(list))
		for i, item := range list {
			kids[i] = w.schema(item, fmt.Sprintf("%s/%d", at, i))
		}
		return kids, true
	case holdsSchema[name]:
		return w.schema(element, at), true
	case namesSchemas[name]:
		return w.named(element, at, name == "patternProperties" && w.embed == ""), true
	}
	return w.unknown(element, at), true
}

func (w *preparation) named(v any, pointer string, patterns bool) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	prepared := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		kid := w.schema(object[name], pointer+step(name))
		if patterns {
			pattern, err := language.Parse(name)
			if err != nil {
				continue
			}
			name = pattern.Go()
			if other, twice := prepared[name]; twice { // two spellings of one pattern
				kid = map[string]any{"allOf": []any{other, kid}}
			}
		}
		prepared[name] = kid
	}
	return prepared
}

// unknown prepares the schemas below something that is none, which references lead to.
func (w *preparation) unknown(v any, pointer string) any {
	if w.targets[w.src.id+"#"+pointer] != nil {
		return w.schema(v, pointer)
	}
	switch v := v.(type) {
	case map[string]any:
		prepared := make(map[string]any, len(v))
		for name, element := range v {
			prepared[name] = w.unknown(element, pointer+step(name))
		}
		return prepared
	case []any:
		prepared := make([]any, len(v))
		for i, element := range v {
			prepared[i] = w.unknown(element, fmt.Sprintf("%s/%d", pointer, i))
		}
		return prepared
	}
	return v
}

// reference writes a reference as the library understands it.
func (w *preparation) reference(text, at string) string {
	found := w.place(w.src, text, at)
	if found.document == nil {
		return text // it was refused, or nothing follows it
	}
	address, pointer := "", w.embed+found.pointer
	switch {
	case found.name != "" && w.embed != "":
		return text
	case found.name != "":
		address = sharedURL + url.PathEscape(found.name)
	}
	steps := strings.Split(pointer, "/")
	for i, step := range steps {
		steps[i] = url.PathEscape(step)
	}
	return address + "#" + strings.Join(steps, "/")
}

// count keeps a bound within what the library can hold: there is nothing above it.
func count(name string, element any) (any, bool) {
	number, ok := element.(json.Number)
	if !ok {
		return element, true
	}
	if r, err := rational(number); err == nil && r.Cmp(big.NewRat(maxCount, 1)) > 0 {
		return json.Number(fmt.Sprint(maxCount)), strings.HasPrefix(name, "min")
	}
	return element, true
}
