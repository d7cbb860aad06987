package schema

import (
	"fmt"
	"slices"
	"strings"
)

// outline is what a schema says about a value without alternatives.
type outline struct {
	accepts  kinds
	aspects  map[string][]*node // minimum, maximum, length, …
	names    []string           // that are said something about
	required map[string]bool
	every    []*node // assertions about keys
	each     []*node // assertions about items
}

var aspectOf = map[op]string{
	opIn: "enum", opNotIn: "enum", opMin: "minimum", opMax: "maximum", opMultiple: "multiple-of", opNotMultiple: "multiple-of",
	opMinLength: "length", opMaxLength: "length", opPattern: "pattern", opNotPattern: "pattern", opFormat: "format", opNotFormat: "format",
	opMinItems: "item-count", opMaxItems: "item-count", opUnique: "unique-items", opNotUnique: "unique-items", opAtLeast: "contains", opAtMost: "contains", opSome: "contains",
	opMinProperties: "property-count", opMaxProperties: "property-count", opNames: "property-names", opSomeName: "property-names",
	opAny: "alternatives", opOne: "alternatives", opNotOne: "alternatives", opIf: "alternatives", opOpaque: "alternatives", opSomeKey: "alternatives",
}

func outlineOf(n *node) *outline {
	o := &outline{accepts: n.accepts(), aspects: map[string][]*node{}, required: map[string]bool{}}
	seen := map[key]bool{}
	var walk func(*node)
	walk = func(n *node) {
		for n.op == opRef {
			if seen[n.key] {
				return
			}
			seen[n.key] = true
			n = n.target.node
		}
		if n.op == opNotRef {
			n = not(n.target.node)
		}
		if seen[n.key] {
			return
		}
		seen[n.key] = true
		switch n.op {
		case opAll:
			for _, kid := range n.kids {
				walk(kid)
			}
		case opHas:
			o.required[n.text] = true
			o.names = append(o.names, n.text)
			if n.kids[0].op != opTrue {
				o.every = append(o.every, every(named(n.text), n.kids[0]))
			}
		case opEvery:
			if n.class.shape == oneName {
				o.names = append(o.names, n.class.name)
			}
			o.names = append(o.names, n.class.names...)
			o.every = append(o.every, n)
		case opEach:
			o.each = append(o.each, n)
		default:
			if aspect, ok := aspectOf[n.op]; ok {
				o.aspects[aspect] = append(o.aspects[aspect], n)
			}
		}
	}
	walk(n)
	slices.Sort(o.names)
	o.names = slices.Compact(o.names)
	return o
}

// value of a key, and whether the schema names it or a pattern of it.
func (o *outline) value(name string) (n *node, said bool) {
	var parts []*node
	for _, e := range o.every {
		if e.class.has(name) {
			parts = append(parts, e.kids[0])
			said = said || e.class.shape != others
		}
	}
	return all(parts...), said || o.required[name] || slices.Contains(o.names, name)
}

// class gives what is said of the keys of a class that is no single name.
func (o *outline) classes() map[string]*node {
	found := map[string]*node{}
	for _, e := range o.every {
		switch e.class.shape {
		case matching:
			text := "pattern-properties " + e.class.pattern.String()
			found[text] = all(orAlways(found[text]), e.kids[0])
		case others:
			found["additional-properties"] = all(orAlways(found["additional-properties"]), e.kids[0])
		}
	}
	return found
}

func orAlways(n *node) *node {
	if n == nil {
		return always
	}
	return n
}

const maxDiffDepth = 40

// compare goes through what two schemas say about the value at path; wrap puts an assertion
// about it into one about the document.
func (c *comparison) compare(path string, wrap func(*node) *node, before, after *node, depth int) {
	if before.key == after.key || depth > maxDiffDepth {
		return
	}
	if wrap == nil {
		wrap = func(n *node) *node { return n }
	}
	old, next := outlineOf(before), outlineOf(after)
	if old.accepts != next.accepts {
		c.add(path, "type", ofKinds(old.accepts), ofKinds(next.accepts), "was %s, is %s", kindWords(old.accepts), kindWords(next.accepts))
	}
	c.aspects(path, old, next)
	for _, name := range union(old.names, next.names) {
		c.property(path, wrap, name, old, next, depth)
	}
	oldClasses, nextClasses := old.classes(), next.classes()
	for _, text := range union(sortedKeys(oldClasses), sortedKeys(nextClasses)) {
		a, b := orAlways(oldClasses[text]), orAlways(nextClasses[text])
		if a.key == b.key {
			continue
		}
		kind, pattern, _ := strings.Cut(text, " ")
		_, both := oldClasses[text]
		_, there := nextClasses[text]
		if both && there && a.op != opFalse && b.op != opFalse {
			c.compare(path+"/*", func(n *node) *node { return wrap(every(&class{shape: others}, n)) }, a, b, depth+1)
			continue
		}
		what := "keys that are not named"
		if kind == "pattern-properties" {
			what = fmt.Sprintf("keys that match %q", pattern)
		}
		c.add(path, kind, a, b, "%s: %s, now %s", what, keyWords(a), keyWords(b))
	}
	c.items(path, wrap, old, next, depth)
}

