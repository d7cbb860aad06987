package schema

import (
	"slices"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

// fields is what a branch says about an object.
type fields struct {
	least, most int // keys; most < 0: no bound
	required    []string
	play        []string // names that something is said about, sorted
	names       []*node  // every key keeps them
	has         []*node
	every       []*node
	some        []*node // opSomeKey and opSomeName
}

func fieldsOf(atoms []*node) *fields {
	f := &fields{most: -1}
	for _, n := range atoms {
		switch n.op {
		case opMinProperties:
			f.least = max(f.least, n.n)
		case opMaxProperties:
			if f.most < 0 || n.n < f.most {
				f.most = n.n
			}
		case opHas:
			f.has = append(f.has, n)
			f.required = append(f.required, n.text)
			f.play = append(f.play, n.text)
		case opEvery:
			f.every = append(f.every, n)
			if n.class.shape == oneName {
				f.play = append(f.play, n.class.name)
			}
			f.play = append(f.play, n.class.names...)
		case opSomeKey:
			f.some = append(f.some, n)
			f.play = append(f.play, n.class.names...)
		case opSomeName:
			f.some = append(f.some, n)
		case opNames:
			f.names = append(f.names, n.kids[0])
		}
	}
	slices.Sort(f.required)
	f.required = slices.Compact(f.required)
	slices.Sort(f.play)
	f.play = slices.Compact(f.play)
	return f
}

// value is what the value of a key must keep.
func (f *fields) value(key string) []*node {
	var nodes []*node
	for _, n := range f.has {
		if n.text == key {
			nodes = append(nodes, n.kids[0])
		}
	}
	for _, n := range f.every {
		if n.class.has(key) {
			nodes = append(nodes, n.kids[0])
		}
	}
	return nodes
}

// allowed says whether an object may have the key at all.
func (f *fields) allowed(key string) truth {
	result := yes
	for _, n := range f.names {
		result = min(result, eval(n, key))
	}
	return result
}

// object finds an object that keeps the atoms, with as few keys as need be.
func (s *solver) object(atoms []*node) result {
	f := fieldsOf(atoms)
	if f.most >= 0 && (f.least > f.most || len(f.required) > f.most) {
		return none
	}
	extra := map[string][]*node{}
	for _, name := range f.required {
		switch f.allowed(name) {
		case no:
			return none
		case perhaps:
			return undecided("propertyNames")
		}
		extra[name] = nil
	}
	return s.choose(f, f.some, extra)
}

// choose gives each of the demands that some key is such a key, one after the other; extra
// are the keys that are there by now, with what was demanded of them.
func (s *solver) choose(f *fields, demands []*node, extra map[string][]*node) result {
	if !s.spend(1) {
		return undecided(outOfBudget)
	}
	if f.most >= 0 && len(extra) > f.most {
		return none
	}
	if len(demands) == 0 {
		return s.finish(f, extra)
	}
	demand, open := demands[0], none
	try := func(key string) (result, bool) {
		nodes := slices.Concat(f.value(key), extra[key])
		if demand.op == opSomeKey {
			nodes = append(nodes, demand.kids[0])
		}
		switch r := s.solve(nodes...); r.answer {
		case empty:
			return none, false
		case unknown:
			open = open.or(r)
			return none, false
		}
		before, there := extra[key]
		if demand.op == opSomeKey {
			extra[key] = append(slices.Clone(before), demand.kids[0])
		} else {
			extra[key] = before
		}
		r := s.choose(f, demands[1:], extra)
		if there {
			extra[key] = before
		} else {
			delete(extra, key)
		}
		if r.answer == unknown {
			open = open.or(r)
		}
		return r, r.answer == found
	}
	fits := func(key string) bool {
		if demand.op == opSomeKey {
			return demand.class.has(key)
		}
		switch eval(demand.kids[0], key) {
		case perhaps:
			open = open.or(undecided("propertyNames"))
		case yes:
			return true
		}
		return false
	}
	keys := sortedKeys(extra)
	for _, key := range f.play {
		if _, there := extra[key]; !there {
			keys = append(keys, key)
		}
	}
	for _, key := range keys {
		if !fits(key) {
			continue
		}
		switch f.allowed(key) {
		case no:
			continue
		case perhaps:
			open = open.or(undecided("propertyNames"))
			continue
		}
		if r, ok := try(key); ok {
			return r
		}
	}
	var wanted []*node
	if demand.op == opSomeName {
		wanted = demand.kids
	}
	done := none
	missing := s.fresh(f, demand, wanted, extra, func(key string) bool {
		r, ok := try(key)
		if ok {
			done = r
		}
		return ok
	})
	if done.answer == found {
		return done
	}
	if missing.answer == unknown {
		open = open.or(missing)
	}
	return open
}

// fresh finds keys that nothing names, one of each class of those that the patterns in play
// tell apart, until use says that it is enough. The result is empty, or unknown where keys
// may have been missed.
func (s *solver) fresh(f *fields, demand *node, wanted []*node, there map[string][]*node, use func(string) bool) result {
	var tellApart []*node // what keys may match or not
	add := func(n *node) {
		if !slices.ContainsFunc(tellApart, func(m *node) bool { return m.key == n.key }) {
			tellApart = append(tellApart, n)
		}
	}
	for _, n := range slices.Concat(f.every, f.some) {
		if n.op == opSomeName {
			add(n.kids[0])
			continue
		}
		if n.class.shape == matching {
			add(matches(n.class.pattern))
		}
		for _, p := range n.class.patterns {
			add(matches(p))
		}
	}
	nodes := append([]*node{ofKinds(kindString)}, f.names...)
	nodes = append(nodes, wanted...)
	if demand != nil && demand.op == opSomeKey {
		if demand.class.shape == matching {
			nodes = append(nodes, matches(demand.class.pattern))
		}
		for _, p := range demand.class.patterns {
			nodes = append(nodes, not(matches(p)))
		}
		if demand.class.shape == oneName {
			return none // it is in play
		}
	}
	var known []scalar
	for _, key := range f.play {
		known = append(known, scalar{text: key})
	}
	for _, key := range sortedKeys(there) {
		known = append(known, scalar{text: key})
	}
	if len(known) > 0 {
		nodes = append(nodes, not(oneOfScalars(kindString, known)))
	}
	open := none
	var walk func(i int, nodes []*node) bool
	walk = func(i int, nodes []*node) bool {
		r := s.solve(nodes...)
		switch r.answer {
		case empty:
			return false
		case unknown:
			open = open.or(r)
			return false
		}
		if i == len(tellApart) {
			key, ok := r.value.(string)
			return ok && use(key)
		}
		return walk(i+1, append(slices.Clip(nodes), not(tellApart[i]))) || walk(i+1, append(slices.Clip(nodes), tellApart[i]))
	}
	walk(0, nodes)
	return open
}

func matches(p *language.Pattern) *node { return seal(&node{op: opPattern, pattern: p}) }

// finish gives every key its value and adds keys until there are enough.
func (s *solver) finish(f *fields, extra map[string][]*node) result {
	object := map[string]any{}
	open := none
	for _, key := range sortedKeys(extra) {
		r := s.solve(slices.Concat(f.value(key), extra[key])...)
		switch r.answer {
		case empty:
			return none
		case unknown:
			open = open.or(r)
		}
		object[key] = r.value
	}
	if open.answer == unknown {
		return open
	}
	if len(object) >= f.least {
		return give(object)
	}
	fill := func(key string) bool {
		if _, there := object[key]; there {
			return false
		}
		switch f.allowed(key) {
		case no:
			return false
		case perhaps:
			open = open.or(undecided("propertyNames"))
			return false
		}
		r := s.solve(f.value(key)...)
		switch r.answer {
		case empty:
			return false
		case unknown:
			open = open.or(r)
			return false
		}
		object[key] = r.value
		return true
	}
	for _, key := range f.play {
		if len(object) >= f.least {
			break
		}
		fill(key)
	}
	for len(object) < f.least {
		if !s.spend(1) {
			return undecided(outOfBudget)
		}
		if len(object) > maxWitness {
			return undecided("minProperties")
		}
		there := make(map[string][]*node, len(object))
		for key := range object {
			there[key] = nil
		}
		added := false
		missing := s.fresh(f, nil, nil, there, func(key string) bool {
			added = fill(key)
			return added
		})
		if !added {
			if missing.answer == unknown {
				open = open.or(missing)
			}
			return open
		}
	}
	return give(object)
}

// maxWitness is how many keys or items a value that is looked for has at most.
const maxWitness = 2000
