package deploy

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// shapes of graphs: what each of n nodes needs, by their place.
var shapes = map[string]func(n int) [][]int{
	"chain": func(n int) [][]int {
		needs := make([][]int, n)
		for i := 1; i < n; i++ {
			needs[i] = []int{i - 1}
		}
		return needs
	},
	"star": func(n int) [][]int {
		needs := make([][]int, n)
		for i := 1; i < n; i++ {
			needs[i] = []int{0}
		}
		return needs
	},
	"layers": func(n int) [][]int {
		needs, width := make([][]int, n), max(n/10, 1)
		for i := width; i < n; i++ {
			above := (i/width - 1) * width
			needs[i] = []int{above + i%width, above + (i+1)%width}
		}
		return needs
	},
	"power-law": func(n int) [][]int { // whoever is needed by many is needed by more
		needs, random := make([][]int, n), rand.New(rand.NewPCG(1, 2))
		ends := []int{0}
		for i := 1; i < n; i++ {
			need := ends[random.IntN(len(ends))]
			needs[i] = []int{need}
			ends = append(ends, need, i)
		}
		return needs
	},
}

// How near the scheduler comes to what greedy scheduling of steps of 1 ms can reach at
// best, ten at a time: the metric of-bound is 1 where it adds nothing. A timer of 1 ms
// takes a little longer than that; the bound counts with what it takes on this machine.
func BenchmarkSchedule(b *testing.B) {
	const slots = 10
	for _, shape := range []string{"chain", "star", "layers", "power-law"} {
		for _, n := range []int{10, 100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) {
				needs := shapes[shape](n)
				bound := float64(rounds(needs, slots)) * float64(tick())
				b.ReportAllocs()
				took, runs := time.Duration(0), 0
				for b.Loop() {
					nodes := make([]*node, n)
					for i := range nodes {
						nodes[i] = &node{length: time.Millisecond, do: func(context.Context) bool { time.Sleep(time.Millisecond); return true }}
						for _, need := range needs[i] {
							nodes[i].needs = append(nodes[i].needs, nodes[need])
						}
					}
					began := time.Now()
					(&scheduler{slots: slots}).run(b.Context(), nodes)
					took += time.Since(began)
					runs++
				}
				b.ReportMetric(bound*float64(runs)/float64(took), "of-bound")
			})
		}
	}
}

// rounds is how many steps one after the other greedy scheduling takes where all take as
// long, the longest way first.
func rounds(needs [][]int, slots int) (count int) {
	users, way, waiting := make([][]int, len(needs)), make([]int, len(needs)), make([]int, len(needs))
	deepest := 0
	for n := len(needs) - 1; n >= 0; n-- {
		for _, need := range needs[n] {
			way[need] = max(way[need], way[n]+1)
			users[need] = append(users[need], n)
		}
		waiting[n], deepest = len(needs[n]), max(deepest, way[n])
	}
	ready := make([][]int, deepest+1) // by the way behind them
	for n := range needs {
		if waiting[n] == 0 {
			ready[way[n]] = append(ready[way[n]], n)
		}
	}
	for left := len(needs); left > 0; count++ {
		var now []int
		for w := deepest; w >= 0 && len(now) < slots; w-- {
			some := min(slots-len(now), len(ready[w]))
			now, ready[w] = append(now, ready[w][:some]...), ready[w][some:]
		}
		for _, n := range now {
			for _, user := range users[n] {
				if waiting[user]--; waiting[user] == 0 {
					ready[way[user]] = append(ready[way[user]], user)
				}
			}
		}
		left -= len(now)
	}
	return count
}

// tick is how long a sleep of 1 ms takes.
func tick() time.Duration {
	const times = 200
	began := time.Now()
	for range times {
		time.Sleep(time.Millisecond)
	}
	return time.Since(began) / times
}
