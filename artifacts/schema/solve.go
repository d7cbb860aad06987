package schema

import (
	"slices"
)

// answer to the question whether there is a value.
type answer int8

const (
	empty   answer = iota // there is none: proved
	found                 // here it is
	unknown               // not decided
)

type result struct {
	answer answer
	value  any
	why    []string // of unknown
}

func give(v any) result           { return result{answer: found, value: v} }
func undecided(why string) result { return result{answer: unknown, why: []string{why}} }
func (r result) or(s result) result {
	return result{answer: unknown, why: append(slices.Clone(r.why), s.why...)}
}

var none = result{answer: empty}

// solver looks for a value that keeps several nodes at once.
type solver struct {
	budget int
	steps  int
	memo   map[string]result
	active map[string]int // what is being solved, with its depth
	rests  int            // the lowest depth that an answer since rests on
	draw   *draw          // for samples
}

// Budgets in steps.
const (
	defaultBudget = 60_000
	maxNesting    = 120
	farAway       = 1 << 30
	outOfBudget   = "the budget"
)

func newSolver(budget int) *solver {
	return &solver{budget: budget, memo: map[string]result{}, active: map[string]int{}, rests: farAway}
}

// plain is the solver that looks for the smallest value.
func (s *solver) plain() *solver {
	if s.draw != nil {
		return s.draw.plain
	}
	return s
}

// spend takes n steps of the budget; false where it is used up.
func (s *solver) spend(n int) bool {
	s.steps += n
	return s.steps <= s.budget
}

// solve finds a value of the smallest reasonable size that keeps all nodes.
func (s *solver) solve(nodes ...*node) result {
	conj := all(nodes...)
	switch conj.op {
	case opTrue:
		return give("")
	case opFalse:
		return none
	}
	set := conj.accepts()
	if set == 0 {
		return none
	}
	id := string(conj.key[:])
	if known, ok := s.memo[id]; ok {
		return known
	}
	if depth, ok := s.active[id]; ok {
		// A value that contains itself is none: in the least fixed point there is nothing
		// along this way. What is concluded from it holds for those above only if they hold.
		s.rests = min(s.rests, depth)
		return none
	}
	depth := len(s.active)
	if depth > maxNesting || !s.spend(1) {
		return undecided(outOfBudget)
	}
	s.active[id] = depth
	before := s.rests
	s.rests = farAway
	r := s.kinds(conj, set)
	delete(s.active, id)
	if r.answer == found || s.rests >= depth {
		s.rests = before
		s.memo[id] = r
	} else {
		s.rests = min(before, s.rests)
	}
	return r
}

// order in which kinds are tried: what reads best as a witness comes first.
var order = []kinds{kindString, kindNumber, kindTrue, kindFalse, kindNull, kindArray, kindObject}

func (s *solver) kinds(conj *node, set kinds) result {
	open := none
	for _, kind := range order {
		if set&kind == 0 {
			continue
		}
		r := s.kind(conj, kind)
		if r.answer == found {
			return r
		}
		if r.answer == unknown {
			open = open.or(r)
		}
	}
	return open
}

func (s *solver) kind(conj *node, kind kinds) result {
	switch kind {
	case kindNull:
		return s.candidate(conj, nil)
	case kindTrue:
		return s.candidate(conj, true)
	case kindFalse:
		return s.candidate(conj, false)
	}
	return s.search(branch{kind: kind}, []*node{conj})
}

func (s *solver) candidate(n *node, v any) result {
	switch eval(n, v) {
	case yes:
		return give(v)
	case no:
		return none
	}
	return undecided(reason(n))
}

// branch is a way through the alternatives: what holds on it.
type branch struct {
	kind    kinds
	atoms   []*node   // assertions about the kind
	done    []*node   // all that was asserted
	choices [][]*node // one of each must hold
}

func (b *branch) holds(k key) bool {
	for _, n := range b.done {
		if n.key == k {
			return true
		}
	}
	return false
}

func (b *branch) split() branch {
	return branch{kind: b.kind, atoms: slices.Clip(b.atoms), done: slices.Clip(b.done), choices: b.choices}
}

// search asserts todo on the branch, then takes the alternatives that are left one by one.
func (s *solver) search(b branch, todo []*node) result {
	for {
		if !s.spend(1) {
			return undecided(outOfBudget)
		}
		if !s.assert(&b, todo) {
			return none
		}
		var dead bool
		if todo, dead = s.reduce(&b); dead {
			return none
		}
		if len(todo) == 0 {
			break
		}
	}
	if len(b.choices) == 0 {
		return s.leaf(b)
	}
	if b.kind == kindObject && !s.viable(b) {
		return none
	}
	smallest := 0
	for i, choice := range b.choices {
		if len(choice) < len(b.choices[smallest]) {
			smallest = i
		}
	}
	alternatives := b.choices[smallest]
	b.choices = slices.Delete(slices.Clone(b.choices), smallest, smallest+1)
	if s.draw != nil {
		alternatives = s.draw.order(alternatives)
	}
	open := none
	for _, alternative := range alternatives {
		r := s.search(b.split(), []*node{alternative})
		if r.answer == found {
			return r
		}
		if r.answer == unknown {
			open = open.or(r)
			if s.steps > s.budget {
				break
			}
		}
	}
	return open
}

