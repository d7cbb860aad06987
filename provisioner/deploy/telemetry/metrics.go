package telemetry

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// metrics are the instruments.
type metrics struct {
	instances, retries                          metric.Int64Counter
	runDuration, instanceDuration, stepDuration metric.Float64Histogram
}

// bounds of the histograms, in seconds: a null step takes milliseconds, a database half an
// hour, a run over a region hours.
var bounds = []float64{0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200}

func newMetrics(meter metric.Meter) (*metrics, error) {
	var m metrics
	errs := make([]error, 5)
	m.instances, errs[0] = meter.Int64Counter("tenon.instances", metric.WithUnit("{instance}"),
		metric.WithDescription("Instances that runs have come to an end with."))
	m.retries, errs[1] = meter.Int64Counter("tenon.step.retries", metric.WithUnit("{retry}"),
		metric.WithDescription("Steps that were tried again after an error that passes."))
	seconds := func(name, description string) (metric.Float64Histogram, error) {
		return meter.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), metric.WithExplicitBucketBoundaries(bounds...))
	}
	m.runDuration, errs[2] = seconds("tenon.run.duration", "How long runs took.")
	m.instanceDuration, errs[3] = seconds("tenon.instance.duration", "How long it took to apply or destroy an instance.")
	m.stepDuration, errs[4] = seconds("tenon.step.duration", "How long steps took, with what was tried again.")
	return &m, errors.Join(errs...)
}

func count(ctx context.Context, counter metric.Int64Counter, attributes ...attribute.KeyValue) {
	counter.Add(ctx, 1, metric.WithAttributes(attributes...))
}

func measure(ctx context.Context, histogram metric.Float64Histogram, seconds float64, attributes ...attribute.KeyValue) {
	histogram.Record(ctx, max(seconds, 0), metric.WithAttributes(attributes...))
}
