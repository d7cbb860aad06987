package schema

import (
	"math/bits"
	"slices"
)

// items is what a branch says about an array.
type items struct {
	least, most       int // items; most < 0: no bound
	each              []*node
	demands           []*node // opSome and opAtLeast
	limits            []*node // opAtMost
	unique, notUnique bool
	prefix            int // from here on all places are alike
}

func itemsOf(atoms []*node) *items {
	a := &items{most: -1}
	for _, n := range atoms {
		switch n.op {
		case opMinItems:
			a.least = max(a.least, n.n)
		case opMaxItems:
			if a.most < 0 || n.n < a.most {
				a.most = n.n
			}
		case opEach:
			a.each = append(a.each, n)
			a.prefix = max(a.prefix, n.from, n.to)
		case opSome:
			a.demands = append(a.demands, n)
			a.prefix = max(a.prefix, n.from, n.to)
		case opAtLeast:
			a.demands = append(a.demands, n)
		case opAtMost:
			a.limits = append(a.limits, n)
		case opUnique:
			a.unique = true
		case opNotUnique:
			a.notUnique = true
		}
	}
	return a
}

// at is what the item at a place must keep.
func (a *items) at(i int) []*node {
	var nodes []*node
	for _, n := range a.each {
		if i >= n.from && (n.to < 0 || i < n.to) {
			nodes = append(nodes, n.kids[0])
		}
	}
	return nodes
}

func (s *solver) array(atoms []*node) result {
	a := itemsOf(atoms)
	if a.most >= 0 && a.least > a.most || a.unique && a.notUnique {
		return none
	}
	if len(a.demands) == 0 && len(a.limits) == 0 && !a.unique && !a.notUnique {
		return s.plainArray(a)
	}
	longest := max(a.least, a.prefix) + 2
	for _, n := range a.demands {
		longest += max(n.n, 1)
	}
	if a.most >= 0 {
		longest = min(longest, a.most)
	}
	open := none
	if longest > maxWitness {
		longest = maxWitness
		open = undecided("the length of an array")
	}
	if len(a.demands)+len(a.limits) > 12 {
		return undecided("contains")
	}
	for length := a.least; length <= longest; length++ {
		p := &placement{solver: s, items: a, length: length}
		for _, n := range a.demands {
			p.missing = append(p.missing, max(n.n, 1))
		}
		p.used = make([]int, len(a.limits))
		r := p.place(0)
		if r.answer == found {
			return r
		}
		if r.answer == unknown {
			open = open.or(r)
		}
		if s.steps > s.budget {
			return undecided(outOfBudget)
		}
		if p.blocked >= 0 && p.blocked < length {
			break // no item can stand there: longer ones have it as well
		}
	}
	return open
}

func (s *solver) plainArray(a *items) result {
	list := make([]any, 0, min(a.least, maxWitness))
	open := none
	for i := range min(a.least, a.prefix+1) {
		r := s.solve(a.at(i)...)
		switch r.answer {
		case empty:
			return none
		case unknown:
			open = open.or(r)
		}
		list = append(list, r.value)
	}
	if open.answer == unknown {
		return open
	}
	if a.least > maxWitness {
		return undecided("minItems")
	}
	for len(list) < a.least {
		list = append(list, clone(list[len(list)-1]))
	}
	return give(list)
}

// placement gives every place of an array of one length what its item is to keep.
type placement struct {
	*solver
	*items
	length  int
	missing []int // of each demand: items that are still to come
	used    []int // of each limit: items that count against it
	chosen  [][]*node
	blocked int // a place where nothing can stand; -1
}

func (p *placement) place(i int) result {
	if i == 0 {
		p.blocked = -1
	}
	if !p.spend(1) {
		return undecided(outOfBudget)
	}
	for _, missing := range p.missing {
		if missing > p.length-i {
			return none
		}
	}
	if i == p.length {
		return p.values()
	}
	base := p.at(i)
	if r := p.solve(base...); r.answer == empty {
		p.blocked = i
		return none
	}
	open := none
	for _, wanted := range p.subsets(i) {
		for counted := range 1 << len(p.limits) {
			if !p.spend(1) {
				return undecided(outOfBudget)
			}
			nodes := slices.Clone(base)
			for d, demand := range p.demands {
				if wanted&(1<<d) != 0 {
					nodes = append(nodes, demand.kids[0])
				}
			}
			full := false
			for l, limit := range p.limits {
				if counted&(1<<l) == 0 {
					nodes = append(nodes, not(limit.kids[0]))
				} else {
					nodes = append(nodes, limit.kids[0])
					full = full || p.used[l] >= limit.n
				}
			}
			if full {
				continue
			}
			switch r := p.solve(nodes...); r.answer {
			case empty:
				continue
			case unknown:
				open = open.or(r)
				continue
			}
			p.take(wanted, counted, 1)
			p.chosen = append(p.chosen, nodes)
			r := p.place(i + 1)
			p.chosen = p.chosen[:len(p.chosen)-1]
			p.take(wanted, counted, -1)
			if r.answer == found {
				return r
			}
			if r.answer == unknown {
				open = open.or(r)
			}
		}
	}
	return open
}

