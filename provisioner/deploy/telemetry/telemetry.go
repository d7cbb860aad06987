package telemetry

import (
	"sync"

	"go.opentelemetry.io/otel/metric"
	nometrics "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	notraces "go.opentelemetry.io/otel/trace/noop"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// scope is the name of the instrumentation, which backends show.
const scope = "github.com/tenon-sdk/tenon/provisioner/deploy/telemetry"

// Options of New; nil is the zero value.
type Options struct {
	// Parent is the span under which runs stand, such as that of the request that asked
	// for one. Default: each run begins a trace.
	Parent trace.SpanContext
	// Messages puts the messages of failures into the status of spans. The engine has
	// cleared them of secrets, but they may quote an input. Default: they are left out.
	Messages bool
}

// Sink makes spans and metrics from events. Make one with New; the zero Sink does not work.
type Sink struct {
	options Options
	tracer  trace.Tracer
	metrics *metrics

	mu   sync.Mutex
	runs map[string]*run // by deployment
}

var _ deploy.Sink = (*Sink)(nil)

// New makes a sink. Either provider may be nil: there are no spans then, or no metrics. The
// error is one of the meter provider, which refused an instrument.
func New(tracers trace.TracerProvider, meters metric.MeterProvider, opts *Options) (*Sink, error) {
	if tracers == nil {
		tracers = notraces.NewTracerProvider()
	}
	if meters == nil {
		meters = nometrics.NewMeterProvider()
	}
	instruments, err := newMetrics(meters.Meter(scope))
	s := &Sink{tracer: tracers.Tracer(scope), metrics: instruments, runs: map[string]*run{}}
	if opts != nil {
		s.options = *opts
	}
	return s, err
}

// Send takes an event. Events of no run, such as those of a plan, are left aside.
func (s *Sink) Send(e deploy.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.Deployment == "" {
		return
	}
	if e.Type == deploy.RunStarted {
		if s.runs[e.Deployment] == nil {
			s.runs[e.Deployment] = s.begin(e)
		}
		return
	}
	r := s.runs[e.Deployment]
	if r == nil {
		return // it was cut off before, and is only looked at
	}
	if e.Type == deploy.RunFinished {
		r.finish(e)
		delete(s.runs, e.Deployment)
		return
	}
	r.send(e)
}

// Close ends the spans of runs that have not ended, as interrupted. It flushes nothing:
// that is done by the providers. Whatever is sent of those runs later is left aside.
func (s *Sink) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, r := range s.runs {
		r.finish(deploy.Event{Type: deploy.RunFinished, Time: r.last, Message: interrupted})
		delete(s.runs, id)
	}
	return nil
}
