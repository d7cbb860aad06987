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

	nesting int                // of references
	sources map[string]*source // by reference; "" is the root
	targets map[string]*target // by document and pointer
}

// maxReferences that lead on from one another.
const maxReferences = 2000

func newParser(s *Schema, hints bool) *parser {
	p := &parser{schema: s, hints: hints, sources: map[string]*source{}, targets: map[string]*target{}}
	p.source("", s.document)
	p.gather(s.document)
	sum := sha256.New()
	fmt.Fprintf(sum, "%v ", s.options.Formats)
	for _, reference := range sortedKeys(p.sources) {
		fmt.Fprintf(sum, "%q %s ", reference, p.sources[reference].id)
	}
	// A recursive reference means the same only where all that it may lead to is the same.
	for _, src := range p.sources {
		src.id = hex.EncodeToString(sum.Sum(nil)) + src.id
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
	p.sources[reference] = newSource(hex.EncodeToString(sum[:]), document)
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

// parse turns the document of a schema into nodes.
func parse(s *Schema, hints bool) (p *parser, root *node, err error) {
	defer func() {
		if mistake, ok := recover().(*InvalidError); ok {
			err = mistake
		} else if mistake != nil {
			panic(mistake)
		}
	}()
	p = newParser(s, hints)
	t := p.at(p.sources[""], "")
	if t.node == nil {
		return nil, nil, &InvalidError{Reason: "a reference leads back to itself without getting anywhere"}
	}
	return p, t.node, nil
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
	found := p.place(src, text, pointer)
	switch {
	case found.document == nil && strings.Contains(found.name, "://"):
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("%q leads out of the document: no schema is fetched from anywhere", text)})
	case found.document == nil:
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("nothing is known as %q", found.name)})
	case !found.known:
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("nothing is at %q", text)})
	case slices.Contains(strings.Split(found.pointer, "/")[1:], ""):
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("%q leads through an empty key, which is not supported", text)})
	}
	if p.nesting++; p.nesting > maxReferences {
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("references lead more than %d deep", maxReferences)})
	}
	t := p.at(found.document, found.pointer)
	p.nesting--
	if t.node == nil { // it is being parsed: it recurs
		return seal(&node{op: opRef, target: t})
	}
	return t.node
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
	slices.SortFunc(values, scalar.compare)
	values = slices.CompactFunc(values, scalar.equal)
	return seal(&node{op: opIn, set: kind, values: values})
}

func minItems(n int) *node {
	if n <= 0 {
		return always
	}
	return seal(&node{op: opMinItems, n: n})
}