func (p *placement) take(wanted, counted, by int) {
	for d := range p.demands {
		if wanted&(1<<d) != 0 {
			p.missing[d] -= by
		}
	}
	for l := range p.limits {
		if counted&(1<<l) != 0 {
			p.used[l] += by
		}
	}
}

// subsets of the demands that the item at a place may fulfil, the larger ones first.
func (p *placement) subsets(i int) []int {
	possible := 0
	for d, demand := range p.demands {
		reaches := demand.op == opAtLeast || i >= demand.from && (demand.to < 0 || i < demand.to)
		if p.missing[d] > 0 && reaches {
			possible |= 1 << d
		}
	}
	var list []int
	for set := possible; ; set = (set - 1) & possible {
		list = append(list, set)
		if set == 0 {
			break
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return bits.OnesCount(uint(b)) - bits.OnesCount(uint(a)) })
	return list
}

// values gives every place its item.
func (p *placement) values() result {
	if p.notUnique {
		return p.pair()
	}
	list := make([]any, p.length)
	for i, nodes := range p.chosen {
		r := p.solve(nodes...)
		if r.answer != found {
			return r
		}
		list[i] = r.value
	}
	if p.unique && repeats(list) {
		return p.distinct()
	}
	return give(clone(list))
}

// pair makes two items equal.
func (p *placement) pair() result {
	open := none
	for j := range p.chosen {
		for i := range j {
			shared := p.solve(slices.Concat(p.chosen[i], p.chosen[j])...)
			if shared.answer == unknown {
				open = open.or(shared)
			}
			if shared.answer != found {
				continue
			}
			list := make([]any, p.length)
			for k, nodes := range p.chosen {
				if k == i || k == j {
					list[k] = clone(shared.value)
					continue
				}
				r := p.solve(nodes...)
				if r.answer != found {
					return r
				}
				list[k] = clone(r.value)
			}
			return give(list)
		}
	}
	return open
}

// distinct gives every place an item of its own: as many values for each place as there
// are places, or all that there are, and a matching of places and values. By Hall's theorem
// no more values than that are ever needed.
func (p *placement) distinct() result {
	if p.length > 60 {
		return undecided("uniqueItems")
	}
	var values []any
	index := map[string]int{}
	edges := make([][]int, p.length)
	for i, nodes := range p.chosen {
		list, r := p.several(nodes, p.length)
		if r.answer == unknown {
			return r
		}
		for _, v := range list {
			text := string(canonical(plain(v)))
			at, known := index[text]
			if !known {
				at = len(values)
				index[text] = at
				values = append(values, v)
			}
			edges[i] = append(edges[i], at)
		}
	}
	owner := make([]int, len(values))
	for v := range owner {
		owner[v] = -1
	}
	var assign func(i int, seen map[int]bool) bool
	assign = func(i int, seen map[int]bool) bool {
		for _, v := range edges[i] {
			if seen[v] {
				continue
			}
			seen[v] = true
			if owner[v] < 0 || assign(owner[v], seen) {
				owner[v] = i
				return true
			}
		}
		return false
	}
	for i := range edges {
		if !assign(i, map[int]bool{}) {
			return none
		}
	}
	list := make([]any, p.length)
	for v, i := range owner {
		if i >= 0 {
			list[i] = clone(values[v])
		}
	}
	return give(list)
}

// several finds that many different values, or all.
func (s *solver) several(nodes []*node, most int) ([]any, result) {
	var list []any
	for len(list) < most {
		r := s.solve(nodes...)
		switch r.answer {
		case unknown:
			return nil, r
		case empty:
			return list, none
		}
		list = append(list, r.value)
		nodes = append(slices.Clip(nodes), not(enum([]any{r.value})))
	}
	return list, none
}
