package deploy

import (
	"context"
	"time"
)

// node is something to do once everything that it needs has gone well.
type node struct {
	id    string
	needs []*node
	do    func(ctx context.Context) bool // false: those who need it are blocked
	block func(why string)               // called instead of do

	length time.Duration  // about how long do takes
	weight map[string]int // what do takes of the limits

	order   int
	rank    time.Duration // from its start to the end of the longest way behind it
	waiting int
	users   []*node
	blocked bool
}

// scheduler does nodes.
type scheduler struct {
	slots    int            // nodes at a time
	limits   map[string]int // sums of weights at a time; what is not named is not limited
	failFast bool           // after the first failure nothing more is started
	drain    <-chan struct{}
}

// What is said of those who are never begun, beside that something they need failed.
const (
	becauseCanceled = "the run was canceled"
	becauseDrained  = "the run was told to start nothing more"
)

// run does every node: each starts the moment the last of what it needs is done, among
// those that are ready the one with the longest way behind it first. A node that fails
// stops those who need it, and with failFast all that have not begun. After a cancel or a
// drain nothing is started any more, and what runs is waited for. The nodes must be free of
// cycles; it sets their order, which is theirs in the list.
func (s *scheduler) run(ctx context.Context, nodes []*node) {
	ready, free := &ready{}, make(map[string]int, len(s.limits))
	for name, limit := range s.limits {
		free[name] = limit
	}
	link(nodes)
	for _, n := range nodes {
		n.clamp(s.limits)
		if n.waiting == 0 {
			ready.push(n)
		}
	}
	type outcome struct {
		node *node
		good bool
	}
	done, running, stopped := make(chan outcome), 0, ""
	for {
		if stopped == "" {
			stopped = s.stopped(ctx)
		}
		for running < s.slots && stopped == "" {
			next := ready.pop(free)
			if next == nil {
				break
			}
			next.take(free, 1)
			running++
			go func() { done <- outcome{next, next.do(ctx)} }()
			stopped = s.stopped(ctx)
		}
		if running == 0 {
			break
		}
		ended := <-done
		running--
		ended.node.take(free, -1)
		if !ended.good {
			ended.node.stop(ended.node.id + " did not succeed")
			if s.failFast && stopped == "" {
				stopped = "the run stops at its first failure, of " + ended.node.id
			}
			continue
		}
		for _, user := range ended.node.users {
			if user.waiting--; user.waiting == 0 && !user.blocked {
				ready.push(user)
			}
		}
	}
	for _, n := range ready.rest() {
		n.blocked = true
		n.block(stopped)
		n.stop(stopped)
	}
}

// stopped says why nothing more is started; empty while something is.
func (s *scheduler) stopped(ctx context.Context) string {
	if ctx.Err() != nil {
		return becauseCanceled
	}
	select {
	case <-s.drain:
		return becauseDrained
	default:
		return ""
	}
}

// link tells nodes who needs them and how long the way behind them is.
func link(nodes []*node) {
	for order, n := range nodes {
		n.order, n.waiting = order, len(n.needs)
		for _, need := range n.needs {
			need.users = append(need.users, n)
		}
	}
	open, left := make([]*node, 0, len(nodes)), make([]int, len(nodes))
	for _, n := range nodes {
		if left[n.order] = len(n.users); left[n.order] == 0 {
			open = append(open, n)
		}
	}
	for len(open) > 0 { // from the ends backwards: the users of each have their rank
		n := open[len(open)-1]
		open = open[:len(open)-1]
		for _, user := range n.users {
			n.rank = max(n.rank, user.rank)
		}
		n.rank += n.length
		for _, need := range n.needs {
			if left[need.order]--; left[need.order] == 0 {
				open = append(open, need)
			}
		}
	}
}

// stop blocks all who need n, directly or not.
func (n *node) stop(why string) {
	for open := []*node{n}; len(open) > 0; open = open[1:] {
		for _, user := range open[0].users {
			if !user.blocked {
				user.blocked = true
				user.block(why)
				open = append(open, user)
			}
		}
	}
}
