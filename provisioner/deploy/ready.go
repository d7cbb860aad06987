package deploy

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ready holds nodes that can start: a heap for each set of weights, because those of one
// set fit or do not fit together.
type ready struct {
	heaps []*queue
	by    map[string]*queue // by the weights
}

func (r *ready) push(n *node) {
	weights := n.weights()
	q, ok := r.by[weights]
	if !ok {
		if r.by == nil {
			r.by = map[string]*queue{}
		}
		q = &queue{}
		r.by[weights] = q
		r.heaps = append(r.heaps, q)
	}
	heap.Push(q, n)
}

// pop gives the first node that fits into what is free, nil where there is none. What a
// node before it waits for is not free for it: a heavy one would never start while light
// ones keep coming.
func (r *ready) pop(free map[string]int) *node {
	slices.SortFunc(r.heaps, func(a, b *queue) int {
		if len(*a) == 0 || len(*b) == 0 {
			return cmp.Compare(len(*b), len(*a)) // empty ones last
		}
		return before((*a)[0], (*b)[0])
	})
	var claimed map[string]bool
heaps:
	for _, q := range r.heaps {
		if len(*q) == 0 {
			return nil
		}
		n := (*q)[0]
		short := false
		for name, weight := range n.weight {
			if claimed[name] {
				continue heaps
			}
			short = short || weight > free[name]
		}
		if !short {
			return heap.Pop(q).(*node)
		}
		if claimed == nil {
			claimed = map[string]bool{}
		}
		for name := range n.weight {
			claimed[name] = true
		}
	}
	return nil
}

// rest gives all that is left, in the order of the nodes.
func (r *ready) rest() (list []*node) {
	for _, q := range r.heaps {
		list = append(list, *q...)
	}
	slices.SortFunc(list, func(a, b *node) int { return cmp.Compare(a.order, b.order) })
	return list
}

// weights is a text that those of the same weights share.
func (n *node) weights() string {
	if len(n.weight) == 0 {
		return ""
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(n.weight)) {
		fmt.Fprintf(&text, "%q=%d ", name, n.weight[name])
	}
	return text.String()
}

// clamp leaves of the weights what is limited. What is heavier than the whole limit runs
// alone.
func (n *node) clamp(limits map[string]int) {
	kept := map[string]int{}
	for name, weight := range n.weight {
		if limit, ok := limits[name]; ok && weight > 0 {
			kept[name] = min(weight, limit)
		}
	}
	n.weight = kept
}

// take moves the weights of a node out of what is free, or back with -1.
func (n *node) take(free map[string]int, times int) {
	for name, weight := range n.weight {
		free[name] -= times * weight
	}
}

// before compares nodes: the longest way behind it first, else the order of the list.
func before(a, b *node) int {
	return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(a.order, b.order))
}

// queue is a heap of nodes.
type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return before(q[i], q[j]) < 0 }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*node)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
