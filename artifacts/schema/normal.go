package schema

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// ErrNoNormalForm is the error of Normal for a schema with keywords that are not decided,
// and for one that would become too large.
var ErrNoNormalForm = errors.New("the schema has no normal form: it has keywords that are not decided, or would become too large")

// Normal writes the schema in the form in which it is decided, as a document of 2020-12:
// without references but where it recurs, without annotations, dependencies and conditions
// on what is missing spelled out, exact numbers, integer as a multiple of 1. It accepts the
// same documents. The error is ErrNoNormalForm.
func (s *Schema) Normal() (any, error) {
	p := &printer{definitions: map[string]any{}, names: map[*target]string{}}
	document := p.print(s.root)
	if p.opaque {
		return nil, ErrNoNormalForm
	}
	object, ok := document.(map[string]any)
	if !ok {
		object = map[string]any{"allOf": []any{document}}
	}
	object["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if len(p.definitions) > 0 {
		object["$defs"] = p.definitions
	}
	if deep(object) > maxDepth { // it could not be compiled
		return nil, ErrNoNormalForm
	}
	return object, nil
}

type printer struct {
	definitions map[string]any
	names       map[*target]string
	opaque      bool
	printed     int
}

// maxNormal is how many assertions a normal form may have: definitions that are used
// often are written out each time.
const maxNormal = 50_000

func (p *printer) list(nodes []*node) []any {
	list := make([]any, len(nodes))
	for i, n := range nodes {
		list[i] = p.print(n)
	}
	return list
}

// refuse is the schema of what is of a kind and not n: how the negations are written that
// JSON Schema has no keyword for.
func (p *printer) refuse(kind string, n *node) map[string]any {
	printed := p.print(n)
	document, ok := printed.(map[string]any)
	if !ok {
		document = map[string]any{"allOf": []any{printed}}
	}
	document["type"] = kind
	return map[string]any{"not": document}
}

func (p *printer) print(n *node) any {
	if p.printed++; p.printed > maxNormal {
		p.opaque = true
		return true
	}
	one := func(keyword string, v any) any { return map[string]any{keyword: v} }
	count := func(keyword string) any { return one(keyword, n.n) }
	switch n.op {
	case opTrue, opHint:
		return true
	case opFalse:
		return false
	case opAll:
		return p.all(n.kids)
	case opAny:
		return one("anyOf", p.list(n.kids))
	case opOne:
		return one("oneOf", p.list(n.kids))
	case opNotOne:
		return one("not", one("oneOf", p.list(n.kids)))
	case opIf:
		return map[string]any{"if": p.print(n.kids[0]), "then": p.print(n.kids[1]), "else": p.print(n.kids[2])}
	case opRef:
		return one("$ref", "#/$defs/"+p.define(n.target))
	case opNotRef:
		return one("not", one("$ref", "#/$defs/"+p.define(n.target)))
	case opKinds:
		return printKinds(n.set)
	case opIn, opNotIn:
		values := make([]any, len(n.values))
		for i, v := range n.values {
			values[i] = v.value()
		}
		if n.op == opIn {
			return one("enum", values)
		}
		return one("not", one("enum", values))
	case opMin:
		return one(exclusive("minimum", "exclusiveMinimum", n.open), number(n.num))
	case opMax:
		return one(exclusive("maximum", "exclusiveMaximum", n.open), number(n.num))
	case opMultiple:
		return one("multipleOf", number(n.num))
	case opNotMultiple:
		return p.refuse("number", multiple(n.num))
	case opMinLength:
		return count("minLength")
	case opMaxLength:
		return count("maxLength")
	case opPattern:
		return one("pattern", n.pattern.String())
	case opNotPattern:
		return p.refuse("string", matches(n.pattern))
	case opFormat:
		return one("format", n.text)
	case opNotFormat:
		return p.refuse("string", seal(&node{op: opFormat, text: n.text}))
	case opMinItems:
		return count("minItems")
	case opMaxItems:
		return count("maxItems")
	case opEach:
		return p.each(n)
	case opSome:
		return p.refuse("array", each(n.from, n.to, not(n.kids[0])))
	case opAtLeast:
		return map[string]any{"contains": p.print(n.kids[0]), "minContains": n.n}
	case opAtMost:
		return map[string]any{"contains": p.print(n.kids[0]), "minContains": 0, "maxContains": n.n}
	case opUnique:
		return one("uniqueItems", true)
	case opNotUnique:
		return p.refuse("array", seal(&node{op: opUnique}))
	case opMinProperties:
		return count("minProperties")
	case opMaxProperties:
		return count("maxProperties")
	case opHas:
		if n.kids[0].op == opTrue {
			return one("required", []any{n.text})
		}
		return map[string]any{"required": []any{n.text}, "properties": one(n.text, p.print(n.kids[0]))}
	case opEvery:
		return p.every(n)
	case opSomeKey:
		return p.refuse("object", every(n.class, not(n.kids[0])))
	case opNames:
		return one("propertyNames", p.print(n.kids[0]))
	case opSomeName:
		return p.refuse("object", seal(&node{op: opNames, kids: []*node{not(n.kids[0])}}))
	}
	p.opaque = true
	return true
}