// assert puts nodes onto the branch; false where they contradict it at first sight.
func (s *solver) assert(b *branch, todo []*node) bool {
	todo = slices.Clone(todo)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for n.op == opRef || n.op == opNotRef {
			if n.op == opRef {
				n = n.target.node
			} else {
				n = not(n.target.node)
			}
		}
		if n.accepts()&b.kind == 0 {
			return false
		}
		if n.op == opTrue || n.op == opKinds || b.holds(n.key) {
			continue
		}
		if negated := n.negated.Load(); negated != nil && b.holds(negated.key) {
			return false
		}
		b.done = append(b.done, n)
		switch n.op {
		case opAll:
			for _, kid := range slices.Backward(n.kids) {
				todo = append(todo, kid)
			}
		case opAny, opOne, opNotOne, opIf:
			alternatives := s.alternatives(n, b.kind)
			if len(alternatives) == 0 {
				return false
			}
			b.choices = append(slices.Clip(b.choices), alternatives)
		case opNotIn:
			if n.set == b.kind {
				b.atoms = append(b.atoms, n)
			}
		case opOpaque:
			if n.set&b.kind != 0 {
				b.atoms = append(b.atoms, n)
			}
		default:
			if about := n.op.about(); about == 0 || about == b.kind {
				b.atoms = append(b.atoms, n)
			}
		}
	}
	return true
}

// alternatives of a node, those that values of the kind may keep.
func (s *solver) alternatives(n *node, kind kinds) []*node {
	var list []*node
	add := func(n *node) {
		if n.accepts()&kind != 0 {
			list = append(list, n)
		}
	}
	switch n.op {
	case opAny:
		for _, kid := range n.kids {
			add(kid)
		}
	case opIf:
		condition, then, otherwise := n.kids[0], n.kids[1], n.kids[2]
		add(all(condition, then))
		add(all(not(condition), otherwise))
	case opOne:
		for i, kid := range n.kids {
			if kid.accepts()&kind != 0 {
				add(all(append(negations(n.kids, i, kind), kid)...))
			}
		}
	case opNotOne:
		add(all(negations(n.kids, -1, kind)...))
		for i, kid := range n.kids {
			if kid.accepts()&kind == 0 {
				continue
			}
			for _, other := range n.kids[:i] {
				if other.accepts()&kind != 0 {
					add(all(other, kid))
				}
			}
		}
	}
	s.steps += len(list)
	slices.SortStableFunc(list, func(a, b *node) int { return weight(a) - weight(b) })
	return list
}

// weight puts alternatives that make a value large behind others.
func weight(n *node) int {
	switch n.op {
	case opMinLength, opMinItems, opMinProperties, opAtLeast:
		return min(n.n/8, 1<<20)
	case opAll:
		most := 0
		for _, kid := range n.kids {
			most = max(most, weight(kid))
		}
		return most
	}
	return 0
}

// negations are the negations of all nodes but one that values of the kind may keep.
func negations(nodes []*node, but int, kind kinds) []*node {
	var list []*node
	for i, n := range nodes {
		if i != but && n.accepts()&kind != 0 {
			list = append(list, not(n))
		}
	}
	return list
}

// reduce drops alternatives that the branch refutes and choices that it already makes;
// what is the last of its choice is to be asserted.
func (s *solver) reduce(b *branch) (todo []*node, dead bool) {
	var left [][]*node
	for _, choice := range b.choices {
		var open []*node
		made := false
		for _, alternative := range choice {
			switch s.look(b, alternative, 4) {
			case yes:
				made = true
			case perhaps:
				open = append(open, alternative)
			}
			if made {
				break
			}
		}
		switch {
		case made:
		case len(open) == 0:
			return nil, true
		case len(open) == 1:
			todo = append(todo, open[0])
		default:
			left = append(left, open)
		}
	}
	b.choices = left
	return todo, false
}

// leaf solves a branch without alternatives.
func (s *solver) leaf(b branch) result {
	var why []string
	for _, n := range b.atoms {
		if n.op == opOpaque || n.op == opFormat || n.op == opNotFormat {
			why = append(why, reason(n))
		}
	}
	var r result
	switch {
	case s.draw != nil:
		r = s.draw.leaf(b)
	case b.kind == kindNumber:
		r = s.number(b.atoms)
	case b.kind == kindString:
		r = s.text(b.atoms)
	case b.kind == kindArray:
		r = s.array(b.atoms)
	default:
		r = s.object(b.atoms)
	}
	if len(why) > 0 && r.answer != empty {
		return result{answer: unknown, why: why}
	}
	return r
}

// reason why a node cannot be decided.
func reason(n *node) string {
	switch n.op {
	case opOpaque:
		return n.text
	case opFormat, opNotFormat:
		return "format " + n.text
	}
	for _, kid := range n.kids {
		if why := reason(kid); why != "" {
			return why
		}
	}
	return ""
}

// listed gives the value of an enumeration among atoms that keeps them all.
func (s *solver) listed(atoms []*node) (result, bool) {
	for _, n := range atoms {
		if n.op != opIn {
			continue
		}
		if !s.spend(len(n.values)) {
			return undecided(outOfBudget), true
		}
		open := none
		for _, candidate := range n.values {
			v := candidate.value()
			held := yes
			for _, other := range atoms {
				if other.op != opFormat && other.op != opNotFormat && other.op != opOpaque {
					held = min(held, eval(other, v))
				}
			}
			switch held {
			case yes:
				return give(v), true
			case perhaps:
				open = open.or(undecided("a pattern"))
			}
		}
		return open, true
	}
	return none, false
}