func keyWords(n *node) string {
	switch n.op {
	case opTrue:
		return "anything was fine"
	case opFalse:
		return "refused"
	}
	return "checked"
}

func union(a, b []string) []string {
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

func (c *comparison) property(path string, wrap func(*node) *node, name string, old, next *outline, depth int) {
	at := path + step(name)
	before, saidBefore := old.value(name)
	after, saidAfter := next.value(name)
	switch {
	case !saidBefore && saidAfter && before.key == after.key && !next.required[name]:
		return // it is named, and anything goes as before
	case !saidBefore && saidAfter && before.op != opFalse:
		// Nobody who kept to the old schema knew the key.
		c.absent = append(c.absent, wrap(every(named(name), never)))
		change := Change{Path: at, Kind: "property-added", Message: "is described now, and optional"}
		if next.required[name] {
			change.Message, change.Breaks = "is described now, and required", []Side{Producers}
		}
		c.changes = append(c.changes, change)
		return
	case !saidBefore && saidAfter:
		c.changes = append(c.changes, Change{Path: at, Kind: "property-added", Breaks: []Side{Consumers}, Message: "may be there now; it was refused"})
	case saidBefore && !saidAfter && after.op == opFalse:
		c.changes = append(c.changes, Change{Path: at, Kind: "property-removed", Breaks: []Side{Producers}, Message: "is refused now"})
	case saidBefore && !saidAfter:
		c.add(at, "property-removed", before, after, "is no longer described")
		if before.key == after.key {
			c.changes = append(c.changes, Change{Path: at, Kind: "property-removed", Message: "is no longer described"})
		}
	default:
		c.compare(at, func(n *node) *node { return wrap(every(named(name), n)) }, before, after, depth+1)
	}
	switch {
	case old.required[name] && !next.required[name]:
		c.changes = append(c.changes, Change{Path: at, Kind: "required-removed", Breaks: []Side{Consumers}, Message: "need not be there any more"})
	case !old.required[name] && next.required[name]:
		c.changes = append(c.changes, Change{Path: at, Kind: "required-added", Breaks: []Side{Producers}, Message: "must be there now"})
	}
}

func (c *comparison) aspects(path string, old, next *outline) {
	for _, aspect := range union(sortedKeys(old.aspects), sortedKeys(next.aspects)) {
		a, b := all(old.aspects[aspect]...), all(next.aspects[aspect]...)
		if a.key != b.key {
			c.add(path, aspect, a, b, "%s", aspectWords(aspect, a, b))
		}
	}
}

func aspectWords(aspect string, before, after *node) string {
	if aspect == "enum" && before.op == opIn && after.op == opIn {
		var words []string
		if more := without(after, before); more != "" {
			words = append(words, "allows "+more+" as well")
		}
		if less := without(before, after); less != "" {
			words = append(words, "does not allow "+less+" any more")
		}
		return strings.Join(words, ", ")
	}
	p := &printer{definitions: map[string]any{}, names: map[*target]string{}}
	return fmt.Sprintf("%s: was %.200s, is %.200s", strings.ReplaceAll(aspect, "-", " "), shown(p, before), shown(p, after))
}

func shown(p *printer, n *node) string {
	if n.op == opTrue {
		return "not limited"
	}
	return string(canonical(p.print(n)))
}

// without lists the values of one enumeration that are not in another.
func without(a, b *node) string {
	var words []string
	for _, v := range a.values {
		if !slices.ContainsFunc(b.values, v.equal) {
			words = append(words, string(canonical(v.value())))
		}
	}
	return strings.Join(words, ", ")
}

func (c *comparison) items(path string, wrap func(*node) *node, old, next *outline, depth int) {
	prefix := 0
	for _, n := range slices.Concat(old.each, next.each) {
		prefix = max(prefix, n.from, n.to)
	}
	prefix = min(prefix, 50)
	for i := range prefix + 1 {
		a, b := &items{each: old.each}, &items{each: next.each}
		before, after := all(a.at(i)...), all(b.at(i)...)
		if before.key == after.key {
			continue
		}
		at, from, to := fmt.Sprintf("%s/%d", path, i), i, i+1
		if i == prefix {
			at, to = path+"/*", -1
		}
		if before.op == opFalse || after.op == opFalse || before.op == opTrue || after.op == opTrue {
			c.add(at, "items", before, after, "%s, now %s", keyWords(before), keyWords(after))
			continue
		}
		c.compare(at, func(n *node) *node { return wrap(each(from, to, n)) }, before, after, depth+1)
	}
}

func kindWords(set kinds) string {
	if set == kindsAll {
		return "anything"
	}
	var names []string
	for _, k := range []struct {
		name string
		set  kinds
	}{{"null", kindNull}, {"boolean", kindBoolean}, {"number", kindNumber}, {"string", kindString}, {"array", kindArray}, {"object", kindObject}} {
		if set&k.set != 0 {
			names = append(names, k.name)
		}
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, " or ")
}