func exclusive(closed, open string, isOpen bool) string {
	if isOpen {
		return open
	}
	return closed
}

func (p *printer) each(n *node) any {
	prefix := make([]any, 0, n.from)
	for range n.from {
		prefix = append(prefix, true)
	}
	document := map[string]any{}
	kid := p.print(n.kids[0])
	if n.to < 0 {
		document["items"] = kid
	}
	for range n.to - n.from {
		prefix = append(prefix, kid)
	}
	if len(prefix) > 0 {
		document["prefixItems"] = prefix
	}
	return document
}

func (p *printer) every(n *node) any {
	kid := p.print(n.kids[0])
	switch n.class.shape {
	case oneName:
		return map[string]any{"properties": map[string]any{n.class.name: kid}}
	case matching:
		return map[string]any{"patternProperties": map[string]any{n.class.pattern.String(): kid}}
	}
	document := map[string]any{"additionalProperties": kid}
	if len(n.class.names) > 0 {
		properties := map[string]any{}
		for _, name := range n.class.names {
			properties[name] = true
		}
		document["properties"] = properties
	}
	if len(n.class.patterns) > 0 {
		patterns := map[string]any{}
		for _, pattern := range n.class.patterns {
			patterns[pattern.String()] = true
		}
		document["patternProperties"] = patterns
	}
	return document
}

// all puts into one object what may stand side by side, and the rest under allOf.
func (p *printer) all(nodes []*node) any {
	merged := map[string]any{}
	var apart []any
	for _, n := range nodes {
		document := p.print(n)
		if object, ok := document.(map[string]any); !ok || !beside(merged, object) {
			apart = append(apart, document)
		}
	}
	if len(apart) > 0 {
		merged["allOf"] = apart
	}
	return merged
}

// beside adds a schema to another, where nothing changes its meaning by that.
func beside(merged, document map[string]any) bool {
	for keyword := range document {
		switch keyword {
		case "additionalProperties", "patternProperties", "prefixItems", "items", "if", "then", "else", "allOf", "contains", "$ref":
			return false
		case "required", "properties":
		default:
			if _, there := merged[keyword]; there {
				return false
			}
		}
	}
	properties, _ := document["properties"].(map[string]any)
	there, _ := merged["properties"].(map[string]any)
	for name := range properties {
		if _, both := there[name]; both {
			return false
		}
	}
	for keyword, v := range document {
		switch keyword {
		case "required":
			list, _ := merged["required"].([]any)
			for _, name := range v.([]any) {
				if !slices.Contains(list, name) {
					list = append(slices.Clip(list), name)
				}
			}
			merged["required"] = list
		case "properties":
			if there == nil {
				there = map[string]any{}
				merged["properties"] = there
			}
			for name, kid := range properties {
				there[name] = kid
			}
		default:
			merged[keyword] = v
		}
	}
	return true
}

func printKinds(set kinds) any {
	var names []any
	for _, k := range []struct {
		name string
		set  kinds
	}{{"null", kindNull}, {"boolean", kindBoolean}, {"number", kindNumber}, {"string", kindString}, {"array", kindArray}, {"object", kindObject}} {
		if set&k.set == k.set {
			names = append(names, k.name)
		}
	}
	half := set & kindBoolean
	switch {
	case half == kindBoolean || half == 0:
		if len(names) == 1 {
			return map[string]any{"type": names[0]}
		}
		return map[string]any{"type": names}
	case len(names) == 0:
		return map[string]any{"const": half == kindTrue}
	}
	return map[string]any{"anyOf": []any{map[string]any{"type": names}, map[string]any{"const": half == kindTrue}}}
}

var plainName = regexp.MustCompile(`[^A-Za-z0-9_-]+`)

// define writes a definition that recurs and gives its name.
func (p *printer) define(t *target) string {
	if name, ok := p.names[t]; ok {
		return name
	}
	_, pointer, _ := strings.Cut(t.id, "#")
	last := pointer[strings.LastIndex(pointer, "/")+1:]
	name := plainName.ReplaceAllString(last, "-") // it stands in references, unescaped
	if name == "" {
		name = "root"
	}
	for n, plain := 2, name; p.definitions[name] != nil; n++ {
		name = fmt.Sprintf("%s-%d", plain, n)
	}
	p.definitions[name] = true // it is taken
	p.names[t] = name
	p.definitions[name] = p.print(t.node)
	return name
}
