package schema

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// parser turns documents into nodes.
type parser struct {
	schema *Schema
	hints  bool // keep what people said about values, for samples
	opaque bool // there is a pattern that the library cannot run

	nesting int                // of references
	sources map[string]*source // by reference; "" is the root
	targets map[string]*target // by document and pointer
}

// source is one document: the schema itself or a shared one.
type source struct {
	id       string
	document any
	draft    int
	own      string // what it calls itself
	anchors  map[string]string
	nested   bool // a part calls itself something: references in it may mean something else
	dynamic  bool
}

// maxReferences that lead on from one another.
const maxReferences = 2000

func newParser(s *Schema, hints bool) *parser {
	p := &parser{schema: s, hints: hints, sources: map[string]*source{}, targets: map[string]*target{}}
	p.source("", s.document)
	p.gather(s.document)
	sum := sha256.New()
	for _, reference := range sortedKeys(p.sources) {
		fmt.Fprintf(sum, "%q %s ", reference, p.sources[reference].id)
	}
	// A recursive reference means the same only where all that it may lead to is the same.
	for _, src := range p.sources {
		src.id = hex.EncodeToString(sum.Sum(nil)[:8]) + src.id
	}
	return p
}

// gather loads all documents that references lead to; those that lead nowhere are found
// where they stand.
func (p *parser) gather(v any) {
	switch v := v.(type) {
	case map[string]any:
		for keyword, element := range v {
			text, isText := element.(string)
			if name, _, _ := strings.Cut(text, "#"); isText && keyword == "$ref" && name != "" && p.sources[name] == nil {
				if document, ok := p.shared(name); ok {
					p.source(name, document)
					p.gather(document)
				}
			}
			p.gather(element)
		}
	case []any:
		for _, element := range v {
			p.gather(element)
		}
	}
}

func (p *parser) source(reference string, document any) {
	sum := sha256.Sum256(canonical(document))
	src := &source{id: hex.EncodeToString(sum[:8]), document: document, draft: 7, anchors: map[string]string{}}
	if object, ok := document.(map[string]any); ok {
		own, _ := object["$id"].(string)
		src.own = strings.TrimSuffix(own, "#")
		address, _ := object["$schema"].(string)
		for name, draft := range drafts {
			if strings.Contains(address, name) {
				src.draft = draft
			}
		}
	}
	src.scan(document, "")
	p.sources[reference] = src
}

var drafts = map[string]int{"draft-04": 4, "draft-06": 6, "draft-07": 7, "2019-09": 2019, "2020-12": 2020}

func (s *source) scan(v any, pointer string) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"$anchor", "$dynamicAnchor"} {
			if text, ok := v[name].(string); ok {
				s.anchors[text] = pointer
			}
		}
		for _, name := range []string{"$id", "id"} {
			if text, ok := v[name].(string); ok {
				if strings.HasPrefix(text, "#") {
					s.anchors[text[1:]] = pointer
				} else if pointer != "" && name == "$id" {
					s.nested = true
				}
			}
		}
		if _, ok := v["$dynamicAnchor"]; ok {
			s.dynamic = true
		}
		if _, ok := v["$recursiveAnchor"]; ok {
			s.dynamic = true
		}
		for name, element := range v {
			s.scan(element, pointer+step(name))
		}
	case []any:
		for i, element := range v {
			s.scan(element, fmt.Sprintf("%s/%d", pointer, i))
		}
	}
}

// shared finds the document behind a reference.
func (p *parser) shared(reference string) (any, bool) {
	if src, ok := p.sources[reference]; ok && reference != "" {
		return src.document, true
	}
	if p.schema.options.Shared == nil {
		return nil, false
	}
	document, ok := p.schema.options.Shared(reference)
	if !ok {
		return nil, false
	}
	document, err := normal(document)
	return document, err == nil
}

func (p *parser) parse() (root *node, err error) {
	defer func() {
		if mistake, ok := recover().(*InvalidError); ok {
			err = mistake
		} else if mistake != nil {
			panic(mistake)
		}
	}()
	t := p.at(p.sources[""], "")
	if t.node == nil {
		return nil, &InvalidError{Reason: "a reference leads back to itself without getting anywhere"}
	}
	return t.node, nil
}

// at gives what stands at a pointer; its node is nil while it is being parsed.
func (p *parser) at(src *source, pointer string) *target {
	id := src.id + "#" + pointer
	if t, ok := p.targets[id]; ok {
		return t
	}
	document, ok := find(src.document, pointer)
	if !ok {
		panic(&InvalidError{Reason: fmt.Sprintf("nothing is at %q", "#"+pointer)})
	}
	t := &target{id: id}
	p.targets[id] = t
	t.node = p.node(src, document, pointer)
	return t
}

// child parses what stands below pointer.
func (p *parser) child(src *source, v any, pointer string) *node {
	id := src.id + "#" + pointer
	if t, ok := p.targets[id]; ok {
		if t.node == nil {
			return seal(&node{op: opRef, target: t})
		}
		return t.node
	}
	t := &target{id: id}
	p.targets[id] = t
	t.node = p.node(src, v, pointer)
	return t.node
}

func (p *parser) node(src *source, v any, pointer string) *node {
	switch v := v.(type) {
	case bool:
		if v {
			return always
		}
		return never
	case map[string]any:
		return (&reading{parser: p, src: src, object: v, pointer: pointer}).node()
	}
	panic(&InvalidError{Pointer: pointer, Reason: "it is not a schema: a schema is an object, true or false"})
}

