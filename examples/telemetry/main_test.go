package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// told deploys the estate and gives its spans and metrics as the SDK has them.
func told(ctx context.Context, t *testing.T, driver provisioner.Driver) (tracetest.SpanStubs, metricdata.ResourceMetrics, error) {
	t.Helper()
	spans, figures := tracetest.NewInMemoryExporter(), sdkmetric.NewManualReader()
	tracers := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	meters := sdkmetric.NewMeterProvider(sdkmetric.WithReader(figures))
	err := apply(ctx, t.TempDir(), driver, tracers, meters)
	var metrics metricdata.ResourceMetrics
	require.NoError(t, figures.Collect(t.Context(), &metrics))
	return spans.GetSpans(), metrics, err
}

// tree draws spans, children in order of their names.
func tree(spans tracetest.SpanStubs) string {
	var b strings.Builder
	var draw func(parent trace.SpanID, indent string)
	draw = func(parent trace.SpanID, indent string) {
		var below tracetest.SpanStubs
		for _, s := range spans {
			if s.Parent.SpanID() == parent {
				below = append(below, s)
			}
		}
		slices.SortFunc(below, func(a, b tracetest.SpanStub) int { return strings.Compare(a.Name, b.Name) })
		for _, s := range below {
			fmt.Fprintf(&b, "%s%s: %s, %s, %d events\n", indent, s.Name, value(s.Attributes, "tenon.outcome"), s.Status.Code, len(s.Events))
			draw(s.SpanContext.SpanID(), indent+"  ")
		}
	}
	draw(trace.SpanID{}, "")
	return b.String()
}

func value(attributes []attribute.KeyValue, key attribute.Key) string {
	for _, a := range attributes {
		if a.Key == key {
			return a.Value.String()
		}
	}
	return ""
}

func TestSpans(t *testing.T) {
	t.Parallel()
	spans, metrics, err := told(t.Context(), t, memory.New(nil))
	require.NoError(t, err)
	require.Equal(t, `run deploy: succeeded, Unset, 0 events
  instance shop/dev.database: done, Unset, 0 events
    step schema: done, Unset, 2 events
    step server: done, Unset, 2 events
  instance shop/dev.network: done, Unset, 0 events
    step main: done, Unset, 2 events
`, tree(spans))
	for _, s := range spans {
		require.Equal(t, spans[0].SpanContext.TraceID(), s.SpanContext.TraceID())
		require.NotContains(t, fmt.Sprint(s), "made-up")
	}
	require.Len(t, metrics.ScopeMetrics, 1)
	counts := map[string]int64{}
	for _, m := range metrics.ScopeMetrics[0].Metrics {
		switch data := m.Data.(type) {
		case metricdata.Sum[int64]:
			for _, point := range data.DataPoints {
				counts[m.Name+" "+m.Unit] += point.Value
			}
		case metricdata.Histogram[float64]:
			for _, point := range data.DataPoints {
				counts[m.Name+" "+m.Unit] += int64(point.Count)
			}
		}
	}
	require.Equal(t, map[string]int64{
		"tenon.instances {instance}": 2, "tenon.run.duration s": 1, "tenon.instance.duration s": 2, "tenon.step.duration s": 3,
	}, counts)
}

func TestSpansOfAFailure(t *testing.T) {
	t.Parallel()
	spans, _, err := told(t.Context(), t, memory.New(&memory.Options{Fail: func(memory.Operation, *provisioner.Request) error { return errors.New("no") }}))
	require.Error(t, err)
	require.Equal(t, `run deploy: failed, Error, 0 events
  instance shop/dev.database: blocked, Unset, 0 events
  instance shop/dev.network: failed, Error, 0 events
    step main: failed, Error, 2 events
`, tree(spans))
}

// After a cancel every span that was begun has been exported, so every one has ended.
func TestSpansOfACancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	spans, _, err := told(ctx, t, memory.New(&memory.Options{Fail: func(memory.Operation, *provisioner.Request) error {
		cancel()
		return ctx.Err()
	}}))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, `run deploy: canceled, Error, 0 events
  instance shop/dev.database: blocked, Unset, 0 events
  instance shop/dev.network: failed, Error, 0 events
    step main: failed, Error, 2 events
`, tree(spans))
	require.Equal(t, codes.Error, spans[len(spans)-1].Status.Code)
}

func TestRun(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out))
	for _, name := range []string{"run deploy", "instance shop/dev.database", "step schema", "tenon.step.duration"} {
		require.Contains(t, out.String(), `"Name": "`+name+`"`)
	}
}
