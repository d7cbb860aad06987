package deploy

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// inputs of a step, as its driver gets them.
type inputs struct {
	values  map[string]any
	secret  []string     // names, sorted
	waits   []tenon.Path // of the scope, not known; with any, values is not to be used
	mocks   []tenon.Path // of the scope, stand-ins
	account []tenon.Path // stand-ins that decide about accounts

	providers map[string]provisioner.Provider
	accounts  map[string]store.Provider // where they come from
}

func inputsOf(ctx context.Context, a *assembly, step bundle.Step, scope *bundle.Scope) (inputs, error) {
	given, err := step.Inputs(ctx, scope)
	if err != nil {
		return inputs{}, err
	}
	in, err := a.accounts(ctx, step, scope)
	if err != nil {
		return inputs{}, err
	}
	in.values = make(map[string]any, len(given))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		v := given[name]
		in.waits, in.mocks = append(in.waits, v.Waits...), append(in.mocks, v.Mocks...)
		in.values[name] = v.Value
		if v.Sensitive {
			in.secret = append(in.secret, name)
		}
	}
	return in, nil
}

// request for a step of a bundle. previous is what is recorded of it; nil where it is new.
func (s *session) request(a *assembly, step bundle.Step, in inputs, previous *store.Step) *provisioner.Request {
	req := &provisioner.Request{
		Address: a.Address(), Step: step.Name, Mode: provisioner.Apply, Version: step.DriverVersion, Files: a.files.fs, Path: step.Path,
		Inputs: in.values, Implicit: !step.HasInputs, Connections: step.Connections(), Secret: in.secret, Config: step.Config, Providers: in.providers, Metadata: a.Metadata(),
		WorkDir: s.workDir(a.Address(), step.Name), State: state{s.store, s.lease, a.Address(), step.Name},
	}
	if previous != nil {
		req.Outputs = previous.Outputs
	}
	return req
}

// recorded is the request for a step as it was last applied, with the credentials of now;
// with an error it has none.
func (s *session) recorded(ctx context.Context, record *store.Instance, step *store.Step, files fs.FS, mode provisioner.Mode) (*provisioner.Request, error) {
	req := &provisioner.Request{
		Address: record.Address, Step: step.Name, Mode: mode, Version: step.DriverVersion, Files: files, Path: step.Path,
		Inputs: step.Inputs, Implicit: step.Implicit, Connections: step.Connections, Secret: step.Secret, Config: step.Config, Metadata: record.Metadata,
		Outputs: step.Outputs, WorkDir: s.workDir(record.Address, step.Name), State: state{s.store, s.lease, record.Address, step.Name},
	}
	var err error
	if req.Providers, err = s.recordedAccounts(ctx, step); err != nil {
		return req, fmt.Errorf("%s: %w", step.Name, err)
	}
	return req, nil
}

// execute runs a step for real. What is about to happen is durable before the driver is
// called, what became of it after; record.Steps holds step, which is what will have been
// applied. before is what was: where the driver fails and its state is what it was, that
// still holds, and it is what a destroy goes by.
func (r *run) execute(ctx context.Context, driver provisioner.Driver, record *store.Instance, step *store.Step, before store.Step, req *provisioner.Request, dir string) error {
	state, err := req.State.Read(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", req.Step, err)
	}
	entry, err := r.intend(ctx, record, step, req)
	if err != nil {
		*step = before // nothing was begun
		return fmt.Errorf("%s: %w", req.Step, err)
	}
	out, began := r.listen(req.Address, req.Step, dir, r.result.Deployment, req), time.Now()
	out.engine.send(Event{Type: StepStarted, Deployment: r.result.Deployment, Instance: req.Address, Step: req.Step, Driver: step.Driver, Action: string(req.Mode)})
	req.Run = r.metadata
	result, err := r.attempts(ctx, driver, req, out)
	for _, p := range result.Problems {
		out.Send(provisioner.Event{Kind: provisioner.Diagnostic, Problem: &p, Message: p.Message})
	}
	err = out.redactError(err)
	after := context.WithoutCancel(ctx) // what happened is recorded, whatever was canceled
	switch {
	case result.Outcome == provisioner.Done && req.Mode == provisioner.Destroy:
		step.Status, step.Outputs = destroyed, nil
	case result.Outcome == provisioner.Done:
		step.Status, step.Outputs = done, result.Outputs
	default:
		step.Status = string(result.Outcome)
		if result.Outcome == provisioner.Failed && r.untouched(after, req, state, result, before) {
			*step = before
		}
	}
	message := ""
	if err != nil {
		message = err.Error()
	}
	if err := errors.Join(err, r.lease.Outcome(after, entry, string(result.Outcome), message)); err != nil {
		return fmt.Errorf("%s: %w", req.Step, err)
	}
	r.clean(req.WorkDir)
	out.engine.send(Event{Type: StepFinished, Deployment: r.result.Deployment, Instance: req.Address, Step: req.Step, Action: string(req.Mode), Elapsed: time.Since(began).Seconds()})
	return nil
}

