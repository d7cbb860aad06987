package command

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Apply runs the program. The work folder is empty again unless the outcome is Unknown:
// then Recover, or the next Apply, looks at it. A destroy of a step that has no state
// starts no process.
func (d *Driver) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	nothing := &provisioner.Result{Outcome: provisioner.Failed, Untouched: true, Outputs: maps.Clone(req.Outputs)}
	j, err := d.begin(ctx, req, out)
	if err != nil {
		return nothing, err
	}
	nothing.Outputs = j.before.outputs()
	if req.Saved != nil {
		if err := j.restore(req.Saved); err != nil {
			return nothing, err
		}
	}
	if j.before == nil && j.req.Mode == provisioner.Destroy {
		return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{}}, nil
	}
	if err := j.ready(); err != nil {
		return nothing, err
	}
	change, began := j.before.change(j.req), time.Now()
	named := j.program.can(Plan)
	say := func(kind provisioner.EventKind, word string) {
		if !named && change.Action != provisioner.NoOp {
			j.tell(kind, change, string(change.Action)+" "+word, time.Since(began))
		}
	}
	// That it was begun is kept before it is: a destroy must know of it.
	begun := j.begun()
	if err := begun.write(ctx, req.State); err != nil {
		return nothing, err
	}
	say(provisioner.ResourceStarted, "begins")
	result, err := j.apply(ctx, begun, change)
	if result.Outcome != provisioner.Done {
		say(provisioner.ResourceFailed, "failed")
		return result, err
	}
	say(provisioner.ResourceFinished, "complete")
	if !named && change.Action != provisioner.NoOp {
		result.Changes = []provisioner.Change{change.Hide(j.secret.Holds)}
	}
	return result, nil
}

// begun is the state of a run that was begun.
func (j *job) begun() *kept {
	begun := &kept{Version: stateVersion, Inputs: j.req.Inputs, Secret: j.req.Secret, Outputs: j.before.outputs(), Begun: true}
	if j.before != nil {
		begun.Made, begun.Own = j.before.Made, j.before.Own
	}
	if j.req.Mode == provisioner.Destroy {
		begun.Inputs, begun.Secret = j.before.Inputs, j.before.Secret
	}
	return begun
}

// apply runs the program as often as it takes.
func (j *job) apply(ctx context.Context, begun *kept, change provisioner.Change) (*provisioner.Result, error) {
	if change.Action == provisioner.Replace && !j.program.can(Plan) { // unmade first, with what it was made of
		gone := *j
		gone.req = &provisioner.Request{}
		*gone.req = *j.req
		gone.req.Mode, gone.req.Inputs, gone.req.Secret = provisioner.Destroy, j.before.Inputs, j.before.Secret
		result, err := gone.once(ctx, Destroy, true, begun)
		if err != nil {
			return result, err
		}
		begun.Own, j.before, j.text, j.unmade = nil, nil, nil, true
	}
	action := Apply
	if j.req.Mode == provisioner.Destroy {
		action = Destroy
	}
	return j.once(ctx, action, false, begun)
}

// once runs the program, and keeps what became of it.
func (j *job) once(ctx context.Context, action Action, half bool, begun *kept) (*provisioner.Result, error) {
	r, err := j.perform(ctx, action, half)
	if err != nil { // nothing was started
		result := &provisioner.Result{Outcome: provisioner.Failed, Untouched: !j.unmade, Outputs: begun.outputs()}
		return result, j.work.discard(errors.Join(err, j.unbegin(ctx)))
	}
	return r.finish(ctx, begun, false)
}

// unbegin gives the state back that was there before: nothing was done.
func (j *job) unbegin(ctx context.Context) error {
	return j.req.State.Write(context.WithoutCancel(ctx), j.text)
}

// finish judges a run, keeps the state, and empties the work folder where there is nothing
// more to look at.
func (r *run) finish(ctx context.Context, begun *kept, recovered bool) (*provisioner.Result, error) {
	result := &provisioner.Result{Outputs: begun.outputs()}
	a, wrong := r.read(r.record.Action, r.record.Stdio)
	var err error
	result.Outcome, err = r.verdict(ctx, a)
	if a != nil {
		result.Problems = a.problems.Sorted()
		begun.Own = a.own
		if r.record.Named {
			result.Changes = a.changes
		}
	}
	if result.Outcome == provisioner.Done && wrong == nil && a.problems.HasErrors() {
		wrong = a.problems.Err()
	}
	if result.Outcome == provisioner.Done && wrong != nil {
		result.Outcome, err = provisioner.Failed, wrong
	}
	next := begun
	code, _ := r.work.status()
	switch {
	case result.Outcome == provisioner.Done && r.record.Half:
		if recovered { // the other half was never begun
			result.Outcome, err = provisioner.Failed, errors.New("the run was cut off between destroy and apply")
		}
	case result.Outcome == provisioner.Done && r.record.Action == Destroy:
		next, result.Outputs = nil, map[string]provisioner.Output{}
	case result.Outcome == provisioner.Done:
		if result.Outputs = a.outputs; result.Outputs == nil {
			result.Outputs = map[string]provisioner.Output{}
		}
		next = &kept{Version: stateVersion, Inputs: begun.Inputs, Secret: begun.Secret, Outputs: result.Outputs, Made: true, Own: begun.Own}
	case result.Outcome == provisioner.Failed && code == refused && !recovered && !r.record.Half:
		if failed := r.unbegin(ctx); failed != nil {
			return result, r.work.discard(errors.Join(err, failed))
		}
		result.Untouched = !r.unmade
		return result, r.work.discard(err)
	case result.Outcome == provisioner.Unknown && recovered:
		// Nobody works on it any more, and what it keeps was read: what is left to do is the
		// next run's, which looks for what is there.
		result.Outcome = provisioner.Failed
		if classed, ok := errors.AsType[*provisioner.Error](err); ok {
			err = classed.Err
		}
	}
	if failed := next.write(ctx, r.req.State); failed != nil {
		result.Outcome = provisioner.Unknown
		return result, errors.Join(err, failed) // the work folder stays, for Recover
	}
	if result.Outcome == provisioner.Unknown {
		return result, err
	}
	return result, r.work.discard(err)
}
