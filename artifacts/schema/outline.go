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
	choices  []*node // other assertions: they may name keys as well
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
				o.choices = append(o.choices, n)
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
	return all(parts...), said || o.required[name] || slices.Contains(o.names, name) || mentioned(o.choices, name)
}

// mentioned says that alternatives, or what names of keys must be, speak of a key.
func mentioned(choices []*node, name string) bool {
	seen := map[key]bool{}
	var speaks func(n *node) bool
	speaks = func(n *node) bool {
		if seen[n.key] {
			return false
		}
		seen[n.key] = true
		switch n.op {
		case opRef, opNotRef:
			return speaks(n.target.node)
		case opNames, opSomeName:
			return eval(n.kids[0], name) == yes
		case opHas:
			return n.text == name
		case opEvery, opSomeKey:
			return n.class.shape != others && n.class.has(name) || slices.Contains(n.class.names, name)
		case opAll, opAny, opOne, opNotOne, opIf:
			return slices.ContainsFunc(n.kids, speaks)
		}
		return false
	}
	return slices.ContainsFunc(choices, speaks)
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

// compare goes through what two schemas say about one value. What was compared before is
// known; where it recurs, the assertions about it do.
func (c *comparison) compare(before, after *node, depth int) *delta {
	if before.key == after.key || depth > maxDiffDepth {
		return &delta{}
	}
	pair := [2]key{before.key, after.key}
	if d := c.known[pair]; d != nil {
		if d.target.node != nil {
			return d
		}
		return &delta{unknown: []*node{seal(&node{op: opRef, target: d.target})}}
	}
	d := &delta{target: &target{id: fmt.Sprintf("diff %x %x", before.key, after.key)}}
	c.known[pair] = d
	old, next := outlineOf(before), outlineOf(after)
	if old.accepts != next.accepts {
		d.change("", "type", ofKinds(old.accepts), ofKinds(next.accepts), "was %s, is %s", kindWords(old.accepts), kindWords(next.accepts))
	}
	d.aspects(old, next)
	for _, name := range union(old.names, next.names) {
		c.property(d, name, old, next, depth)
	}
	c.classes(d, old, next, depth)
	c.items(d, old, next, depth)
	d.target.node = d.absent()
	return d
}

// classes compares what is said of keys that are not named.
func (c *comparison) classes(d *delta, old, next *outline, depth int) {
	before, after := old.classes(), next.classes()
	for _, text := range union(sortedKeys(before), sortedKeys(after)) {
		a, b := orAlways(before[text]), orAlways(after[text])
		if a.key == b.key {
			continue
		}
		kind, pattern, _ := strings.Cut(text, " ")
		_, both := before[text]
		_, there := after[text]
		if both && there && a.op != opFalse && b.op != opFalse {
			d.below("/*", c.compare(a, b, depth+1), func(n *node) *node { return every(&class{shape: others}, n) })
			continue
		}
		what := "keys that are not named"
		if kind == "pattern-properties" {
			what = fmt.Sprintf("keys that match %q", pattern)
		}
		d.change("", kind, a, b, "%s: %s, now %s", what, keyWords(a), keyWords(b))
	}
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

func (c *comparison) property(d *delta, name string, old, next *outline, depth int) {
	at := step(name)
	before, saidBefore := old.value(name)
	after, saidAfter := next.value(name)
	switch {
	case !saidBefore && saidAfter && before.key == after.key && !next.required[name]:
		return // it is named, and anything goes as before
	case !saidBefore && saidAfter && before.op != opFalse:
		// Nobody who kept to the old schema knew the key.
		d.unknown = append(d.unknown, every(named(name), never))
		change := Change{Path: at, Kind: "property-added", Message: "is described now, and optional"}
		if next.required[name] {
			change.Message, change.Breaks = "is described now, and required", []Side{Producers}
		}
		d.add(change)
		return
	case !saidBefore && saidAfter:
		d.add(Change{Path: at, Kind: "property-added", Breaks: []Side{Consumers}, Message: "may be there now; it was refused"})
	case saidBefore && !saidAfter && after.op == opFalse:
		d.add(Change{Path: at, Kind: "property-removed", Breaks: []Side{Producers}, Message: "is refused now"})
	case saidBefore && !saidAfter:
		d.change(at, "property-removed", before, after, "is no longer described")
		if before.key == after.key {
			d.add(Change{Path: at, Kind: "property-removed", Message: "is no longer described"})
		}
	default:
		d.below(at, c.compare(before, after, depth+1), func(n *node) *node { return every(named(name), n) })
	}
	switch {
	case old.required[name] && !next.required[name]:
		d.add(Change{Path: at, Kind: "required-removed", Breaks: []Side{Consumers}, Message: "need not be there any more"})
	case !old.required[name] && next.required[name]:
		d.add(Change{Path: at, Kind: "required-added", Breaks: []Side{Producers}, Message: "must be there now"})
	}
}

func (d *delta) aspects(old, next *outline) {
	for _, aspect := range union(sortedKeys(old.aspects), sortedKeys(next.aspects)) {
		a, b := all(old.aspects[aspect]...), all(next.aspects[aspect]...)
		if a.key != b.key {
			d.change("", aspect, a, b, "%s", aspectWords(aspect, a, b))
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

// maxTuple is how many items are compared one by one.
const maxTuple = 1000

func (c *comparison) items(d *delta, old, next *outline, depth int) {
	prefix := 0
	for _, n := range slices.Concat(old.each, next.each) {
		prefix = max(prefix, n.from, n.to)
	}
	if prefix > maxTuple {
		a, b := all(old.each...), all(next.each...)
		d.change("/*", "items", a, b, "%s, now %s", keyWords(a), keyWords(b))
		return
	}
	a, b := &items{each: old.each}, &items{each: next.each}
	for i := range prefix + 1 {
		before, after := all(a.at(i)...), all(b.at(i)...)
		if before.key == after.key {
			continue
		}
		at, from, to := fmt.Sprintf("/%d", i), i, i+1
		if i == prefix {
			at, to = "/*", -1
		}
		if before.op == opFalse || after.op == opFalse || before.op == opTrue || after.op == opTrue {
			d.change(at, "items", before, after, "%s, now %s", keyWords(before), keyWords(after))
			continue
		}
		d.below(at, c.compare(before, after, depth+1), func(n *node) *node { return each(from, to, n) })
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
