package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Plan asks a program that can plan; for others it compares the inputs with those of the
// last run.
func (d *Driver) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	j, err := d.begin(ctx, req, out)
	if err != nil {
		return nil, err
	}
	made := &provisioner.Plan{Changes: []provisioner.Change{}, Outputs: j.before.outputs(), Exact: true}
	if j.before == nil && j.req.Mode == provisioner.Destroy {
		made.Saved, err = j.save(nil)
		return made, err
	}
	if err := j.ready(); err != nil {
		return nil, err
	}
	if j.program.can(Plan) {
		return j.plan(ctx, made)
	}
	if c := j.before.change(j.req); c.Action != provisioner.NoOp {
		made.Changes, made.Outputs = append(made.Changes, c.Hide(j.secret.Holds)), nil
		j.tell(provisioner.ResourcePlanned, c, "plan to "+string(c.Action), 0)
	}
	made.Saved, err = j.save(nil)
	return made, err
}

// plan lets the program plan.
func (j *job) plan(ctx context.Context, made *provisioner.Plan) (*provisioner.Plan, error) {
	a, err := j.ask(ctx, Plan)
	if err != nil {
		return nil, err
	}
	if made.Changes = a.plan.Changes; made.HasChanges() {
		made.Outputs = nil
	}
	if a.plan.Outputs != nil {
		if made.Outputs, err = j.outputs(a.plan.Outputs); err != nil {
			return nil, err
		}
	}
	for _, c := range made.Changes {
		j.tell(provisioner.ResourcePlanned, c, "plan to "+string(c.Action), 0)
	}
	made.Problems = a.problems.Warnings()
	made.Saved, err = j.save(a.text)
	return made, err
}

// ask runs the program for an action that changes nothing.
func (j *job) ask(ctx context.Context, action Action) (*answer, error) {
	r, err := j.perform(ctx, action, false)
	if err != nil {
		return nil, j.work.discard(err)
	}
	a, err := j.read(action, j.program.stdio)
	outcome, failed := r.verdict(ctx, a)
	if outcome != provisioner.Done {
		if classed, ok := errors.AsType[*provisioner.Error](failed); ok && classed.Class == provisioner.OutcomeUnknown {
			failed = classed.Err // it changes nothing: nothing is unknown
		}
		return nil, j.work.discard(failed)
	}
	switch {
	case err != nil:
	case a.problems.HasErrors():
		err = a.problems.Err()
	case a.plan == nil && action != Validate:
		err = &answerError{"plan.json", "is not there"}
	}
	return a, j.work.discard(err)
}

// save makes Plan.Saved.
func (j *job) save(text json.RawMessage) ([]byte, error) {
	bundle, err := digestOfBundle(j.req)
	if err != nil {
		return nil, err
	}
	return json.Marshal(savedPlan{
		State: digestOf(j.text), Bundle: bundle, Mode: j.req.Mode, Plan: text,
		Inputs: j.req.Inputs, Secret: j.req.Secret, Connections: j.req.Connections, Replace: j.req.Replace,
	})
}

// Drift asks a program that can tell; others answer provisioner.ErrUnsupported.
func (d *Driver) Drift(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Drift, error) {
	j, err := d.begin(ctx, req, out)
	if err != nil {
		return nil, err
	}
	if err := j.ready(); err != nil {
		return nil, err
	}
	if !j.program.can(Drift) {
		return nil, fmt.Errorf("%w: the program does not list the action drift", provisioner.ErrUnsupported)
	}
	drift := &provisioner.Drift{Changes: []provisioner.Change{}}
	if j.before == nil {
		return drift, nil
	}
	a, err := j.ask(ctx, Drift)
	if err != nil {
		return nil, err
	}
	drift.Changes, drift.Problems = a.plan.Changes, a.problems.Warnings()
	return drift, nil
}
