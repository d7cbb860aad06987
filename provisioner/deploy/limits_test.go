package deploy

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever the weights: no limit is exceeded at any moment, and all is done.
func TestLimitsProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		limits := map[string]int{"memory": rapid.IntRange(1, 6).Draw(t, "memory"), "account": rapid.IntRange(1, 2).Draw(t, "account")}
		count := rapid.IntRange(1, 14).Draw(t, "nodes")
		var mu sync.Mutex
		used, done := map[string]int{}, 0
		nodes := make([]*node, count)
		for n := range nodes {
			weight := map[string]int{"memory": rapid.IntRange(0, 9).Draw(t, "weight"), "account": rapid.IntRange(0, 1).Draw(t, "of the account"), "unlimited": 1000}
			nodes[n] = &node{id: fmt.Sprint(n), weight: weight, do: func(context.Context) bool {
				add := func(times int) {
					mu.Lock()
					defer mu.Unlock()
					for name, limit := range limits {
						used[name] += times * min(weight[name], limit)
						require.LessOrEqual(t, used[name], limit, name)
					}
				}
				add(1)
				time.Sleep(time.Microsecond)
				add(-1)
				mu.Lock()
				done++
				mu.Unlock()
				return true
			}}
		}
		(&scheduler{slots: rapid.IntRange(1, 5).Draw(t, "slots"), limits: limits}).run(t.Context(), nodes)
		require.Equal(t, count, done)
	})
}

// A heavy node is next under its limit once it is first in line, while light ones keep
// coming; those that do not need that limit go on.
func TestLimitsAreFair(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		started := map[string]time.Duration{}
		begun := time.Now()
		makeNode := func(id string, length time.Duration, weight map[string]int, needs ...*node) *node {
			return &node{id: id, needs: needs, length: length, weight: weight, do: func(context.Context) bool {
				mu.Lock()
				started[id] = time.Since(begun)
				mu.Unlock()
				time.Sleep(length)
				return true
			}}
		}
		light, memory := map[string]int{"memory": 1}, map[string]int{"memory": 4}
		long := makeNode("long", 10*time.Second, light) // 1 of 4: the heavy one cannot start beside it
		heavy := makeNode("heavy", 5*time.Second, memory, makeNode("first", time.Second, nil))
		nodes := []*node{long, heavy.needs[0], heavy}
		for n := range 6 {
			nodes = append(nodes, makeNode(fmt.Sprint("light", n), time.Second, light, long.needs...))
		}
		nodes = append(nodes, makeNode("other", 3*time.Second, nil))
		(&scheduler{slots: 3, limits: map[string]int{"memory": 4}}).run(t.Context(), nodes)
		require.Equal(t, 10*time.Second, started["heavy"], "the moment its limit is free")
		for n := range 6 {
			at := started[fmt.Sprint("light", n)]
			require.True(t, at < time.Second || at >= 15*time.Second, "light%d started at %s, before the heavy one had its turn", n, at)
		}
		require.Less(t, started["other"], 10*time.Second)
	})
}

func TestFailFastSchedule(t *testing.T) {
	t.Parallel()
	blocked := map[string]string{}
	makeNode := func(id string, good bool, needs ...*node) *node {
		return &node{id: id, needs: needs, do: func(context.Context) bool { return good }, block: func(why string) { blocked[id] = why }}
	}
	bad := makeNode("bad", false)
	nodes := []*node{bad, makeNode("user", true, bad), makeNode("other", true)}
	nodes = append(nodes, makeNode("after", true, nodes[2]))
	bad.length = time.Hour // first
	(&scheduler{slots: 1, failFast: true}).run(t.Context(), nodes)
	require.Equal(t, map[string]string{
		"user": "bad did not succeed", "other": "the run stops at its first failure, of bad", "after": "the run stops at its first failure, of bad",
	}, blocked)
}
