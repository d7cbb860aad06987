package deploy_test

import (
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// layers is an environment of n instances, ten to a layer, each taking a thing from the
// layer before.
func layers(b *testing.B, n int) *graph.Environment {
	b.Helper()
	files := fstest.MapFS{}
	for name, text := range wares {
		files[name] = &fstest.MapFile{Data: []byte(text)}
	}
	components, links := "", ""
	for i := range n {
		bundle := "taker"
		if i < 10 {
			bundle = "maker, params: {size: 1}"
		} else {
			links += fmt.Sprintf("  - c%d.thing -> c%d.thing\n", i-10, i)
		}
		components += fmt.Sprintf("  c%d: {bundle: %s}\n", i, bundle)
	}
	files["project.yaml"] = &fstest.MapFile{Data: []byte("project: shop\ncomponents:\n" + components + "links:\n" + links)}
	estate, err := graph.Load(files, &graph.LoadOptions{NoStandard: true})
	require.NoError(b, err)
	env, err := graph.Resolve(estate, "shop/dev", nil)
	require.NoError(b, err)
	return env
}

// What the engine and its store cost beside the drivers: steps take 1 ms, ten at a time.
// The greedy bound is n/10 ms.
func BenchmarkDeploy(b *testing.B) {
	for _, n := range []int{20, 100} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				s := newShop(b, nil)
				env := layers(b, n)
				engine := deploy.New(s.store, provisioner.Drivers{"memory": memory.New(&memory.Options{Delay: time.Millisecond})}, &deploy.Options{Concurrency: 10})
				b.StartTimer()
				run, err := engine.Deploy(b.Context(), env)
				require.NoError(b, err)
				require.Len(b, run.Applied, n)
			}
		})
	}
}

func BenchmarkNothingChanged(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := newShop(b, nil)
			env := layers(b, n)
			_, err := s.engine.Deploy(b.Context(), env)
			require.NoError(b, err)
			b.ReportAllocs()
			for b.Loop() {
				run, err := s.engine.Deploy(b.Context(), env)
				require.NoError(b, err)
				require.Empty(b, run.Applied)
			}
		})
	}
}
