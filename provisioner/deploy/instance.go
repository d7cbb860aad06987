package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// apply makes an instance what the files say, and says whether those who need it may go on.
func (r *run) apply(ctx context.Context, i *graph.Instance) bool {
	record := r.record(i.Address())
	a, err := r.assemble(ctx, i, r.find)
	if err == nil {
		err = r.ready(a, record)
	}
	if err != nil {
		return r.failed(ctx, i.Address(), record, false, err)
	}
	reason := r.because(a, record)
	if reason == "" {
		r.skipped(i.Address(), "nothing has changed")
		return true
	}
	r.started(i.Address(), provisioner.Apply, reason)
	next := r.next(a, record)
	before, uses, producers := slices.Clone(next.Steps), next.Uses, next.DependsOn
	if record != nil { // until it is done, it stands on what it stood on, too
		next.Uses, next.DependsOn = union(uses, record.Uses), union(producers, record.DependsOn)
	}
	if err := r.make(ctx, a, next, reason == forced); err != nil {
		return r.failed(ctx, i.Address(), attempted(record, next, before), true, err)
	}
	next.Status, next.Digest, next.Applied, next.Deployment = deployed, a.digest, r.options.Now().UTC(), r.result.Deployment
	next.Uses, next.DependsOn = uses, producers
	if err := r.lease.SaveInstance(context.WithoutCancel(ctx), *next, r.attempt(i.Address(), store.Succeeded, nil)); err != nil {
		return r.failed(ctx, i.Address(), next, false, err)
	}
	r.remember(next)
	for _, artifact := range i.Bundle().Artifacts {
		r.send(Event{Type: ArtifactValid, Deployment: r.result.Deployment, Instance: i.Address(), Message: fmt.Sprintf("%s is a valid %s", artifact.Name, i.ArtifactType(artifact.Name))})
	}
	r.finished(i.Address(), provisioner.Apply)
	return true
}

// union of two lists, sorted, each element once.
func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// attempted is what is recorded of an instance that could not be made: what it was, where
// no step has changed anything.
func attempted(record, next *store.Instance, before []store.Step) *store.Instance {
	same := sameSteps(next.Steps, before)
	switch {
	case same && record != nil:
		was := *record
		was.Deployment = next.Deployment
		return &was
	case same:
		next.Params = nil // nothing was made with them
	}
	return next
}

// sameSteps says that steps are as they were applied before.
func sameSteps(a, b []store.Step) bool {
	return slices.EqualFunc(a, b, func(a, b store.Step) bool {
		return a.Status == b.Status && a.Digest == b.Digest && a.Files == b.Files
	})
}

// find gives what fills a slot while a run goes on: what has been made, or was before.
func (r *run) find(ctx context.Context, slot graph.Slot) (document, bool, error) {
	if strings.HasPrefix(slot.From, "imported:") {
		d, err := r.imported(ctx, slot.From)
		return d, err == nil, err
	}
	if !slot.Local {
		return r.recordedArtifact(ctx, slot.From)
	}
	d, ok := r.recordedIn(r.record(instanceOf(slot.From)), slot.From)
	return d, ok, nil
}

// ready says why an instance cannot be applied now; nil where it can.
func (r *run) ready(a *assembly, record *store.Instance) error {
	var problems tenon.Problems
	for _, slot := range a.Slots() {
		if slices.Contains(a.waits, slot.Name) {
			problems.Add(notDeployed(slot))
		}
	}
	problems.Add(immutable(a, record)...)
	if err := problems.Err(); err != nil {
		return err
	}
	return r.holds(a)
}

// notDeployed is a slot that waits for something outside the environment.
func notDeployed(slot graph.Slot) tenon.Problem {
	environment, _, _ := strings.Cut(instanceOf(slot.From), ".")
	return tenon.Problem{
		Rule: "not-deployed", File: slot.File, Line: slot.Line, Column: slot.Column, Path: tenon.At("connections", slot.Name),
		Message: fmt.Sprintf("%s waits for %s, which is not deployed", slot.Name, slot.From), Hint: "deploy " + environment + " first",
	}
}

// immutable finds params that must not change once deployed, and did.
func immutable(a *assembly, record *store.Instance) (problems tenon.Problems) {
	if record == nil || record.Params == nil {
		return nil
	}
	for _, pattern := range a.Bundle().Params.Immutable() {
		paths := append(value.Expand(record.Params, pattern), value.Expand(a.scope.Params, pattern)...)
		for n, path := range paths {
			before, had := path.Get(record.Params)
			after, has := path.Get(a.scope.Params)
			if had == has && value.Equal(before, after) || slices.Contains(paths[:n], path) {
				continue
			}
			problems.Add(a.ParamProblem(path, "immutable-param", "must not change once it is deployed", "set it back, or destroy the instance first"))
		}
	}
	return problems
}

