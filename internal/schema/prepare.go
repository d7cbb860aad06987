package schema

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// prepare gives a document, the root or a shared definition, as the compiler takes it:
// references to shared definitions absolute, names of its own and annotations that the
// library would check left out. at is the root, or the reference that leads to it.
func (c *compilation) prepare(document any, at tenon.Path) any {
	draft, anchors, own := c.draft, c.anchors, c.own
	defer func() { c.draft, c.anchors, c.own = draft, anchors, own }()
	c.draft, c.anchors, c.own = 7, map[string]bool{}, ""
	if object, ok := document.(map[string]any); ok {
		c.own, _ = object["$id"].(string)
		c.own = strings.TrimSuffix(c.own, "#")
		if address, written := object["$schema"].(string); written {
			var known bool
			if c.draft, known = draftOf(address); !known {
				c.problem(at.Append("$schema"), "invalid-schema", fmt.Sprintf("%q is not a draft of JSON Schema that is known here", address))
				return document
			}
		}
	}
	if at.IsRoot() {
		draft = c.draft
	}
	collectAnchors(document, c.anchors)
	return c.schema(document, document, at)
}

// schema prepares one schema; anything else is left for the metaschema to refuse.
func (c *compilation) schema(v, root any, path tenon.Path) any {
	object, ok := v.(map[string]any)
	if !ok {
		return v
	}
	c.lint(object, path)
	prepared := make(map[string]any, len(object))
	for _, name := range sortedKeys(object) {
		element := object[name]
		if !c.keep(name, element) {
			c.named(name, element, v, root, path)
			continue
		}
		prepared[name] = c.keyword(name, element, root, path.Append(name))
	}
	return prepared
}

// keep says whether a keyword goes to the compiler.
func (c *compilation) keep(name string, element any) bool {
	switch name {
	case "$id", "id":
		// An id would move the base of every reference below it: here a document is
		// found by where it lies, never by what it calls itself. "#name" is an anchor.
		text, ok := element.(string)
		return !ok || strings.HasPrefix(text, "#")
	case "format", "contentEncoding", "contentMediaType":
		_, isText := element.(string) // anything else is for the metaschema to refuse
		return c.options.Formats || !isText
	}
	return true
}

// named refuses a part that names itself: references in it would mean something else, and
// those that name it lead nowhere.
func (c *compilation) named(keyword string, element, v, root any, path tenon.Path) {
	object, _ := root.(map[string]any)
	_, refers := v.(map[string]any)["$ref"]
	isID := keyword == "$id" || keyword == "id" && c.draft == 4
	if isID && !refers && element != object[keyword] {
		c.problem(path.Append(keyword), "invalid-schema", "only the whole schema may have a name; put the part under definitions and refer to it with #/definitions/NAME")
	}
}

func (c *compilation) keyword(name string, element, root any, path tenon.Path) any {
	switch keywords[name].shape {
	case one:
		return c.schema(element, root, path)
	case list, oneOrList:
		if items, ok := element.([]any); ok {
			return c.schemas(items, root, path)
		}
		return c.schema(element, root, path)
	case named, needs:
		object, ok := element.(map[string]any)
		if !ok {
			return element
		}
		prepared := make(map[string]any, len(object))
		for _, key := range sortedKeys(object) {
			if name == "patternProperties" {
				c.pattern(key, path.Append(key))
			}
			prepared[key] = c.schema(object[key], root, path.Append(key))
		}
		return prepared
	case literal, annotation:
		return element
	}
	if _, known := keywords[name]; !known {
		return c.unknown(element, root, path)
	}
	switch v := element.(type) {
	case string:
		switch name {
		case "$ref", "$dynamicRef", "$recursiveRef":
			return c.reference(v, root, path)
		case "pattern":
			c.pattern(v, path)
		}
	case json.Number:
		c.number(name, v, path)
	}
	return element
}

func (c *compilation) schemas(items []any, root any, path tenon.Path) any {
	prepared := make([]any, len(items))
	for i, item := range items {
		prepared[i] = c.schema(item, root, path.Append(i))
	}
	return prepared
}

// unknown prepares what stands below a keyword that nobody knows: a reference may still
// lead there.
func (c *compilation) unknown(element, root any, path tenon.Path) any {
	before := c.problems
	defer func() { c.problems = before }() // what it holds is not a schema until something says so
	switch v := element.(type) {
	case map[string]any:
		if _, isSchema := v["$ref"].(string); isSchema {
			return c.schema(v, root, path)
		}
		prepared := make(map[string]any, len(v))
		for key, below := range v {
			prepared[key] = c.unknown(below, root, path.Append(key))
		}
		return prepared
	case []any:
		prepared := make([]any, len(v))
		for i, below := range v {
			prepared[i] = c.unknown(below, root, path.Append(i))
		}
		return prepared
	}
	return element
}

