package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/telemetry"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

func TestRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil, nil)
	_, err := w.engine.Deploy(t.Context(), w.env)
	require.NoError(t, err)
	require.Equal(t, `run deploy: succeeded
  instance shop/dev.a: done
    step first: done
    step second: done
  instance shop/dev.b: done
    step main: done
  instance shop/dev.c: done
    step first: done
    step second: done
`, w.tree(t))
	run := w.span(t, "run deploy")
	require.Regexp(t, `^\d{8}-\d{6}-\w+$`, run.attributes["deployment.id"])
	require.Equal(t, "shop/dev", run.attributes["deployment.environment.name"])
	require.Equal(t, "3", run.attributes["tenon.run.instances"])
	require.Equal(t, map[string]string{
		"tenon.instance.address": "shop/dev.b", "tenon.bundle.name": "taker", "tenon.bundle.version": "2.0.0",
		"tenon.action": "apply", "tenon.reason": "new", "tenon.outcome": "done",
	}, w.span(t, "instance shop/dev.b").attributes)
	step := w.span(t, "step main")
	require.Equal(t, map[string]string{
		"tenon.step.name": "main", "tenon.driver.name": "memory", "tenon.action": "apply", "tenon.outcome": "done",
	}, step.attributes)
	require.Equal(t, []string{
		"resource-started tenon.resource.address=main tenon.action=create",
		"resource-finished tenon.resource.address=main tenon.action=create",
	}, step.events)
	require.Equal(t, []string{
		"2 × tenon.instance.duration tenon.action=apply tenon.bundle.name=maker tenon.outcome=done",
		"1 × tenon.instance.duration tenon.action=apply tenon.bundle.name=taker tenon.outcome=done",
		"3 × tenon.instances tenon.action=apply tenon.outcome=done",
		"1 × tenon.run.duration tenon.action=deploy tenon.outcome=succeeded",
		"5 × tenon.step.duration tenon.action=apply tenon.driver.name=memory tenon.outcome=done",
	}, w.counted())

	w.recorder = recorder{}
	_, err = w.engine.Deploy(t.Context(), w.env)
	require.NoError(t, err)
	require.Equal(t, "run deploy: succeeded\n  instance shop/dev.a: skipped\n  instance shop/dev.b: skipped\n  instance shop/dev.c: skipped\n", w.tree(t))
	require.Equal(t, "maker", w.span(t, "instance shop/dev.a").attributes["tenon.bundle.name"])
	require.Equal(t, "nothing has changed", w.span(t, "instance shop/dev.a").attributes["tenon.reason"])

	w.recorder = recorder{}
	_, err = w.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Equal(t, `run destroy: succeeded
  instance shop/dev.a: done
    step first: done
    step second: done
  instance shop/dev.b: done
    step main: done
  instance shop/dev.c: done
    step first: done
    step second: done
`, w.tree(t))
	require.Equal(t, "maker", w.span(t, "instance shop/dev.a").attributes["tenon.bundle.name"])
}

// failing lets the second step of a fail, with a message that quotes what it should not.
func failing(operation memory.Operation, req *provisioner.Request) error {
	if operation == memory.Apply && req.Address == "shop/dev.a" && req.Step == "second" {
		return tenon.Problems{{Rule: "quota", Message: "no room for " + plain + " " + secret}}
	}
	return nil
}

func TestAFailure(t *testing.T) {
	t.Parallel()
	for _, messages := range []bool{false, true} {
		w := newWorld(t, &memory.Options{Fail: failing}, &telemetry.Options{Messages: messages})
		_, err := w.engine.Deploy(t.Context(), w.env)
		require.Error(t, err)
		require.Equal(t, `run deploy: failed (failed)
  instance shop/dev.a: failed (failed)
    step first: done
    step second: failed (failed)
  instance shop/dev.b: blocked
  instance shop/dev.c: done
    step first: done
    step second: done
`, w.tree(t))
		require.Equal(t, "shop/dev.a did not succeed", w.span(t, "instance shop/dev.b").attributes["tenon.reason"])
		require.Equal(t, messages, strings.Contains(w.span(t, "instance shop/dev.a").text, "no room"))
		require.Contains(t, w.counted(), "1 × tenon.instances tenon.outcome=blocked")
		require.Contains(t, w.counted(), "1 × tenon.step.duration tenon.action=apply tenon.driver.name=memory tenon.outcome=failed")
		everything := fmt.Sprint(w.points)
		for _, s := range w.spans {
			everything += fmt.Sprint(s.name, s.attributes, s.events)
			if !messages {
				everything += s.text
			}
		}
		require.NotContains(t, everything, plain)
		require.NotContains(t, everything, secret)
	}
}

