package schema

// look says at a glance whether the branch makes an alternative true or false: cheap, and
// perhaps where it is not plain.
func (s *solver) look(b *branch, n *node, depth int) truth {
	if n.accepts()&b.kind == 0 {
		return no
	}
	if n.op == opTrue || b.holds(n.key) {
		return yes
	}
	if negated := n.negated.Load(); negated != nil && b.holds(negated.key) {
		return no
	}
	if about := n.op.about(); about != 0 && about != b.kind {
		return yes
	}
	s.steps++
	switch n.op {
	case opKinds:
		return yes // it accepts the kind
	case opNotIn:
		if n.set != b.kind {
			return yes
		}
	case opAll:
		result := yes
		for _, kid := range n.kids {
			if depth > 0 {
				result = min(result, s.look(b, kid, depth-1))
			} else {
				result = min(result, perhaps)
			}
			if result == no {
				break
			}
		}
		return result
	case opAny:
		result := no
		for _, kid := range n.kids {
			if depth > 0 {
				result = max(result, s.look(b, kid, depth-1))
			} else {
				result = perhaps
			}
			if result == yes {
				break
			}
		}
		return result
	case opHas:
		return s.lookHas(b, n.text, n.kids[0])
	case opEvery:
		if n.class.shape == oneName {
			return s.lookEvery(b, n.class.name, n.kids[0])
		}
	}
	return perhaps
}

// known is what the branch says about the value of a key.
func (b *branch) known(key string) (required bool, nodes []*node) {
	for _, atom := range b.atoms {
		switch {
		case atom.op == opHas && atom.text == key:
			required = true
			nodes = append(nodes, atom.kids[0])
		case atom.op == opEvery && atom.class.has(key):
			nodes = append(nodes, atom.kids[0])
		}
	}
	return required, nodes
}

func (s *solver) lookHas(b *branch, key string, kid *node) truth {
	required, nodes := b.known(key)
	t := s.lookValue(nodes, kid)
	if t == yes && !required {
		return perhaps
	}
	return t
}

func (s *solver) lookEvery(b *branch, key string, kid *node) truth {
	required, nodes := b.known(key)
	for _, n := range nodes {
		if n.op == opFalse {
			return yes // the key is not there
		}
	}
	t := s.lookValue(nodes, kid)
	if t == no && !required {
		return perhaps
	}
	return t
}

// lookValue says whether all values that keep the nodes keep n (yes), or none does (no).
func (s *solver) lookValue(nodes []*node, n *node) truth {
	if n.op == opTrue {
		return yes
	}
	set := kindsAll
	for _, m := range nodes {
		set &= m.accepts()
		if m.key == n.key {
			return yes
		}
		if negated := m.negated.Load(); negated != nil && negated.key == n.key {
			return no
		}
	}
	if set&n.accepts() == 0 {
		return no
	}
	if n.op == opKinds && set&^n.set == 0 {
		return yes
	}
	values, finite := finiteValues(nodes, set)
	if !finite {
		return perhaps
	}
	s.steps += len(values)
	some, every := false, true
	for _, v := range values {
		switch eval(n, v) {
		case yes:
			some = true
		case no:
			every = false
		case perhaps:
			return perhaps
		}
	}
	switch {
	case every:
		return yes
	case !some:
		return no
	}
	return perhaps
}

// finiteValues gives the values that keep the nodes, where one of them lists its values.
func finiteValues(nodes []*node, set kinds) ([]any, bool) {
	var list *node
	for _, n := range nodes {
		if n.op == opIn && (list == nil || len(n.values) < len(list.values)) {
			list = n
		}
		if n.op == opAll {
			for _, kid := range n.kids {
				if kid.op == opIn && (list == nil || len(kid.values) < len(list.values)) {
					list = kid
				}
			}
		}
	}
	var candidates []any
	switch {
	case list != nil:
		for _, v := range list.values {
			candidates = append(candidates, v.value())
		}
	case set&^(kindNull|kindBoolean) == 0:
		for kind, v := range map[kinds]any{kindNull: nil, kindTrue: true, kindFalse: false} {
			if set&kind != 0 {
				candidates = append(candidates, v)
			}
		}
	default:
		return nil, false
	}
	var kept []any
	for _, v := range candidates {
		held := yes
		for _, n := range nodes {
			held = min(held, eval(n, v))
		}
		if held != no {
			kept = append(kept, v)
		}
	}
	return kept, true
}

// viable says that the keys which must be there can have a value, as far as the branch goes.
func (s *solver) viable(b branch) bool {
	for _, atom := range b.atoms {
		if atom.op != opHas {
			continue
		}
		_, nodes := b.known(atom.text)
		if s.plain().solve(nodes...).answer == empty {
			return false
		}
	}
	return true
}
