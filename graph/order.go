package graph

import (
	"container/heap"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	dgraph "github.com/dominikbraun/graph"

	"github.com/tenon-sdk/tenon"
)

// CycleError names a cycle of instances, which nothing can deploy.
type CycleError struct {
	Cycle []string // addresses, each made from the next; the first is repeated at the end
}

// Error names the cycle.
func (e *CycleError) Error() string {
	return "these wait for each other: " + strings.Join(e.Cycle, " -> ")
}

// cycleProblems are problems of which one is a cycle.
type cycleProblems struct {
	tenon.Problems
	cycle *CycleError
}

// Unwrap lets errors.As find both.
func (e *cycleProblems) Unwrap() []error { return []error{e.Problems, e.cycle} }

// order puts producers before consumers; ties go by address.
func (r *resolver) order() {
	vertices := dgraph.New(dgraph.StringHash, dgraph.Directed())
	addresses := slices.Sorted(maps.Keys(r.env.byAddress))
	for _, address := range addresses {
		_ = vertices.AddVertex(address) // each address once
	}
	for _, address := range addresses {
		i := r.env.byAddress[address]
		slices.Sort(i.producers)
		i.producers = slices.Compact(i.producers)
		for _, producer := range i.producers {
			if err := vertices.AddEdge(producer, address); err != nil && !errors.Is(err, dgraph.ErrEdgeAlreadyExists) {
				r.add(i.node.Problem("bad-edge", err.Error(), ""))
			}
			from := r.env.byAddress[producer]
			from.consumers = append(from.consumers, address)
		}
	}
	ordered, cycle := sorted(vertices)
	if cycle != nil {
		r.cycle = &CycleError{Cycle: cycle}
		for n := range len(cycle) - 1 {
			consumer := r.env.byAddress[cycle[n]]
			for _, slot := range consumer.slots {
				if strings.HasPrefix(slot.From, cycle[n+1]+".") {
					r.add(tenon.Problem{Rule: "cycle", File: slot.File, Line: slot.Line, Column: slot.Column, Message: fmt.Sprintf("%s takes %s, and so they wait for each other: %s", consumer.component, slot.From, strings.Join(cycle, " -> "))})
				}
			}
		}
		ordered = addresses // to show something
	}
	for _, address := range ordered {
		r.env.instances = append(r.env.instances, r.env.byAddress[address])
	}
}

// sorted is an order in which every edge leads forward, the least name first wherever
// there is a choice; or a cycle, each followed by what it waits for. One adjacency map and
// a heap: the library's own sorts are quadratic.
func sorted(g dgraph.Graph[string, string]) (order, cycle []string) {
	after, err := g.AdjacencyMap()
	if err != nil {
		return nil, nil
	}
	waiting := make(map[string]int, len(after))
	for _, targets := range after {
		for target := range targets {
			waiting[target]++
		}
	}
	ready := &names{}
	for name := range after {
		if waiting[name] == 0 {
			*ready = append(*ready, name)
		}
	}
	heap.Init(ready)
	order = make([]string, 0, len(after))
	for ready.Len() > 0 {
		name := heap.Pop(ready).(string)
		order = append(order, name)
		for target := range after[name] {
			if waiting[target]--; waiting[target] == 0 {
				heap.Push(ready, target)
			}
		}
	}
	if len(order) == len(after) {
		return order, nil
	}
	return nil, findCycle(after, waiting)
}

// findCycle follows, from the least name that still waits, the least of what it waits for
// until one repeats.
func findCycle(after map[string]map[string]dgraph.Edge[string], waiting map[string]int) []string {
	before := map[string][]string{}
	for name, targets := range after {
		if waiting[name] == 0 {
			continue
		}
		for target := range targets {
			before[target] = append(before[target], name)
		}
	}
	var stuck []string
	for name, n := range waiting {
		if n > 0 {
			stuck = append(stuck, name)
		}
	}
	slices.Sort(stuck)
	var walk []string
	at := map[string]int{}
	for name := stuck[0]; ; {
		if start, seen := at[name]; seen {
			walk = append(walk[start:], name)
			return turned(walk)
		}
		at[name] = len(walk)
		walk = append(walk, name)
		name = slices.Min(before[name])
	}
}

// turned begins a cycle with its least name.
func turned(cycle []string) []string {
	ring := cycle[:len(cycle)-1]
	least := slices.Index(ring, slices.Min(ring))
	ring = slices.Concat(ring[least:], ring[:least])
	return append(ring, ring[0])
}

type names []string

func (n names) Len() int           { return len(n) }
func (n names) Less(i, j int) bool { return n[i] < n[j] }
func (n names) Swap(i, j int)      { n[i], n[j] = n[j], n[i] }
func (n *names) Push(x any)        { *n = append(*n, x.(string)) }
func (n *names) Pop() any {
	old := *n
	last := old[len(old)-1]
	*n = old[:len(old)-1]
	return last
}
