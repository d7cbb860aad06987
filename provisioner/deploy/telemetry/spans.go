package telemetry

import (
	"cmp"
	"context"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// span is one that is open.
type span struct {
	trace.Span
	ctx    context.Context // holds it, for those below it and for exemplars
	began  time.Time
	action string
	rule   string // of the last diagnostic that is an error
}

// run is one that goes on.
type run struct {
	*Sink
	span
	last      time.Time // of an event: when what is cut short has ended
	instances map[string]*instance
}

// instance is one of a run, with the step that goes on: one at a time.
type instance struct {
	span
	bundle string // its name
	step   *step
}

type step struct {
	span
	name, driver string
}

func (s *Sink) start(parent context.Context, name string, e deploy.Event, attributes ...attribute.KeyValue) span {
	attributes = append(filled(attributes...), filled(action.String(e.Action), reason.String(e.Reason))...)
	ctx, started := s.tracer.Start(parent, name, trace.WithTimestamp(e.Time), trace.WithAttributes(attributes...))
	return span{Span: started, ctx: ctx, began: e.Time, action: e.Action}
}

func (s *Sink) begin(e deploy.Event) *run {
	parent := trace.ContextWithSpanContext(context.Background(), s.options.Parent)
	opened := s.start(parent, "run "+e.Action, e, deploymentID.String(e.Deployment), environmentName.String(e.Environment), instances.Int(e.Total))
	return &run{Sink: s, span: opened, last: e.Time, instances: map[string]*instance{}}
}

// send takes an event of the run, but for its first and its last.
func (r *run) send(e deploy.Event) {
	if e.Time.After(r.last) {
		r.last = e.Time
	}
	i := r.instances[e.Instance]
	switch e.Type {
	case deploy.InstanceStarted:
		r.instance(e)
	case deploy.InstanceFinished:
		r.endInstance(e, done)
	case deploy.InstanceSkipped:
		r.endInstance(e, skipped)
	case deploy.InstanceBlocked:
		r.endInstance(e, blocked)
	case deploy.InstanceFailed:
		r.endInstance(e, cmp.Or(e.Reason, failed))
	case deploy.StepStarted:
		if i != nil {
			i.step = &step{r.start(i.ctx, "step "+e.Step, e, stepName.String(e.Step), driverName.String(e.Driver)), e.Step, e.Driver}
		}
	default:
		if i != nil && i.step != nil && i.step.name == e.Step {
			r.during(i.step, e)
			if e.Type == deploy.StepFinished {
				r.endStep(i, e, done)
			}
		}
	}
}

// instance opens the span of one. That of one which never starts has its address and bundle, too.
func (r *run) instance(e deploy.Event) *instance {
	name, version := bundleOf(e.Bundle)
	i := &instance{bundle: name, span: r.start(r.ctx, "instance "+e.Instance, e,
		instanceAddress.String(e.Instance), bundleName.String(name), bundleVersion.String(version))}
	r.instances[e.Instance] = i
	return i
}

// during tells what happens in a step as an event of its span.
func (r *run) during(s *step, e deploy.Event) {
	var attributes []attribute.KeyValue
	switch e.Type {
	case deploy.ResourcePlanned, deploy.ResourceStarted, deploy.ResourceFinished, deploy.ResourceFailed:
		attributes = filled(resourceAddress.String(e.Resource), action.String(e.Action))
	case deploy.Diagnostic:
		if e.Problem == nil {
			return
		}
		if e.Problem.Severity == tenon.Error {
			s.rule = e.Problem.Rule
		}
		attributes = filled(rule.String(e.Problem.Rule), severity.String(e.Problem.Severity.String()))
	case deploy.StepRetried:
		attributes = filled(reason.String(e.Reason))
		count(s.ctx, r.metrics.retries, action.String(s.action), driverName.String(s.driver))
	default:
		return
	}
	s.AddEvent(e.Type, trace.WithTimestamp(e.Time), trace.WithAttributes(attributes...))
}

// close ends a span with what became of it. Skipped and blocked are no failures of it.
func (r *run) close(s *span, e deploy.Event, became, kind string) {
	s.SetAttributes(outcome.String(became))
	switch became {
	case done, succeeded, skipped, blocked:
	default:
		text := ""
		if r.options.Messages {
			text = e.Message
		}
		if kind == "" {
			kind = became
		}
		s.SetAttributes(errorType.String(kind))
		s.SetStatus(codes.Error, text)
	}
	s.End(trace.WithTimestamp(e.Time))
}

func (r *run) endStep(i *instance, e deploy.Event, became string) {
	s := i.step
	i.step = nil
	seconds := e.Elapsed
	if e.Type != deploy.StepFinished {
		seconds = e.Time.Sub(s.began).Seconds()
	}
	measure(s.ctx, r.metrics.stepDuration, seconds, action.String(s.action), outcome.String(became), driverName.String(s.driver))
	r.close(&s.span, e, became, s.rule)
	if became != done {
		i.rule = s.rule
	}
}

// endInstance ends an instance, and first its step where that has not ended: then it failed,
// and with it the instance.
func (r *run) endInstance(e deploy.Event, became string) {
	i := r.instances[e.Instance]
	begun := i != nil
	if !begun {
		opened := e
		if e.Type == deploy.InstanceFailed {
			opened.Reason = "" // it says how it ended, not why
		}
		i = r.instance(opened)
	}
	if i.step != nil {
		r.endStep(i, e, became)
	}
	attributes := filled(action.String(i.action), outcome.String(became))
	count(i.ctx, r.metrics.instances, attributes...)
	if begun {
		seconds := e.Elapsed
		if seconds == 0 {
			seconds = e.Time.Sub(i.began).Seconds()
		}
		measure(i.ctx, r.metrics.instanceDuration, seconds, append(attributes, bundleName.String(i.bundle))...)
	}
	r.close(&i.span, e, became, i.rule)
	delete(r.instances, e.Instance)
}

// finish ends the run and what had not ended before.
func (r *run) finish(e deploy.Event) {
	for address := range r.instances {
		r.endInstance(deploy.Event{Time: e.Time, Instance: address}, interrupted)
	}
	measure(r.ctx, r.metrics.runDuration, e.Time.Sub(r.began).Seconds(), action.String(r.action), outcome.String(e.Message))
	if e.Reason != "" {
		r.SetAttributes(reason.String(e.Reason))
	}
	e, became := deploy.Event{Time: e.Time}, e.Message
	r.close(&r.span, e, became, "")
}