// untouched says that a step that failed has changed nothing: its driver says so, or its
// state is what it was and no change is told. An empty state proves nothing: it may lie
// elsewhere. Of what was unknown before nobody knows how it is.
func (r *run) untouched(ctx context.Context, req *provisioner.Request, state []byte, result *provisioner.Result, before store.Step) bool {
	switch {
	case before.Status == unknown || len(result.Changes) > 0:
		return false
	case result.Untouched:
		return true
	case before.Status == "" || len(state) == 0:
		return false
	}
	now, err := req.State.Read(ctx)
	return err == nil && bytes.Equal(now, state)
}

// intend makes what is about to happen durable.
func (r *run) intend(ctx context.Context, record *store.Instance, step *store.Step, req *provisioner.Request) (entry int64, err error) {
	step.Status, record.Status, record.Digest, record.Deployment = unknown, unknown, "", r.result.Deployment
	if err := r.lease.SaveInstance(ctx, *record, r.attempt(req.Address, store.Running, nil)); err != nil {
		return 0, err
	}
	return r.lease.Intent(ctx, store.Entry{
		Deployment: r.result.Deployment, Address: req.Address, Step: req.Step, Action: string(req.Mode), Inputs: step.Digest,
	})
}

// attempts calls a driver until it has succeeded, failed for good or failed too often. A
// plan that was to be applied exactly holds for one attempt that has begun something.
func (r *run) attempts(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, out *listener) (*provisioner.Result, error) {
	wait := r.options.Backoff
	for n := 0; ; n++ {
		result, err := r.limited(ctx, driver, req, out)
		again := result.Outcome == provisioner.Failed && provisioner.ClassOf(err) == provisioner.Transient && (req.Saved == nil || result.Untouched)
		if !again || n >= r.options.Retries || ctx.Err() != nil {
			return result, err
		}
		var transient *provisioner.Error
		if errors.As(err, &transient) {
			wait = max(wait, transient.After)
		}
		r.send(Event{
			Type: StepRetried, Deployment: r.result.Deployment, Instance: req.Address, Step: req.Step, Action: string(req.Mode),
			Message: out.redactError(err).Error(), Reason: fmt.Sprintf("again in %s", wait.Round(time.Millisecond)),
		})
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return result, errors.Join(ctx.Err(), err)
		}
		wait = min(2*wait, longestBackoff)
	}
}

// limited is one attempt, within the time that a step may take.
func (r *run) limited(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, out *listener) (*provisioner.Result, error) {
	limit := r.options.StepTimeout
	if limit <= 0 {
		return r.attemptOnce(ctx, driver, req, out)
	}
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := r.attemptOnce(within, driver, req, out)
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("it took longer than %s: %w", limit, err)
	}
	return result, err
}

// attemptOnce calls a driver and makes sense of its answer: the result is never nil, its
// outputs are documents, and an outcome other than done comes with an error.
func (e *Engine) attemptOnce(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, out *listener) (*provisioner.Result, error) {
	if err := os.MkdirAll(req.WorkDir, 0o700); err != nil {
		return &provisioner.Result{Outcome: provisioner.Failed}, err
	}
	result, err := call(ctx, e.options.Abandon, out, func(sink provisioner.Sink) (*provisioner.Result, error) { return driver.Apply(ctx, req, sink) })
	switch {
	case result == nil && err == nil:
		return &provisioner.Result{Outcome: provisioner.Unknown}, errors.New("the driver gave no result")
	case result == nil:
		return &provisioner.Result{Outcome: provisioner.Unknown}, err
	}
	known := *result
	switch {
	case known.Outcome == provisioner.Done && err != nil:
		known.Outcome = provisioner.Failed
	case known.Outcome == provisioner.Done:
	case known.Outcome != provisioner.Failed:
		known.Outcome = provisioner.Unknown
		fallthrough
	default:
		if err == nil {
			err = fmt.Errorf("the driver gave no reason for the outcome %q", result.Outcome)
		}
	}
	known.Outputs = make(map[string]provisioner.Output, len(result.Outputs))
	for name, output := range result.Outputs {
		normal, normalErr := value.Normal(output.Value)
		if normalErr != nil && err == nil {
			known.Outcome, err = provisioner.Failed, fmt.Errorf("output %s: %w", name, normalErr)
		}
		known.Outputs[name] = provisioner.Output{Value: normal, Sensitive: output.Sensitive}
	}
	return &known, err
}

// clean removes the work folder of a step that has ended, if its driver has emptied it. One
// that it has not stays: something was cut off.
func (s *session) clean(folder string) { _ = os.Remove(folder) }
