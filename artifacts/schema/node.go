package schema

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// kinds is a set of kinds of JSON values; true and false are kinds of their own.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindFalse
	kindTrue
	kindNumber
	kindString
	kindArray
	kindObject

	kindBoolean = kindFalse | kindTrue
	kindsAll    = kindNull | kindBoolean | kindNumber | kindString | kindArray | kindObject
)

// op says what a node asserts. An assertion about one kind of value holds for every value
// of another kind, as in JSON Schema.
type op uint8

const (
	opTrue op = iota
	opFalse
	opAll    // of kids
	opAny    // of kids
	opOne    // exactly one of kids
	opNotOne // none or several of kids
	opIf     // kids: if, then, else
	opRef    // to target
	opNotRef
	opKinds // of set
	opIn    // one of values, which are all of the one kind in set: number or string
	opNotIn
	opOpaque // cannot be decided about values of set; text says why; open: its negation

	opMin // number: at least num, or above it where open
	opMax
	opMultiple // of num
	opNotMultiple

	opMinLength // n code points
	opMaxLength
	opPattern
	opNotPattern
	opFormat // text
	opNotFormat

	opMinItems // n
	opMaxItems
	opEach    // items from..to keep the kid; to < 0 is to the end
	opSome    // an item from..to keeps the kid
	opAtLeast // n items keep the kid
	opAtMost
	opUnique
	opNotUnique

	opMinProperties // n
	opMaxProperties
	opHas     // there is a key text, and its value keeps the kid
	opEvery   // the value of every key of class keeps the kid
	opSomeKey // there is a key of class whose value keeps the kid
	opNames   // every key keeps the kid
	opSomeName
	opHint // nothing: what a person said about the value
)

// about is the kind that an assertion is about; 0 for all.
func (o op) about() kinds {
	switch {
	case o < opMin || o == opHint:
		return 0
	case o < opMinLength:
		return kindNumber
	case o < opMinItems:
		return kindString
	case o < opMinProperties:
		return kindArray
	}
	return kindObject
}

// class is a set of keys: one name, or those that match pattern, or those that are none of
// names and match none of patterns.
type class struct {
	name     string
	pattern  *language.Pattern
	names    []string
	patterns []*language.Pattern
	shape    classShape
}

type classShape uint8

const (
	oneName classShape = iota
	matching
	others
)

func (c *class) has(key string) bool {
	switch c.shape {
	case oneName:
		return key == c.name
	case matching:
		return c.pattern.Match(key)
	}
	_, named := slices.BinarySearch(c.names, key)
	return !named && !slices.ContainsFunc(c.patterns, func(p *language.Pattern) bool { return p.Match(key) })
}

// node is one assertion, or several put together. Nodes are immutable; equal ones have
// equal keys.
type node struct {
	op       op
	open     bool
	set      kinds
	n        int
	from, to int
	num      *big.Rat
	text     string
	kids     []*node
	values   []scalar
	pattern  *language.Pattern
	class    *class
	target   *target
	hint     *hint
	key      key

	negated atomic.Pointer[node]
	maybe   atomic.Uint32 // 1 + kinds that it may accept, once known
}

type key [16]byte

// target is what a reference leads to; the node is set when all is parsed.
type target struct {
	id   string // unique in its document
	node *node
}

// scalar is a number or a string of an enumeration.
type scalar struct {
	num  *big.Rat // nil for a string
	text string   // of a number: as written
}

func (s scalar) value() any {
	if s.num != nil {
		return number(s.num)
	}
	return s.text
}

// compare orders values of one kind.
func (s scalar) compare(t scalar) int {
	if s.num != nil {
		return s.num.Cmp(t.num)
	}
	return strings.Compare(s.text, t.text)
}

func (s scalar) equal(t scalar) bool {
	if s.num != nil {
		return t.num != nil && s.num.Cmp(t.num) == 0
	}
	return t.num == nil && s.text == t.text
}

