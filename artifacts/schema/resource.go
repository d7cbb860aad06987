package schema

import (
	"fmt"
	"net/url"
	"strings"
)

// source is one document: the schema itself or a shared one, and what it calls its parts.
type source struct {
	id        string
	document  any
	draft     int
	resources map[string]string // pointers by address; "" is the document, whatever it calls itself
	bases     map[string]string // addresses by pointer, of those that have one
	anchors   map[string]string // pointers by address, # and name
	dynamic   bool
}

// drafts by the address of their metaschema, without the scheme.
// Source: the "$schema" of each metaschema on json-schema.org.
var drafts = map[string]int{
	"json-schema.org/draft-04/schema": 4, "json-schema.org/draft-06/schema": 6, "json-schema.org/draft-07/schema": 7,
	"json-schema.org/draft/2019-09/schema": 2019, "json-schema.org/draft/2020-12/schema": 2020,
	"json-schema.org/schema": 2020, // the newest
}

// dialects are the addresses by draft, as the library knows them.
var dialects = map[int]string{
	4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#", 7: "http://json-schema.org/draft-07/schema#",
	2019: "https://json-schema.org/draft/2019-09/schema", 2020: "https://json-schema.org/draft/2020-12/schema",
}

func newSource(id string, document any) *source {
	s := &source{
		id: id, document: document, draft: 7,
		resources: map[string]string{"": ""}, bases: map[string]string{"": ""}, anchors: map[string]string{},
	}
	if object, ok := document.(map[string]any); ok {
		if address, written := object["$schema"]; written {
			text, _ := address.(string)
			_, plain, _ := strings.Cut(strings.TrimSuffix(text, "#"), "://")
			if s.draft = drafts[plain]; s.draft == 0 {
				panic(&InvalidError{Pointer: "/$schema", Reason: fmt.Sprintf("%q is not a draft of JSON Schema that is known here", text)})
			}
		}
	}
	s.scan(document, "", "")
	return s
}

// scan finds what a schema and those in it call themselves. Only where a schema is expected
// is one: an enumeration may hold anything.
func (s *source) scan(v any, pointer, base string) {
	object, ok := v.(map[string]any)
	if !ok {
		return
	}
	keyword := "$id"
	if s.draft < 6 {
		keyword = "id"
	}
	_, refers := object["$ref"].(string)
	if id, ok := object[keyword].(string); ok && (s.draft >= 2019 || !refers) {
		address, name, _ := strings.Cut(id, "#")
		if address != "" {
			base = resolve(base, address)
			s.name(s.resources, base, pointer)
			s.bases[pointer] = base
		}
		if name != "" {
			s.name(s.anchors, base+"#"+name, pointer)
		}
	}
	for _, anchor := range []struct {
		keyword string
		since   int
	}{{"$anchor", 2019}, {"$dynamicAnchor", 2020}} {
		if name, ok := object[anchor.keyword].(string); ok && s.draft >= anchor.since {
			s.name(s.anchors, base+"#"+name, pointer)
		}
	}
	for _, keyword := range []string{"$dynamicAnchor", "$recursiveAnchor"} {
		if _, ok := object[keyword]; ok {
			s.dynamic = true
		}
	}
	eachSchema(object, func(steps string, kid any) { s.scan(kid, pointer+steps, base) })
}

func (s *source) name(names map[string]string, name, pointer string) {
	if other, taken := names[name]; taken && other != pointer {
		panic(&InvalidError{Pointer: pointer, Reason: fmt.Sprintf("%q is the name of what is at %q, too", name, "#"+other)})
	}
	names[name] = pointer
}

// eachSchema visits the schemas that stand right below one, in no order.
func eachSchema(object map[string]any, visit func(steps string, schema any)) {
	for name, element := range object {
		list, isList := element.([]any)
		switch {
		case isList && holdsSchemas[name]:
			for i, item := range list {
				visit(fmt.Sprintf("%s/%d", step(name), i), item)
			}
		case holdsSchema[name]:
			visit(step(name), element)
		case namesSchemas[name]:
			named, _ := element.(map[string]any)
			for key, item := range named {
				visit(step(name)+step(key), item)
			}
		}
	}
}

// base is the address that references at a pointer are relative to.
func (s *source) base(pointer string) string {
	for {
		if base, ok := s.bases[pointer]; ok {
			return base
		}
		pointer = pointer[:strings.LastIndexByte(pointer, '/')]
	}
}

// resolve makes an address absolute, as far as it can be.
func resolve(base, address string) string {
	if base == "" {
		return address
	}
	b, errBase := url.Parse(base)
	a, err := url.Parse(address)
	if errBase != nil || err != nil {
		return address
	}
	return b.ResolveReference(a).String()
}

// place is what a reference in a source leads to.
type place struct {
	name     string  // by which the document is known; "" is the source itself
	document *source // nil where nothing is known by that name
	pointer  string
	known    bool // that there is something at the pointer
}

// place finds what a reference at a pointer means.
func (p *parser) place(src *source, text, at string) place {
	name, fragment, _ := strings.Cut(text, "#")
	fragment = unescape(fragment)
	found := place{document: src}
	base := src.base(at)
	address := base
	if name != "" {
		address = resolve(base, name)
	}
	start, here := src.resources[address]
	if !here { // it is no part of this document: a name that is known
		other := p.sources[name]
		if other == nil || name == "" {
			return place{name: name}
		}
		found.name, found.document, address, start = name, other, "", ""
		if base, ok := other.bases[""]; ok {
			address = base
		}
	}
	if fragment == "" || strings.HasPrefix(fragment, "/") {
		found.pointer = start + fragment
		_, found.known = find(found.document.document, found.pointer)
		return found
	}
	found.pointer, found.known = found.document.anchors[address+"#"+fragment]
	return found
}
