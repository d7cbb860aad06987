package plugin_test

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

// A small call, in this process and in a plugin.
func BenchmarkCall(b *testing.B) {
	for name, driver := range map[string]provisioner.Driver{"in process": memory.New(nil), "plugin": open(b, "whole", nil)} {
		b.Run(name, func(b *testing.B) {
			req := request(b, map[string]any{"size": 2})
			b.ReportAllocs()
			for b.Loop() {
				_, err := driver.Plan(b.Context(), req, provisioner.Discard)
				require.NoError(b, err)
			}
		})
	}
}

// From nothing to a driver that can be called, and its end.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		driver, err := tryOpen(b, "whole", func(o *plugin.Options) { o.Env["GOMAXPROCS"] = "2" })
		require.NoError(b, err)
		b.StopTimer()
		require.NoError(b, driver.Close())
		b.StartTimer()
	}
}

// Outputs of 100 MB in one answer.
func BenchmarkLargeOutputs(b *testing.B) {
	driver := open(b, "whole", nil)
	const size = 50 << 20 // as an output, and once more as a saved plan
	req := request(b, map[string]any{"crime": "large", "bytes": size})
	b.SetBytes(2 * size)
	for b.Loop() {
		plan, err := driver.Plan(b.Context(), req, provisioner.Discard)
		require.NoError(b, err)
		require.Len(b, plan.Saved, size)
	}
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.HeapSys)/(1<<20), "heap-MiB")
}

// Events, as fast as they are taken.
func BenchmarkEvents(b *testing.B) {
	driver := open(b, "whole", func(o *plugin.Options) { o.EventRate = 1 << 30 })
	for b.Loop() {
		events := 0
		_, err := driver.Apply(b.Context(), crime(b, "flood"), provisioner.SinkFunc(func(provisioner.Event) { events++ }))
		require.NoError(b, err)
		require.Equal(b, 100_000, events, fmt.Sprint(events))
	}
}