var always, never = func() (*node, *node) {
	yes, no := seal(&node{op: opTrue}), seal(&node{op: opFalse})
	yes.negated.Store(no)
	no.negated.Store(yes)
	return yes, no
}()

// seal gives n its key: every part of it is written so that no two nodes are written alike.
func seal(n *node) *node {
	h := sha256.New()
	b := []byte{byte(n.op), byte(n.set), 0}
	if n.open {
		b[2] = 1
	}
	count := func(n int) { b = binary.AppendVarint(b, int64(n)) }
	word := func(s string) {
		count(len(s))
		b = append(b, s...)
	}
	pattern := func(p *language.Pattern) {
		if p == nil {
			word("")
			return
		}
		word("p" + p.String())
	}
	rational := func(r *big.Rat) {
		if r == nil {
			word("")
			return
		}
		word(r.RatString())
	}
	count(n.n)
	count(n.from)
	count(n.to)
	rational(n.num)
	word(n.text)
	count(len(n.values))
	for _, v := range n.values {
		rational(v.num)
		word(v.text)
	}
	pattern(n.pattern)
	if c := n.class; c == nil {
		count(0)
	} else {
		count(1 + int(c.shape))
		word(c.name)
		pattern(c.pattern)
		count(len(c.names))
		for _, name := range c.names {
			word(name)
		}
		count(len(c.patterns))
		for _, p := range c.patterns {
			pattern(p)
		}
	}
	if n.target == nil {
		word("")
	} else {
		word("t" + n.target.id)
	}
	if n.hint == nil {
		word("")
	} else {
		word("h" + n.hint.id)
	}
	kids := make([]string, len(n.kids))
	for i, kid := range n.kids {
		kids[i] = string(kid.key[:])
	}
	if n.op == opAll || n.op == opAny || n.op == opOne || n.op == opNotOne {
		slices.Sort(kids)
	}
	b = append(b, strings.Join(kids, "")...)
	h.Write(b)
	copy(n.key[:], h.Sum(nil))
	return n
}

// all is the conjunction of nodes.
func all(nodes ...*node) *node { return together(opAll, never, always, nodes) }

// anyOf is the disjunction of nodes.
func anyOf(nodes ...*node) *node { return together(opAny, always, never, nodes) }

func together(o op, absorbing, neutral *node, nodes []*node) *node {
	var kids []*node
	seen := map[key]bool{}
	var add func([]*node) bool
	add = func(nodes []*node) bool {
		for _, n := range nodes {
			switch {
			case n.op == absorbing.op:
				return false
			case n.op == neutral.op || seen[n.key]:
			case n.op == o:
				if !add(n.kids) {
					return false
				}
			default:
				seen[n.key] = true
				kids = append(kids, n)
			}
		}
		return true
	}
	if !add(nodes) {
		return absorbing
	}
	switch len(kids) {
	case 0:
		return neutral
	case 1:
		return kids[0]
	}
	return seal(&node{op: o, kids: kids})
}

func ofKinds(set kinds) *node {
	switch set & kindsAll {
	case kindsAll:
		return always
	case 0:
		return never
	}
	return seal(&node{op: opKinds, set: set & kindsAll})
}

func has(name string, kid *node) *node {
	if kid.op == opFalse {
		return ofKinds(kindsAll &^ kindObject)
	}
	return seal(&node{op: opHas, text: name, kids: []*node{kid}})
}

func every(c *class, kid *node) *node {
	if kid.op == opTrue {
		return always
	}
	return seal(&node{op: opEvery, class: c, kids: []*node{kid}})
}

func named(name string) *class { return &class{shape: oneName, name: name} }

func each(from, to int, kid *node) *node {
	if kid.op == opTrue || to >= 0 && to <= from {
		return always
	}
	return seal(&node{op: opEach, from: from, to: to, kids: []*node{kid}})
}
