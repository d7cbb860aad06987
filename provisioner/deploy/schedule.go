package deploy

import (
	"container/heap"
	"context"
)

// node is something to do once everything that it needs has gone well.
type node struct {
	id    string
	needs []*node
	do    func(ctx context.Context) bool // false: those who need it are blocked
	block func(by string)                // called instead of do; by is empty after a cancel

	order   int
	waiting int
	users   []*node
	blocked bool
}

// schedule does every node, at most limit at a time: each starts the moment the last of
// what it needs is done, among those that are ready in the order of nodes. A node that
// fails stops only those who need it. After a cancel nothing is started any more, and what
// runs is waited for. The nodes must be free of cycles.
func schedule(ctx context.Context, nodes []*node, limit int) {
	ready := &queue{}
	for order, n := range nodes {
		n.order, n.waiting = order, len(n.needs)
		for _, need := range n.needs {
			need.users = append(need.users, n)
		}
	}
	for _, n := range nodes {
		if n.waiting == 0 {
			heap.Push(ready, n)
		}
	}
	type outcome struct {
		node *node
		good bool
	}
	done, running := make(chan outcome), 0
	for running > 0 || ready.Len() > 0 {
		for running < limit && ready.Len() > 0 && ctx.Err() == nil {
			next := heap.Pop(ready).(*node)
			running++
			go func() { done <- outcome{next, next.do(ctx)} }()
		}
		if running == 0 {
			break // canceled
		}
		ended := <-done
		running--
		if !ended.good {
			ended.node.stop(ended.node.id)
			continue
		}
		for _, user := range ended.node.users {
			if user.waiting--; user.waiting == 0 && !user.blocked {
				heap.Push(ready, user)
			}
		}
	}
	for ready.Len() > 0 {
		n := heap.Pop(ready).(*node)
		n.blocked = true
		n.block("")
		n.stop("")
	}
}

// stop blocks all who need n, directly or not.
func (n *node) stop(by string) {
	for open := []*node{n}; len(open) > 0; open = open[1:] {
		for _, user := range open[0].users {
			if !user.blocked {
				user.blocked = true
				user.block(by)
				open = append(open, user)
			}
		}
	}
}

// queue is a heap of nodes by order.
type queue []*node

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].order < q[j].order }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.(*node)) }
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
