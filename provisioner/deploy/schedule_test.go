package deploy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Against an oracle: whatever the graph, whatever fails, everything that needs nothing
// which failed is done once, after all it needs, and everything else is blocked once.
func TestScheduleProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 12).Draw(t, "nodes")
		limit := rapid.IntRange(1, 4).Draw(t, "limit")
		nodes := make([]*node, count)
		bad := make([]bool, count)
		var mu sync.Mutex
		var done, blocked []int
		running, most := 0, 0
		for n := range nodes {
			bad[n] = rapid.IntRange(0, 4).Draw(t, "bad") == 0
			nodes[n] = &node{
				id: fmt.Sprint(n),
				do: func(context.Context) bool {
					mu.Lock()
					running++
					most = max(most, running)
					done = append(done, n)
					running--
					mu.Unlock()
					return !bad[n]
				},
				block: func(string) { mu.Lock(); blocked = append(blocked, n); mu.Unlock() },
			}
			for earlier := range n {
				if rapid.IntRange(0, 3).Draw(t, "edge") == 0 {
					nodes[n].needs = append(nodes[n].needs, nodes[earlier])
				}
			}
		}
		(&scheduler{slots: limit}).run(t.Context(), nodes)
		require.LessOrEqual(t, most, limit)
		stopped := make([]bool, count) // by something that it needs
		for n, node := range nodes {
			for _, need := range node.needs {
				stopped[n] = stopped[n] || bad[need.order] || stopped[need.order]
			}
			require.Equal(t, !stopped[n], slices.Contains(done, n))
			require.Equal(t, stopped[n], slices.Contains(blocked, n))
			for _, need := range node.needs {
				if !stopped[n] {
					require.Less(t, slices.Index(done, need.order), slices.Index(done, n))
				}
			}
		}
		require.Len(t, append(done, blocked...), count, "each once")
	})
}

func TestScheduleCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	var blocked []string
	first := &node{id: "first", do: func(context.Context) bool { cancel(); return true }}
	block := func(id string) func(string) { return func(why string) { blocked = append(blocked, id+": "+why) } }
	second := &node{id: "second", needs: []*node{first}, block: block("second")}
	third := &node{id: "third", needs: []*node{second}, block: block("third")}
	(&scheduler{slots: 2}).run(ctx, []*node{first, second, third})
	require.Equal(t, []string{"second: the run was canceled", "third: the run was canceled"}, blocked)
}
