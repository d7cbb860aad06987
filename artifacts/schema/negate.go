package schema

// not is the negation of n, pushed one level down; the levels below follow when they are
// looked at, so that recursive schemas have one.
func not(n *node) *node {
	if known := n.negated.Load(); known != nil {
		return known
	}
	negated := negate(n)
	n.negated.Store(negated)
	negated.negated.CompareAndSwap(nil, n)
	return negated
}

func negate(n *node) *node {
	flip := func(o op) *node {
		flipped := &node{op: o, open: n.open, set: n.set, n: n.n, from: n.from, to: n.to, num: n.num, text: n.text,
			kids: n.kids, values: n.values, pattern: n.pattern, class: n.class, target: n.target}
		return seal(flipped)
	}
	nots := func(nodes []*node) []*node {
		flipped := make([]*node, len(nodes))
		for i, kid := range nodes {
			flipped[i] = not(kid)
		}
		return flipped
	}
	// An assertion about one kind holds for all others; its negation for none of them.
	strict := func(kind kinds, n *node) *node { return all(ofKinds(kind), n) }
	switch n.op {
	case opTrue:
		return never
	case opFalse:
		return always
	case opAll:
		return anyOf(nots(n.kids)...)
	case opAny:
		return all(nots(n.kids)...)
	case opOne:
		return flip(opNotOne)
	case opNotOne:
		return flip(opOne)
	case opIf:
		return seal(&node{op: opIf, kids: []*node{n.kids[0], not(n.kids[1]), not(n.kids[2])}})
	case opRef:
		return flip(opNotRef)
	case opNotRef:
		return flip(opRef)
	case opKinds:
		return ofKinds(kindsAll &^ n.set)
	case opIn: // this one is strict: a value of another kind is none of the values
		return flip(opNotIn)
	case opNotIn:
		return flip(opIn)
	case opOpaque:
		return seal(&node{op: opOpaque, set: n.set, text: n.text, target: n.target, open: !n.open})
	case opHint: // a hint asserts nothing
		return never
	}
	kind := n.op.about()
	switch n.op {
	case opMin:
		negated := flip(opMax)
		return strict(kind, reopen(negated))
	case opMax:
		return strict(kind, reopen(flip(opMin)))
	case opMultiple:
		return strict(kind, flip(opNotMultiple))
	case opNotMultiple:
		return strict(kind, flip(opMultiple))
	case opMinLength, opMinItems, opMinProperties, opAtLeast:
		if n.n <= 0 {
			return never
		}
		return strict(kind, seal(&node{op: n.op + 1, n: n.n - 1, kids: n.kids}))
	case opMaxLength, opMaxItems, opMaxProperties, opAtMost:
		return strict(kind, seal(&node{op: n.op - 1, n: n.n + 1, kids: n.kids}))
	case opPattern, opFormat, opUnique:
		return strict(kind, flip(n.op+1))
	case opNotPattern, opNotFormat, opNotUnique:
		return strict(kind, flip(n.op-1))
	case opEach:
		return strict(kind, seal(&node{op: opSome, from: n.from, to: n.to, kids: nots(n.kids)}))
	case opSome:
		return strict(kind, each(n.from, n.to, not(n.kids[0])))
	case opHas:
		return strict(kind, every(named(n.text), not(n.kids[0])))
	case opEvery:
		if n.class.shape == oneName {
			return strict(kind, has(n.class.name, not(n.kids[0])))
		}
		return strict(kind, seal(&node{op: opSomeKey, class: n.class, kids: nots(n.kids)}))
	case opSomeKey:
		return strict(kind, every(n.class, not(n.kids[0])))
	case opNames:
		return strict(kind, seal(&node{op: opSomeName, kids: nots(n.kids)}))
	case opSomeName:
		return strict(kind, seal(&node{op: opNames, kids: nots(n.kids)}))
	}
	panic("schema: an assertion without a negation")
}

// reopen gives a bound that is open where n is closed.
func reopen(n *node) *node {
	return seal(&node{op: n.op, num: n.num, open: !n.open})
}

// accepts are the kinds of value that n may accept, at least those that it does.
func (n *node) accepts() kinds {
	if known := n.maybe.Load(); known != 0 {
		return kinds(known - 1)
	}
	set := kindsAll
	switch n.op {
	case opFalse:
		set = 0
	case opAll:
		for _, kid := range n.kids {
			set &= kid.accepts()
		}
	case opAny, opOne:
		set = 0
		for _, kid := range n.kids {
			set |= kid.accepts()
		}
	case opIf:
		set = n.kids[0].accepts()&n.kids[1].accepts() | not(n.kids[0]).accepts()&n.kids[2].accepts()
	case opKinds:
		set = n.set
	case opIn:
		set = n.set
	case opOpaque:
		if n.open {
			set = n.set
		}
	}
	n.maybe.Store(uint32(set) + 1)
	return set
}
