package deploy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// drawn is a graph of at most six nodes: small enough to try every order.
type drawn struct {
	needs [][]int
	took  []time.Duration
}

func draw(random *rand.Rand) drawn {
	d := drawn{needs: make([][]int, 1+random.IntN(6))}
	for n := range d.needs {
		d.took = append(d.took, time.Duration(1+random.IntN(9))*time.Second)
		for earlier := range n {
			if random.IntN(3) == 0 {
				d.needs[n] = append(d.needs[n], earlier)
			}
		}
	}
	return d
}

// list gives when nodes start where whoever is first in an order and can start does so, and
// when the last one ends. It is written as a reader of the rule would do it by hand.
func (d drawn) list(order []int, slots int) (starts []time.Duration, end time.Duration) {
	starts, ends := make([]time.Duration, len(order)), make([]time.Duration, len(order))
	begun := make([]bool, len(order))
	for now := time.Duration(0); ; {
		running := 0
		for n := range ends {
			if begun[n] && ends[n] > now {
				running++
			}
		}
		for _, n := range order {
			fits := !begun[n] && running < slots
			for _, need := range d.needs[n] {
				fits = fits && begun[need] && ends[need] <= now
			}
			if fits {
				begun[n], starts[n], ends[n] = true, now, now+d.took[n]
				running++
			}
		}
		next := time.Duration(0)
		for n := range ends {
			if begun[n] && ends[n] > now && (next == 0 || ends[n] < next) {
				next = ends[n]
			}
		}
		if next == 0 {
			return starts, now
		}
		now = next
	}
}

// best tries every order.
func (d drawn) best(slots int) time.Duration {
	order := make([]int, len(d.needs))
	for n := range order {
		order[n] = n
	}
	_, best := d.list(order, slots)
	var permute func(k int)
	permute = func(k int) {
		if k == len(order) {
			_, end := d.list(order, slots)
			best = min(best, end)
			return
		}
		for n := k; n < len(order); n++ {
			order[k], order[n] = order[n], order[k]
			permute(k + 1)
			order[k], order[n] = order[n], order[k]
		}
	}
	permute(0)
	return best
}

// way is the longest way from the start of a node to the end, over all ways.
func (d drawn) way(n int) time.Duration {
	longest := time.Duration(0)
	for user, needs := range d.needs {
		if slices.Contains(needs, n) {
			longest = max(longest, d.way(user))
		}
	}
	return d.took[n] + longest
}

// Against an oracle that tries every order: each node starts at the very moment that the
// rule says, and the whole takes no longer than (2 - 1/slots) of the best that there is,
// which Graham proved of every order that leaves no slot idle.
// Source: R. L. Graham, Bounds on Multiprocessing Timing Anomalies, SIAM J. Appl. Math. 17 (1969).
func TestScheduleOracle(t *testing.T) {
	t.Parallel()
	best, longer := 0, 0
	for seed := range uint64(400) {
		d := draw(rand.New(rand.NewPCG(seed, 5)))
		slots := 1 + int(seed%3)
		order := make([]int, len(d.needs))
		for n := range order {
			order[n] = n
		}
		slices.SortStableFunc(order, func(a, b int) int { return int(d.way(b) - d.way(a)) })
		want, end := d.list(order, slots)
		got := make([]time.Duration, len(order))
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			var mu sync.Mutex
			nodes := make([]*node, len(order))
			for n := range nodes {
				nodes[n] = &node{id: fmt.Sprint(n), length: d.took[n], do: func(context.Context) bool {
					mu.Lock()
					got[n] = time.Since(begun)
					mu.Unlock()
					time.Sleep(d.took[n])
					return true
				}}
				for _, need := range d.needs[n] {
					nodes[n].needs = append(nodes[n].needs, nodes[need])
				}
			}
			(&scheduler{slots: slots}).run(t.Context(), nodes)
			require.Equal(t, end, time.Since(begun), "seed %d", seed)
		})
		require.Equal(t, want, got, "seed %d", seed)
		least := d.best(slots)
		require.LessOrEqual(t, end*time.Duration(slots), least*time.Duration(2*slots-1), "seed %d", seed)
		if end == least {
			best++
		} else {
			longer++
		}
	}
	t.Logf("as good as the best order in %d of %d", best, best+longer)
	require.Greater(t, best, 9*longer)
}