func (c *compilation) problem(path tenon.Path, rule, message string) {
	c.problems.Add(tenon.Problem{Rule: rule, Path: path, Message: message})
}

func (c *compilation) pattern(text string, path tenon.Path) {
	if _, err := regexp.Compile(text); err != nil {
		reason := strings.TrimPrefix(err.Error(), "error parsing regexp: ")
		c.problem(path, "invalid-schema", fmt.Sprintf("the pattern %q cannot be used: %s", text, reason))
	}
}

// number refuses bounds that the library would read as something else.
func (c *compilation) number(name string, number json.Number, path tenon.Path) {
	r, ok := new(big.Rat).SetString(number.String())
	counts := strings.HasPrefix(name, "min") || strings.HasPrefix(name, "max")
	counts = counts && name != "minimum" && name != "maximum"
	if !ok || counts && r.Cmp(big.NewRat(1<<53, 1)) > 0 {
		c.problem(path, "invalid-schema", "the number is too large")
	}
}

// reference makes a reference absolute; one that leads nowhere, or out of the catalog,
// is a problem.
func (c *compilation) reference(text string, root any, path tenon.Path) string {
	name, fragment, _ := strings.Cut(text, "#")
	if odd.MatchString(fragment) {
		c.problem(path, "unknown-reference", fmt.Sprintf("%q is not a plain pointer: a slash in a key is written ~1, a tilde ~0, and no key is empty", text))
		return text
	}
	if name == "" || name == c.own {
		if !c.leads(fragment, root) {
			c.problem(path, "unknown-reference", fmt.Sprintf("nothing is at %q", text))
		}
		return "#" + fragment
	}
	if draft, ok := draftOf(name); ok {
		if fragment != "" {
			c.problem(path, "unknown-reference", fmt.Sprintf("only the whole schema of %s can be referred to", draftName(draft)))
		}
		return text
	}
	if c.options.Shared != nil {
		if document, ok := c.options.Shared(name); ok {
			address := sharedURL + url.PathEscape(name)
			if _, known := c.raw[address]; !known {
				c.raw[address] = nil // a cycle of references ends here
				c.raw[address] = c.prepare(document, path)
			}
			if strings.HasPrefix(fragment, "/") {
				if _, ok := pathOf(fragment, document).Get(document); !ok {
					c.problem(path, "unknown-reference", fmt.Sprintf("nothing is at %q", text))
				}
			}
			return address + "#" + fragment
		}
	}
	if strings.Contains(name, "://") {
		c.problem(path, "unknown-reference", fmt.Sprintf("%q leads out of the catalog: no schema is fetched from anywhere", text))
		return text
	}
	c.problem(path, "unknown-reference", fmt.Sprintf("nothing is known as %q", text))
	return text
}

// odd are fragments of which people and programs disagree what they mean.
var odd = regexp.MustCompile(`(?i)%2f|%7e|^/$|//|/$`)

// leads says that a fragment of a reference leads to something in the document.
func (c *compilation) leads(fragment string, root any) bool {
	if fragment == "" || c.anchors[fragment] {
		return true
	}
	if !strings.HasPrefix(fragment, "/") {
		return false
	}
	_, ok := pathOf(fragment, root).Get(root)
	return ok
}

func collectAnchors(v any, anchors map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range []string{"$anchor", "$dynamicAnchor"} {
			if text, ok := v[name].(string); ok {
				anchors[text] = true
			}
		}
		for _, name := range []string{"$id", "id"} {
			if text, ok := v[name].(string); ok && strings.HasPrefix(text, "#") {
				anchors[text[1:]] = true
			}
		}
		for _, element := range v {
			collectAnchors(element, anchors)
		}
	case []any:
		for _, element := range v {
			collectAnchors(element, anchors)
		}
	}
}

// existing is the longest beginning of path that is in the document.
func existing(path tenon.Path, document any) tenon.Path {
	for !path.IsRoot() {
		if _, ok := path.Get(document); ok {
			break
		}
		path = path.Parent()
	}
	return path
}

// hugeNumber finds the first number whose exponent package big does not read.
func hugeNumber(document any) (path tenon.Path, found bool) {
	value.Walk(document, func(at tenon.Path, leaf any) {
		number, ok := leaf.(json.Number)
		if ok && !found {
			_, readable := new(big.Rat).SetString(number.String())
			path, found = at, !readable
		}
	})
	return path, found
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