func TestARetry(t *testing.T) {
	t.Parallel()
	tried := 0
	w := newWorld(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if o != memory.Apply || req.Address != "shop/dev.b" {
			return nil
		}
		if tried++; tried > 2 {
			return nil
		}
		return &provisioner.Error{Class: provisioner.Transient, Err: errors.New("throttled")}
	}}, nil)
	_, err := w.engine.Deploy(t.Context(), w.env)
	require.NoError(t, err)
	require.Contains(t, w.counted(), "2 × tenon.step.retries tenon.action=apply tenon.driver.name=memory")
	require.Contains(t, w.span(t, "step main").events, "step-retried tenon.reason=again in 1ms")
	require.Contains(t, w.tree(t), "step main: done")
}

// A cancel in the middle of a step: what runs has failed, what was not begun is blocked,
// and every span has ended when Deploy returns.
func TestACancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	w := newWorld(t, &memory.Options{Fail: func(_ memory.Operation, req *provisioner.Request) error {
		if req.Address == "shop/dev.a" {
			cancel()
			return ctx.Err()
		}
		<-ctx.Done()
		return ctx.Err()
	}}, nil)
	_, err := w.engine.Deploy(ctx, w.env)
	require.ErrorIs(t, err, context.Canceled)
	tree := w.tree(t)
	require.Contains(t, tree, "run deploy: canceled (canceled)\n  instance shop/dev.a: failed (failed)\n    step first: failed (failed)\n  instance shop/dev.b: blocked\n")
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// at is an event some seconds after noon.
func at(second int, kind string, fill func(*deploy.Event)) deploy.Event {
	e := deploy.Event{Version: deploy.EventVersion, Type: kind, Deployment: "d-1", Instance: "shop/dev.a", Time: noon.Add(time.Duration(second) * time.Second)}
	if fill != nil {
		fill(&e)
	}
	return e
}

// Events that were kept give the spans of then, without an engine.
func TestEventsAlone(t *testing.T) {
	t.Parallel()
	var r recorder
	sink, err := telemetry.New(&r, meters{r: &r}, nil)
	require.NoError(t, err)
	step := func(e *deploy.Event) { e.Step, e.Driver, e.Action = "main", "opentofu", "apply" }
	for _, e := range []deploy.Event{
		at(0, deploy.RunStarted, func(e *deploy.Event) { e.Instance, e.Action = "", "deploy" }),
		at(0, deploy.RunStarted, func(e *deploy.Event) { e.Instance, e.Action = "", "told twice" }),
		at(1, deploy.InstanceStarted, func(e *deploy.Event) { e.Bundle, e.Action = "db@1.0.0", "apply" }),
		at(2, deploy.StepStarted, step),
		at(3, deploy.Diagnostic, func(e *deploy.Event) { step(e); e.Problem = &tenon.Problem{Rule: "old", Severity: tenon.Warning} }),
		at(3, deploy.Diagnostic, func(e *deploy.Event) { step(e); e.Problem = &tenon.Problem{Rule: "quota"} }),
		at(3, deploy.Diagnostic, step),
		at(3, deploy.Log, func(e *deploy.Event) { step(e); e.Message = "not told" }),
		at(3, deploy.ResourceStarted, func(e *deploy.Event) { e.Step = "another" }),
		at(4, deploy.InstanceFailed, func(e *deploy.Event) { e.Reason, e.Message = "unknown", "not told" }),
		at(5, deploy.StepFinished, step),
		at(6, deploy.RunFinished, func(e *deploy.Event) { e.Message, e.Reason = "failed", "its end could not be recorded" }),
		at(7, deploy.InstanceStarted, nil), // nobody knows of it any more
		at(8, deploy.InstanceStarted, func(e *deploy.Event) { e.Deployment = "another" }),
		at(9, deploy.ResourcePlanned, func(e *deploy.Event) { e.Deployment = "" }),
	} {
		sink.Send(e)
	}
	require.Equal(t, "run deploy: failed (failed)\n  instance shop/dev.a: unknown (quota)\n    step main: unknown (quota)\n", r.tree(t))
	require.Equal(t, "its end could not be recorded", r.span(t, "run deploy").attributes["tenon.reason"])
	main := r.span(t, "step main")
	require.Equal(t, 2*time.Second, main.end.Sub(main.start))
	require.Equal(t, []string{
		"diagnostic tenon.diagnostic.rule=old tenon.diagnostic.severity=warning",
		"diagnostic tenon.diagnostic.rule=quota tenon.diagnostic.severity=error",
	}, main.events)
	require.Equal(t, []float64{2, 1, 3, 6}, r.values)
	require.NotContains(t, fmt.Sprint(r.points), "shop/dev")
}

