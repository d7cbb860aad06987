package telemetry_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	nometrics "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	notraces "go.opentelemetry.io/otel/trace/noop"
)

// recorder is providers that keep what they are told. The SDK's are used in
// examples/telemetry: the library's module does not need the SDK, not even for its tests.
type recorder struct {
	notraces.TracerProvider
	mu     sync.Mutex
	spans  []*recorded
	points []string // NAME attribute=value …
	values []float64
}

type recorded struct {
	notraces.Span
	r          *recorder
	parent     *recorded
	name       string
	start, end time.Time
	ends       int
	status     codes.Code
	text       string
	attributes map[string]string
	events     []string
}

func (r *recorder) Tracer(string, ...trace.TracerOption) trace.Tracer { return tracer{r: r} }

type tracer struct {
	notraces.Tracer
	r *recorder
}

func (t tracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	config := trace.NewSpanStartConfig(options...)
	s := &recorded{r: t.r, name: name, start: config.Timestamp(), attributes: map[string]string{}}
	s.parent, _ = trace.SpanFromContext(ctx).(*recorded)
	s.SetAttributes(config.Attributes()...)
	t.r.mu.Lock()
	defer t.r.mu.Unlock()
	t.r.spans = append(t.r.spans, s)
	return trace.ContextWithSpan(ctx, s), s
}

func (s *recorded) SetAttributes(list ...attribute.KeyValue) {
	for _, a := range list {
		s.attributes[string(a.Key)] = a.Value.String()
	}
}

func (s *recorded) SetStatus(code codes.Code, text string) { s.status, s.text = code, text }

func (s *recorded) AddEvent(name string, options ...trace.EventOption) {
	config := trace.NewEventConfig(options...)
	s.events = append(s.events, name+words(config.Attributes()))
}

func (s *recorded) End(options ...trace.SpanEndOption) {
	config := trace.NewSpanEndConfig(options...)
	s.end = config.Timestamp()
	s.ends++
}

func words(list []attribute.KeyValue) string {
	var text string
	for _, a := range list {
		text += fmt.Sprintf(" %s=%s", a.Key, a.Value.String())
	}
	return text
}

func (r *recorder) point(name string, value float64, attributes attribute.Set) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.points, r.values = append(r.points, name+words(attributes.ToSlice())), append(r.values, value)
}

// meters is the recorder as a meter provider.
type meters struct {
	nometrics.MeterProvider
	r   *recorder
	err error
}

func (m meters) Meter(string, ...metric.MeterOption) metric.Meter { return meter{r: m.r, err: m.err} }

type meter struct {
	nometrics.Meter
	r   *recorder
	err error
}

func (m meter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return counter{r: m.r, name: name}, m.err
}

func (m meter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return histogram{r: m.r, name: name}, m.err
}

type counter struct {
	nometrics.Int64Counter
	r    *recorder
	name string
}

func (c counter) Add(_ context.Context, n int64, options ...metric.AddOption) {
	config := metric.NewAddConfig(options)
	c.r.point(c.name, float64(n), config.Attributes())
}

type histogram struct {
	nometrics.Float64Histogram
	r    *recorder
	name string
}

func (h histogram) Record(_ context.Context, value float64, options ...metric.RecordOption) {
	config := metric.NewRecordConfig(options)
	h.r.point(h.name, value, config.Attributes())
}

// tree draws the spans, children by name, each with its outcome, and checks what must hold
// of every tree: each span has ended once, within its parent, and an error says its type.
func (r *recorder) tree(t *testing.T) string {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	below := map[*recorded][]*recorded{}
	for _, s := range r.spans {
		require.Equal(t, 1, s.ends, s.name)
		require.False(t, s.end.Before(s.start), s.name)
		require.Equal(t, s.status == codes.Error, s.attributes["error.type"] != "", s.name)
		if s.parent != nil {
			require.False(t, s.start.Before(s.parent.start), s.name)
			require.False(t, s.end.After(s.parent.end), s.name)
		}
		below[s.parent] = append(below[s.parent], s)
	}
	var b strings.Builder
	var draw func(of *recorded, indent string)
	draw = func(of *recorded, indent string) {
		slices.SortFunc(below[of], func(a, b *recorded) int { return strings.Compare(a.name, b.name) })
		for _, s := range below[of] {
			fmt.Fprintf(&b, "%s%s: %s", indent, s.name, s.attributes["tenon.outcome"])
			if s.status == codes.Error {
				fmt.Fprintf(&b, " (%s)", s.attributes["error.type"])
			}
			b.WriteString("\n")
			draw(s, indent+"  ")
		}
	}
	draw(nil, "")
	return b.String()
}

func (r *recorder) span(t *testing.T, name string) *recorded {
	t.Helper()
	n := slices.IndexFunc(r.spans, func(s *recorded) bool { return s.name == name })
	require.GreaterOrEqual(t, n, 0, name)
	return r.spans[n]
}

// counted gives the points of metrics, each with how often it was told.
func (r *recorder) counted() (lines []string) {
	counts := map[string]int{}
	for _, point := range r.points {
		counts[point]++
	}
	for _, point := range slices.Sorted(maps.Keys(counts)) {
		lines = append(lines, fmt.Sprintf("%d × %s", counts[point], point))
	}
	return lines
}
