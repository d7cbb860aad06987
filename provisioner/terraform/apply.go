package terraform

import (
	"context"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Apply brings the module's resources into being, or destroys them. The inputs, the state
// and everything else that it writes lie in the work folder, which is empty again unless
// the outcome is Unknown: then Recover, or the next Apply, looks at it.
//
// A destroy of a step that has no state starts no process.
func (d *Driver) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	nothing := &provisioner.Result{Outcome: provisioner.Failed, Untouched: true, Outputs: maps.Clone(req.Outputs)}
	before, err := d.begin(ctx, req, out)
	if err != nil {
		return nothing, err
	}
	operation := operationApply
	if req.Mode == provisioner.Destroy {
		operation = operationDestroy
		if done, err := d.hasNoState(req, before); done || err != nil {
			if err != nil {
				return nothing, err
			}
			return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{}}, nil
		}
	}
	c, err := d.check(ctx, req)
	if err != nil {
		return nothing, err
	}
	p, err := d.prepare(ctx, req, c, operation, before, out)
	if err != nil {
		return nothing, err
	}
	arguments := []string{"apply", "-json", "-input=false", "-no-color", "-auto-approve"}
	if operation == operationDestroy {
		arguments = append(arguments, "-destroy")
	}
	replace, err := p.replacing(ctx, req)
	if err != nil {
		return nothing, p.work.discard(err)
	}
	arguments = append(arguments, replace...)
	if req.Saved != nil {
		if err := p.restorePlan(req.Saved, c.providers); err != nil {
			return nothing, p.work.discard(err)
		}
		arguments = []string{"apply", "-json", "-input=false", "-no-color", p.work.path(planName)}
	}
	if err := ctx.Err(); err != nil {
		return nothing, p.work.discard(err)
	}
	pid, done, err := p.start(arguments)
	if err != nil {
		return nothing, p.work.discard(err)
	}
	return p.finish(ctx, p.watch(ctx, pid, done), p.binary, p.environment)
}

// hasNoState says that the step has no state, here or with the module.
func (d *Driver) hasNoState(req *provisioner.Request, before []byte) (bool, error) {
	known, err := parseState(before)
	if err != nil || !known.isEmpty() {
		return false, err
	}
	module, err := d.load(req.Files, req.Path)
	if err != nil {
		return false, err
	}
	found, _ := d.backend(module, req)
	return !found.own, nil
}

// finish keeps the state, judges the run and empties the work folder.
func (r *run) finish(ctx context.Context, end ending, binary string, environment []string) (*provisioner.Result, error) {
	outcome := r.outcome(end)
	result := &provisioner.Result{Outcome: outcome}
	defer func() {
		result.Changes = r.changes()
		// It says what it begins with before it does.
		result.Untouched = result.Outcome == provisioner.Failed && !r.transcript.began && end.known && end.code > 0
	}()
	if err := r.rescue(ctx, binary, environment); err != nil {
		// The only copy of what was made lies in the work folder: it stays.
		result.Outcome, result.Problems = provisioner.Unknown, r.transcript.problems.Sorted()
		return result, err
	}
	var err error
	if outcome != provisioner.Done {
		err = r.failure(ctx, end, outcome)
	}
	if outcome == provisioner.Unknown {
		r.transcript.problems.Add(r.transcript.cutOff(r.d.options.Tool.title())...)
		r.transcript.problems.Add(r.adopt(ctx, binary, environment)...)
		if failed := r.saveState(ctx); failed != nil {
			result.Problems = r.transcript.problems.Sorted()
			return result, failed
		}
	}
	result.Problems = r.transcript.problems.Sorted()
	outputs, failed := r.outputs(ctx, binary, environment)
	result.Outputs = outputs
	if err == nil {
		err = failed
	}
	if outcome == provisioner.Unknown && end.known {
		return result, err // Recover settles it
	}
	return result, r.work.discard(err)
}

// changes are what was made: what the tool has said to be complete, and what it has begun
// to create and the state has, though it came to no good end. The next run replaces that.
func (r *run) changes() []provisioner.Change {
	known, err := parseState(r.saved)
	if err != nil {
		known = nil
	}
	for _, begun := range []map[string]provisioner.Change{r.transcript.failed, r.transcript.atWork} {
		for address, change := range begun {
			if change.Action != provisioner.Create || !known.has(address, "") {
				continue
			}
			if before, ok := r.transcript.made[address]; ok && before.Action == provisioner.Delete {
				change.Action = provisioner.Replace
			}
			r.transcript.made[address] = change
		}
	}
	return sortedChanges(r.transcript.made)
}

// outputs of what exists now: from the state that was just written, or from what a
// module that keeps its state itself has said.
func (r *run) outputs(ctx context.Context, binary string, environment []string) (map[string]provisioner.Output, error) {
	if r.follow {
		written, err := parseState(r.saved)
		return written.outputs(), err
	}
	said := r.transcript.outputs
	secret := slices.ContainsFunc(slices.Collect(maps.Values(said)), func(o provisioner.Output) bool { return o.Sensitive })
	imported := r.operation == operationImport // says no outputs
	if !secret && !imported || binary == "" || !exists(r.work.module) {
		return said, nil
	}
	tool, err := r.d.command(r.work.module, binary, environment)
	if err != nil {
		return said, err
	}
	found, err := tool.Output(context.WithoutCancel(ctx))
	if err != nil {
		return said, err
	}
	outputs := map[string]provisioner.Output{}
	for name, output := range found {
		document, err := value.Decode(output.Value)
		if err != nil {
			return said, err
		}
		outputs[name] = provisioner.Output{Value: document, Sensitive: output.Sensitive}
	}
	return outputs, nil
}