// A run whose end is never told ends with the sink.
func TestClose(t *testing.T) {
	t.Parallel()
	var r recorder
	sink, err := telemetry.New(&r, nil, nil)
	require.NoError(t, err)
	sink.Send(at(0, deploy.RunStarted, func(e *deploy.Event) { e.Action = "deploy" }))
	sink.Send(at(1, deploy.InstanceStarted, nil))
	sink.Send(at(2, deploy.StepStarted, func(e *deploy.Event) { e.Step = "main" }))
	require.NoError(t, sink.Close())
	require.NoError(t, sink.Close())
	sink.Send(at(3, deploy.InstanceFinished, nil))
	require.Equal(t, "run deploy: interrupted (interrupted)\n  instance shop/dev.a: interrupted (interrupted)\n    step main: interrupted (interrupted)\n", r.tree(t))
	require.Equal(t, noon.Add(2*time.Second), r.span(t, "run deploy").end)
}

// Runs at a time, each with instances at a time, do not get into each other's spans.
func TestManyAtATime(t *testing.T) {
	t.Parallel()
	var r recorder
	sink, err := telemetry.New(&r, meters{r: &r}, nil)
	require.NoError(t, err)
	var all sync.WaitGroup
	for run := range 5 {
		of := func(kind, instance string) {
			sink.Send(deploy.Event{Type: kind, Deployment: fmt.Sprint(run), Instance: instance, Step: "main", Action: "apply", Time: time.Now(), Message: "succeeded"})
		}
		all.Go(func() {
			of(deploy.RunStarted, "")
			var instances sync.WaitGroup
			for n := range 50 {
				instances.Go(func() {
					address := fmt.Sprintf("p/e%d.i%d", run, n)
					of(deploy.InstanceStarted, address)
					of(deploy.StepStarted, address)
					of(deploy.ResourceFinished, address)
					of(deploy.StepFinished, address)
					of(deploy.InstanceFinished, address)
				})
			}
			instances.Wait()
			of(deploy.RunFinished, "")
		})
	}
	all.Wait()
	tree := r.tree(t)
	require.Equal(t, 250, strings.Count(tree, "    step main: done"))
	require.Len(t, r.spans, 5+250+250)
	require.Contains(t, r.counted(), "250 × tenon.instances tenon.action=apply tenon.outcome=done")
}

func ExampleNew() {
	var spans recorder // a TracerProvider
	sink, err := telemetry.New(&spans, nil, nil)
	if err != nil {
		panic(err)
	}
	defer sink.Close()
	sink.Send(deploy.Event{Type: deploy.RunStarted, Deployment: "d-1", Environment: "shop/dev", Action: "deploy"})
	sink.Send(deploy.Event{Type: deploy.RunFinished, Deployment: "d-1", Message: "succeeded"})
	fmt.Println(spans.spans[0].name, spans.spans[0].attributes["tenon.outcome"])
	// Output: run deploy succeeded
}
