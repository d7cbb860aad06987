package telemetry_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/telemetry"
)

func TestParentAndProviders(t *testing.T) {
	t.Parallel()
	refused := errors.New("no such instrument")
	_, err := telemetry.New(nil, meters{err: refused, r: &recorder{}}, nil)
	require.ErrorIs(t, err, refused)
	sink, err := telemetry.New(nil, nil, nil)
	require.NoError(t, err)
	sink.Send(at(0, deploy.RunStarted, nil))
	require.NoError(t, sink.Close())

	parent := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1}, SpanID: trace.SpanID{2}})
	seen := &seeing{}
	sink, err = telemetry.New(seen, nil, &telemetry.Options{Parent: parent})
	require.NoError(t, err)
	sink.Send(at(0, deploy.RunStarted, nil))
	require.True(t, seen.parent.Equal(parent))
}

// seeing keeps what the first span stands under.
type seeing struct {
	recorder
	parent trace.SpanContext
}

func (s *seeing) Tracer(string, ...trace.TracerOption) trace.Tracer { return seeingTracer{seeing: s} }

type seeingTracer struct {
	tracer
	seeing *seeing
}

func (s seeingTracer) Start(ctx context.Context, name string, options ...trace.SpanStartOption) (context.Context, trace.Span) {
	s.seeing.parent = trace.SpanContextFromContext(ctx)
	return tracer{r: &s.seeing.recorder}.Start(ctx, name, options...)
}
