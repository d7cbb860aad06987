package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// reading is one schema object on its way to a node.
type reading struct {
	parser  *parser
	src     *source
	object  map[string]any
	pointer string
	parts   []*node
}

func (r *reading) add(n *node) { r.parts = append(r.parts, n) }

func (r *reading) bad(keyword, format string, arguments ...any) {
	panic(&InvalidError{Pointer: r.pointer + step(keyword), Reason: fmt.Sprintf(format, arguments...)})
}

func (r *reading) opaque(kind kinds, why string) *node {
	return opaque(kind, why, r.src.id+"#"+r.pointer)
}

func (r *reading) child(keyword string, v any) *node {
	return r.parser.child(r.src, v, r.pointer+step(keyword))
}

func (r *reading) node() *node {
	if text, ok := r.object["$ref"].(string); ok {
		n := r.parser.reference(r.src, text, r.pointer+"/$ref")
		if r.src.draft < 2019 {
			return n // what stands beside is ignored
		}
		r.add(n)
	}
	r.dynamic()
	r.general()
	r.numbers()
	r.strings()
	r.arrays()
	r.objects()
	r.unevaluated()
	if r.parser.hints {
		r.add(r.parser.hint(r.object))
	}
	return all(r.parts...)
}

func (r *reading) dynamic() {
	for _, keyword := range []string{"$recursiveRef", "$dynamicRef"} {
		text, ok := r.object[keyword].(string)
		if !ok || r.src.draft < 2019 || keyword == "$dynamicRef" && r.src.draft < 2020 {
			continue
		}
		if r.src.dynamic || len(r.parser.sources) > 1 {
			r.add(r.opaque(kindsAll, keyword))
			continue
		}
		r.add(r.parser.reference(r.src, text, r.pointer+step(keyword)))
	}
}

func (r *reading) general() {
	switch t := r.object["type"].(type) {
	case string:
		r.add(r.typed([]any{t}))
	case []any:
		r.add(r.typed(t))
	}
	if values, ok := r.object["enum"].([]any); ok && len(values) > 0 { // the library takes an empty one for none
		r.add(enum(values))
	}
	if v, ok := r.object["const"]; ok && r.src.draft >= 6 {
		r.add(enum([]any{v}))
	}
	if list, ok := r.object["allOf"].([]any); ok {
		r.add(all(r.list("allOf", list)...))
	}
	if list, ok := r.object["anyOf"].([]any); ok && len(list) > 0 {
		r.add(anyOf(r.list("anyOf", list)...))
	}
	if list, ok := r.object["oneOf"].([]any); ok && len(list) > 0 {
		r.add(exactlyOne(r.list("oneOf", list)))
	}
	if v, ok := r.object["not"]; ok {
		r.add(not(r.child("not", v)))
	}
	if v, ok := r.object["if"]; ok && v != nil && r.src.draft >= 7 {
		then, otherwise := always, always
		if v, ok := r.object["then"]; ok {
			then = r.child("then", v)
		}
		if v, ok := r.object["else"]; ok {
			otherwise = r.child("else", v)
		}
		if then.op != opTrue || otherwise.op != opTrue {
			r.add(seal(&node{op: opIf, kids: []*node{r.child("if", v), then, otherwise}}))
		}
	}
}

func exactlyOne(kids []*node) *node {
	kids = slices.DeleteFunc(slices.Clone(kids), func(n *node) bool { return n.op == opFalse })
	switch len(kids) {
	case 0:
		return never
	case 1:
		return kids[0]
	}
	return seal(&node{op: opOne, kids: kids})
}

func (r *reading) list(keyword string, list []any) []*node {
	nodes := make([]*node, len(list))
	for i, v := range list {
		nodes[i] = r.parser.child(r.src, v, fmt.Sprintf("%s%s/%d", r.pointer, step(keyword), i))
	}
	return nodes
}

func (r *reading) typed(names []any) *node {
	var set kinds
	whole := false
	for _, name := range names {
		switch name {
		case "null":
			set |= kindNull
		case "boolean":
			set |= kindBoolean
		case "number":
			set |= kindNumber
		case "integer":
			whole = true
		case "string":
			set |= kindString
		case "array":
			set |= kindArray
		case "object":
			set |= kindObject
		default:
			r.bad("type", "%v is not a type", name)
		}
	}
	if whole && set&kindNumber == 0 {
		return all(ofKinds(set|kindNumber), multiple(big.NewRat(1, 1)))
	}
	return ofKinds(set)
}

func multiple(of *big.Rat) *node { return seal(&node{op: opMultiple, num: of}) }

func (r *reading) rat(keyword string) (*big.Rat, bool) {
	text, ok := r.object[keyword].(json.Number)
	if !ok {
		return nil, false
	}
	value, err := rational(text)
	if err != nil {
		r.bad(keyword, "%s", err)
	}
	return value, true
}

// maxCount is what a count may be at most; what is above it is the same as no bound.
const maxCount = 1 << 40

func (r *reading) count(keyword string) (int, bool) {
	value, ok := r.rat(keyword)
	if !ok {
		return 0, false
	}
	if !value.IsInt() || value.Sign() < 0 {
		r.bad(keyword, "must be a whole number that is not negative")
	}
	if value.Cmp(big.NewRat(maxCount, 1)) > 0 {
		return maxCount, true
	}
	return int(value.Num().Int64()), true
}

func (r *reading) counts(minimum, maximum string, least, most op) {
	if n, ok := r.count(minimum); ok && n > 0 {
		r.add(seal(&node{op: least, n: n}))
	}
	if n, ok := r.count(maximum); ok && n < maxCount {
		r.add(seal(&node{op: most, n: n}))
	}
}

