package schema

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Style of a sample.
type Style string

// Styles. The zero Style is Random.
const (
	Random  Style = "random"
	Minimal Style = "minimal" // what is required, and the smallest of it
	Maximal Style = "maximal" // every property that may be there
)

// SampleOptions of Sample.
type SampleOptions struct {
	// Seed chooses the sample: the same seed gives the same one.
	Seed  uint64
	Style Style
}

// SampleError says why there is no sample.
type SampleError struct {
	// Uninhabited is true where it is proved that no document is valid. It is false where
	// none was found: Undecided says which keywords stand in the way.
	Uninhabited bool
	Undecided   []string
}

func (e *SampleError) Error() string {
	if e.Uninhabited {
		return "no document is valid under the schema"
	}
	return fmt.Sprintf("no sample was found: %s", strings.Join(e.Undecided, ", "))
}

// Sample gives a valid document: realistic where the schema lets it be (examples, defaults,
// enumerations, formats, patterns, names of properties), and checked with the library. The
// error is a *SampleError.
func (s *Schema) Sample(opts *SampleOptions) (any, error) {
	if opts == nil {
		opts = &SampleOptions{}
	}
	root := s.hinted()
	plain := s.warm().copied()
	smallest := plain.solve(root)
	switch smallest.answer {
	case empty:
		return nil, &SampleError{Uninhabited: true}
	case unknown:
		return nil, &SampleError{Undecided: unclear(smallest.why).Undecided}
	}
	if opts.Style != Minimal {
		for try := range uint64(4) {
			d := &draw{plain: plain, style: opts.Style, rng: rand.New(rand.NewPCG(opts.Seed, try)), left: 3000}
			if v := d.build("", 0, root); v.answer == found && s.check(v.value) == nil {
				return clone(v.value), nil
			}
		}
	}
	if v := clone(smallest.value); s.check(v) == nil {
		return v, nil
	}
	if v, ok := s.formatted(opts.Seed); ok {
		return v, nil
	}
	return nil, &SampleError{Undecided: []string{"format"}}
}

// warmed is a solver that has seen the parts of the schema: what it found out holds for
// every sample, and is the same whatever was drawn before.
func (s *Schema) warmed() *solver {
	plain := newSolver(defaultBudget)
	if plain.solve(s.hinted()).answer == found {
		d := &draw{plain: plain, style: Maximal, rng: rand.New(rand.NewPCG(1, 1)), left: 1000}
		d.build("", 0, s.hinted())
	}
	plain.steps = 0
	return plain
}

// copied is a solver that knows what s knows and goes on by itself.
func (s *solver) copied() *solver {
	c := newSolver(s.budget)
	c.memo = maps.Clone(s.memo)
	return c
}

// formatted tries to make a minimal sample whose formats are asserted.
func (s *Schema) formatted(seed uint64) (any, bool) {
	for try := range uint64(40) {
		d := &draw{plain: newSolver(defaultBudget), style: Minimal, rng: rand.New(rand.NewPCG(seed, 100+try)), left: 3000}
		if v := d.build("", 0, s.hinted()); v.answer == found && s.check(v.value) == nil {
			return clone(v.value), true
		}
	}
	return nil, false
}

// draw is one sample on its way: a search that takes alternatives by chance and decorates
// what the smallest value leaves out.
type draw struct {
	plain *solver
	style Style
	rng   *rand.Rand
	left  int      // values that may still be made
	names []string // of the properties that lead to the value
}

const deepSample = 7

// build makes a value that keeps the nodes, for the property of that name.
func (d *draw) build(name string, depth int, nodes ...*node) result {
	conj := all(nodes...)
	smallest := d.plain.solve(conj)
	d.left--
	if smallest.answer != found || d.left <= 0 || depth > deepSample {
		return smallest
	}
	if conj.op == opTrue {
		return give(d.word(name))
	}
	d.names = append(d.names, name)
	defer func() { d.names = d.names[:len(d.names)-1] }()
	set := conj.accepts()
	kinds := slices.Clone(order)
	d.rng.Shuffle(len(kinds), func(i, j int) { kinds[i], kinds[j] = kinds[j], kinds[i] })
	// Null is the last resort, and at the top an object says most.
	slices.SortStableFunc(kinds, func(a, b kindsOf) int { return d.rank(a, depth) - d.rank(b, depth) })
	for _, kind := range kinds {
		if set&kind == 0 {
			continue
		}
		var r result
		switch kind {
		case kindNull, kindTrue, kindFalse:
			r = d.plain.kind(conj, kind)
		default:
			s := newSolver(20_000)
			s.draw = d
			r = s.search(branch{kind: kind}, []*node{conj})
		}
		if r.answer == found && eval(conj, r.value) != no {
			return r
		}
	}
	return smallest
}

type kindsOf = kinds

func (d *draw) rank(kind kinds, depth int) int {
	switch {
	case kind == kindNull:
		return 2
	case depth == 0 && kind != kindObject:
		return 1
	}
	return 0
}

// order shuffles alternatives; for a maximal sample, those that rule keys out come last.
func (d *draw) order(alternatives []*node) []*node {
	list := slices.Clone(alternatives)
	if d.style == Minimal {
		return list
	}
	d.rng.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	slices.SortStableFunc(list, func(a, b *node) int { return d.rulesOut(a) - d.rulesOut(b) })
	return list
}

func (d *draw) rulesOut(n *node) int {
	if d.style == Maximal && n.op == opEvery && n.kids[0].op == opFalse {
		return 1
	}
	return 0
}

// chance is true once in n.
func (d *draw) chance(n int) bool { return d.rng.IntN(n) == 0 }

// leaf makes the value of a branch without alternatives.
func (d *draw) leaf(b branch) result {
	if v, ok := d.hinted(b); ok {
		return give(v)
	}
	switch b.kind {
	case kindNumber:
		return d.number(b)
	case kindString:
		return d.text(b)
	case kindArray:
		return d.array(b)
	}
	return d.object(b)
}

// keeps says that v keeps all atoms of the branch.
func keeps(b branch, v any) bool {
	for _, n := range b.done {
		if eval(n, v) != yes {
			return false
		}
	}
	return true
}

// hinted takes an example that the author gave.
func (d *draw) hinted(b branch) (any, bool) {
	var values []any
	for _, n := range b.atoms {
		if n.op == opHint {
			values = append(values, n.hint.values...)
		}
	}
	if len(values) == 0 || d.style == Minimal || b.kind == kindObject || d.chance(3) {
		return nil, false
	}
	v := values[d.rng.IntN(len(values))]
	return v, kindOf(v) == b.kind && keeps(b, v)
}

// enumerated takes one of the values of an enumeration.
func (d *draw) enumerated(b branch) (any, bool) {
	for _, n := range b.atoms {
		if n.op != opIn {
			continue
		}
		for _, i := range d.rng.Perm(len(n.values)) {
			if v := n.values[i].value(); keeps(b, v) {
				return v, true
			}
		}
	}
	return nil, false
}