// reference follows $ref.
func (p *parser) reference(src *source, text, pointer string) *node {
	name, _, _ := strings.Cut(text, "#")
	if (name == "" || name == src.own) && src.nested {
		return opaque(kindsAll, "$ref beside an $id in a part of the schema", src.id+"#"+pointer)
	}
	other, place, known := p.place(src, text)
	switch {
	case other == nil && strings.Contains(name, "://"):
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("%q leads out of the document: no schema is fetched from anywhere", text)})
	case other == nil:
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("nothing is known as %q", name)})
	case !known:
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("nothing is at %q", text)})
	}
	if p.nesting++; p.nesting > maxReferences {
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("references lead more than %d deep", maxReferences)})
	}
	t := p.at(other, place)
	p.nesting--
	if t.node == nil { // it is being parsed: it recurs
		return seal(&node{op: opRef, target: t})
	}
	return t.node
}

// place finds the document and the pointer that a reference means; the document is nil
// where nothing is known by its name.
func (p *parser) place(src *source, text string) (document *source, pointer string, known bool) {
	name, fragment, _ := strings.Cut(text, "#")
	if name != "" && name != src.own {
		if src = p.sources[name]; src == nil {
			return nil, "", false
		}
	}
	pointer = unescape(fragment)
	if pointer != "" && !strings.HasPrefix(pointer, "/") {
		anchor, ok := src.anchors[pointer]
		if !ok {
			return src, "", false
		}
		pointer = anchor
	}
	_, known = find(src.document, pointer)
	return src, pointer, known
}

// opaque is an assertion that cannot be decided; place tells it from others.
func opaque(kind kinds, why, place string) *node {
	return seal(&node{op: opOpaque, set: kind, text: why, target: &target{id: place}})
}

// pattern is nil where the pattern is not regular.
func (p *parser) pattern(text, pointer string) *language.Pattern {
	pattern, err := language.Parse(text)
	if errors.Is(err, language.ErrSyntax) {
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("the pattern %q cannot be used: %s", text, err)})
	}
	if err != nil {
		p.opaque = true
		return nil
	}
	return pattern
}

// hint is what a person said about a value: for samples.
type hint struct {
	id       string
	values   []any  // examples, then the default
	format   string // also where it is no assertion
	title    string
	encoding string
}

func (p *parser) hint(object map[string]any) *node {
	h := &hint{}
	if list, ok := object["examples"].([]any); ok {
		h.values = append(h.values, list...)
	}
	if v, ok := object["default"]; ok {
		h.values = append(h.values, v)
	}
	h.format, _ = object["format"].(string)
	h.title, _ = object["title"].(string)
	h.encoding, _ = object["contentEncoding"].(string)
	if len(h.values) == 0 && h.format == "" && h.encoding == "" {
		return always
	}
	h.id = string(canonical([]any{h.values, h.format, h.title, h.encoding}))
	return seal(&node{op: opHint, hint: h})
}

func unescape(fragment string) string {
	if !strings.Contains(fragment, "%") {
		return fragment
	}
	var b strings.Builder
	for i := 0; i < len(fragment); i++ {
		if fragment[i] == '%' && i+2 < len(fragment) {
			if raw, err := hex.DecodeString(fragment[i+1 : i+3]); err == nil {
				b.Write(raw)
				i += 2
				continue
			}
		}
		b.WriteByte(fragment[i])
	}
	return b.String()
}

// enum is the node of values that are allowed.
func enum(values []any) *node {
	var plain kinds
	var numbers, texts []scalar
	var parts []*node
	for _, v := range values {
		switch v := v.(type) {
		case json.Number:
			r, err := rational(v)
			if err != nil {
				panic(&InvalidError{Reason: err.Error()})
			}
			numbers = append(numbers, scalar{num: r})
		case string:
			texts = append(texts, scalar{text: v})
		case []any:
			items := []*node{ofKinds(kindArray), minItems(len(v)), seal(&node{op: opMaxItems, n: len(v)})}
			for i, item := range v {
				items = append(items, each(i, i+1, enum([]any{item})))
			}
			parts = append(parts, all(items...))
		case map[string]any:
			names := slices.Sorted(maps.Keys(v))
			fields := []*node{ofKinds(kindObject), every(&class{shape: others, names: names}, never)}
			for _, name := range names {
				kid := enum([]any{v[name]})
				fields = append(fields, has(name, always), every(named(name), kid))
			}
			parts = append(parts, all(fields...))
		default:
			plain |= kindOf(v)
		}
	}
	parts = append(parts, ofKinds(plain), oneOfScalars(kindNumber, numbers), oneOfScalars(kindString, texts))
	return anyOf(parts...)
}

func oneOfScalars(kind kinds, values []scalar) *node {
	if len(values) == 0 {
		return never
	}
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b scalar) int {
		if a.num != nil {
			return a.num.Cmp(b.num)
		}
		return strings.Compare(a.text, b.text)
	})
	values = slices.CompactFunc(values, scalar.equal)
	return seal(&node{op: opIn, set: kind, values: values})
}

func minItems(n int) *node {
	if n <= 0 {
		return always
	}
	return seal(&node{op: opMinItems, n: n})
}
