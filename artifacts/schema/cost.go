package schema

// maxChecks is how many assertions may look at one value, alternatives of alternatives
// multiplied out: what has more is not decided, and not given to the library.
const maxChecks = 100_000

// inPlace are the nodes that look at the same value as n.
func (n *node) inPlace() []*node {
	switch n.op {
	case opAll, opAny, opOne, opNotOne, opIf:
		return n.kids
	case opRef, opNotRef:
		return []*node{n.target.node}
	}
	return nil
}

// cost is how many assertions look at one value, at most; loops says that some value is
// looked at again and again without an end.
func cost(root *node) (most int, loops bool) {
	costs := map[*node]int{} // -1: on the way
	var visit func(*node) int
	visit = func(n *node) int {
		if known, ok := costs[n]; ok {
			loops = loops || known < 0
			return max(known, 0)
		}
		costs[n] = -1
		total := 1
		for _, kid := range n.inPlace() {
			total = min(total+visit(kid), maxChecks+1)
		}
		costs[n] = total
		most = max(most, total)
		return total
	}
	// What looks at values below is visited on its own, so that a schema may recur there.
	seen, waiting := map[*node]bool{root: true}, []*node{root}
	for len(waiting) > 0 {
		n := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		visit(n)
		next := n.kids
		if n.target != nil && n.target.node != nil {
			next = []*node{n.target.node}
		}
		for _, kid := range next {
			if !seen[kid] {
				seen[kid] = true
				waiting = append(waiting, kid)
			}
		}
	}
	return most, loops
}