// changed says why an instance is to be applied; empty where it is as it should be.
func changed(a *assembly, record *store.Instance) string {
	switch {
	case record == nil:
		return "new"
	case record.Status == destroyed:
		return "was destroyed"
	case record.Status == failed:
		return "the last run failed"
	case record.Status != deployed:
		return "the last run was cut off"
	case record.Digest == a.digest && a.digest != "":
		return ""
	case record.Files != a.files.digest && record.Version != a.Bundle().Version:
		return fmt.Sprintf("bundle %s → %s", record.Version, a.Bundle().Version)
	case record.Files != a.files.digest:
		return "the bundle's files have changed"
	case !value.Equal(normal(record.Params), normal(a.scope.Params)):
		return "params have changed"
	case !value.Equal(normal(record.Metadata.Document()), normal(a.scope.Metadata)):
		return "tags or names have changed"
	}
	return "its connections, types, access or tools have changed"
}

func normal(v any) any {
	if m, ok := v.(map[string]any); ok && m == nil {
		return map[string]any{}
	}
	plain, err := value.Normal(v)
	if err != nil {
		panic(fmt.Sprintf("deploy: %v", err)) // documents have been checked where they came in
	}
	return plain
}

// next is the record of an instance while it is applied: what it will be, with the steps
// as they were last run, those that left the bundle behind the others.
func (r *run) next(a *assembly, record *store.Instance) *store.Instance {
	next := &store.Instance{
		Address: a.Address(), Environment: r.address, Component: a.Component(), Bundle: a.Bundle().Name, Version: a.Bundle().Version,
		Files: a.files.digest, Protected: r.env.Protected(), Metadata: a.Metadata(), Params: a.scope.Params,
	}
	for _, slot := range a.Slots() {
		if slot.Source == "" {
			continue
		}
		next.Uses = append(next.Uses, slot.From)
		if producer := instanceOf(slot.From); producer != "" && !slices.Contains(next.DependsOn, producer) {
			next.DependsOn = append(next.DependsOn, producer)
		}
	}
	slices.Sort(next.Uses)
	slices.Sort(next.DependsOn)
	for _, step := range a.Bundle().Steps {
		s := store.Step{Name: step.Name}
		if old := stepOf(record, step.Name); old != nil {
			s = *old
		}
		s.KeepOnDestroy = step.KeepOnDestroy
		next.Steps = append(next.Steps, s)
	}
	if record != nil {
		next.Artifacts, next.Env, next.Applied = record.Artifacts, record.Env, record.Applied
		for _, old := range record.Steps {
			if _, stays := a.Bundle().Step(old.Name); !stays && old.Status != "" && old.Status != destroyed {
				next.Steps = append(next.Steps, old)
			}
		}
	}
	return next
}

// make runs the steps that have changed, with again all, removes what earlier ones made that are no more, and publishes.
func (r *run) make(ctx context.Context, a *assembly, next *store.Instance, again bool) error {
	if err := r.keep(ctx, a.files); err != nil {
		return err
	}
	outputs := map[string]map[string]provisioner.Output{}
	for n, step := range a.Bundle().Steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		in, err := inputsOf(ctx, a, step, a.withOutputs(outputs, ""))
		if err != nil {
			return err
		}
		recorded := &next.Steps[n]
		digest := r.stepDigest(a, step, in)
		if recorded.Status != done || recorded.Digest != digest || again {
			driver, err := r.driver(step)
			if err != nil {
				return err
			}
			req := r.request(a, step, in, recorded)
			if req.Saved, err = r.foretell(ctx, a, step, driver, req, next, digest, outputs); err != nil {
				return err
			}
			before := *recorded
			*recorded = store.Step{
				Name: step.Name, Path: step.Path, Driver: step.Driver, DriverVersion: step.DriverVersion, Tool: a.tools[step.Name],
				KeepOnDestroy: step.KeepOnDestroy, Digest: digest, Files: a.files.digest, Implicit: !step.HasInputs,
				Connections: step.Connections(), Secret: in.secret, Inputs: in.values, Config: step.Config, Providers: in.accounts, Outputs: recorded.Outputs,
			}
			if err := r.execute(ctx, driver, next, recorded, before, req, a.Bundle().Dir); err != nil {
				return err
			}
		}
		outputs[step.Name] = recorded.Outputs
	}
	for n := len(next.Steps) - 1; n >= len(a.Bundle().Steps); n-- {
		if next.Steps[n].KeepOnDestroy {
			continue // what it made stays known
		}
		if err := r.unmake(ctx, next, &next.Steps[n]); err != nil {
			return err
		}
		next.Steps = slices.Delete(next.Steps, n, n+1)
	}
	return r.publish(ctx, a, next, outputs)
}