func (r *reading) numbers() {
	for _, bound := range []struct {
		keyword, exclusive string
		op                 op
	}{{"minimum", "exclusiveMinimum", opMin}, {"maximum", "exclusiveMaximum", opMax}} {
		limit, ok := r.rat(bound.keyword)
		open, _ := r.object[bound.exclusive].(bool) // draft-04
		if ok {
			r.add(seal(&node{op: bound.op, num: limit, open: open}))
		}
		if limit, ok := r.rat(bound.exclusive); ok {
			r.add(seal(&node{op: bound.op, num: limit, open: true}))
		}
	}
	if of, ok := r.rat("multipleOf"); ok {
		if of.Sign() <= 0 {
			r.bad("multipleOf", "must be more than 0")
		}
		r.add(multiple(of))
	}
}

func (r *reading) strings() {
	r.counts("minLength", "maxLength", opMinLength, opMaxLength)
	if text, ok := r.object["pattern"].(string); ok {
		if pattern := r.parser.pattern(text, r.pointer+"/pattern"); pattern != nil {
			r.add(seal(&node{op: opPattern, pattern: pattern}))
		} else {
			r.add(opaque(kindString, fmt.Sprintf("pattern %q", text), ""))
		}
	}
	if text, ok := r.object["format"].(string); ok && r.parser.schema.options.Formats && !r.parser.hints {
		r.add(seal(&node{op: opFormat, text: text}))
	}
}

func (r *reading) arrays() {
	r.counts("minItems", "maxItems", opMinItems, opMaxItems)
	rest, restKeyword := r.object["additionalItems"], "additionalItems"
	prefix, prefixKeyword := r.object["items"], "items"
	if r.src.draft >= 2020 {
		rest, restKeyword = r.object["items"], "items"
		prefix, prefixKeyword = r.object["prefixItems"], "prefixItems"
	} else if _, tuple := prefix.([]any); !tuple {
		rest, restKeyword, prefix = prefix, "items", nil
	}
	list, _ := prefix.([]any)
	for i, n := range r.list(prefixKeyword, list) {
		r.add(each(i, i+1, n))
	}
	if rest != nil {
		r.add(each(len(list), -1, r.child(restKeyword, rest)))
	}
	if unique, _ := r.object["uniqueItems"].(bool); unique {
		r.add(seal(&node{op: opUnique}))
	}
	if v, ok := r.object["contains"]; ok && r.src.draft >= 6 {
		kid, least, most := r.child("contains", v), 1, maxCount
		if r.src.draft >= 2019 {
			if n, ok := r.count("minContains"); ok {
				least = n
			}
			if n, ok := r.count("maxContains"); ok {
				most = n
			}
		}
		if least > 0 {
			r.add(seal(&node{op: opAtLeast, n: least, kids: []*node{kid}}))
		}
		if most < maxCount {
			r.add(seal(&node{op: opAtMost, n: most, kids: []*node{kid}}))
		}
	}
}

func (r *reading) objects() {
	r.counts("minProperties", "maxProperties", opMinProperties, opMaxProperties)
	for _, name := range texts(r.object["required"]) {
		r.add(has(name, always))
	}
	rest := &class{shape: others}
	undecided := "" // a pattern of names that cannot be decided
	properties, _ := r.object["properties"].(map[string]any)
	for _, name := range sortedKeys(properties) {
		rest.names = append(rest.names, name)
		r.add(every(named(name), r.parser.child(r.src, properties[name], r.pointer+"/properties"+step(name))))
	}
	patterns, _ := r.object["patternProperties"].(map[string]any)
	for _, text := range sortedKeys(patterns) {
		kid := r.parser.child(r.src, patterns[text], r.pointer+"/patternProperties"+step(text))
		pattern := r.parser.pattern(text, r.pointer+"/patternProperties"+step(text))
		if pattern == nil {
			undecided = text
			if kid.op != opTrue {
				r.add(r.opaque(kindObject, fmt.Sprintf("patternProperties %q", text)))
			}
			continue
		}
		rest.patterns = append(rest.patterns, pattern)
		r.add(every(&class{shape: matching, pattern: pattern}, kid))
	}
	if v, ok := r.object["additionalProperties"]; ok {
		kid := r.child("additionalProperties", v)
		switch {
		case undecided != "" && kid.op != opTrue:
			r.add(r.opaque(kindObject, fmt.Sprintf("additionalProperties beside patternProperties %q", undecided)))
		default:
			r.add(every(rest, kid))
		}
	}
	if v, ok := r.object["propertyNames"]; ok && r.src.draft >= 6 {
		if kid := r.child("propertyNames", v); kid.op != opTrue {
			r.add(seal(&node{op: opNames, kids: []*node{kid}}))
		}
	}
	r.dependencies()
}

func (r *reading) dependencies() {
	for _, keyword := range []string{"dependencies", "dependentRequired", "dependentSchemas"} {
		object, _ := r.object[keyword].(map[string]any)
		if r.src.draft < 2019 && keyword != "dependencies" {
			continue
		}
		for _, name := range sortedKeys(object) {
			var needs *node
			if list, ok := object[name].([]any); ok {
				var parts []*node
				for _, other := range texts(list) {
					parts = append(parts, has(other, always))
				}
				needs = all(parts...)
			} else {
				needs = r.parser.child(r.src, object[name], r.pointer+step(keyword)+step(name))
			}
			if needs.op != opTrue {
				r.add(anyOf(every(named(name), never), needs))
			}
		}
	}
}

func texts(v any) []string {
	list, _ := v.([]any)
	var found []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			found = append(found, text)
		}
	}
	return found
}
