package deploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// foreseen are the outputs of a step that are known before it is applied.
type foreseen struct {
	outputs map[string]provisioner.Output
	all     bool // there are no others
}

// steps plans the steps of an instance, and what it will make as far as that is known.
func (p *planner) steps(ctx context.Context, a *assembly, record *store.Instance, plan *InstancePlan) error {
	known := map[string]foreseen{}
	for _, step := range a.Bundle().Steps {
		planned, outputs, err := p.step(ctx, a, step, record, known)
		plan.Steps = append(plan.Steps, planned)
		if err != nil {
			return err
		}
		known[step.Name] = outputs
	}
	if record != nil {
		for _, old := range slices.Backward(record.Steps) {
			isOld := func(step bundle.Step) bool {
				return stepBefore(record, step) != nil && stepBefore(record, step).Name == old.Name
			}
			if old.KeepOnDestroy || old.Status == "" || old.Status == destroyed || slices.ContainsFunc(a.Bundle().Steps, isOld) {
				continue
			}
			planned, err := p.removal(ctx, record, &old)
			plan.Steps = append(plan.Steps, planned)
			if err != nil {
				return err
			}
		}
	}
	made, err := p.foresee(ctx, a, known)
	p.makes(a.Address(), made)
	return err
}

// step plans one step, and gives the outputs that it will have.
func (p *planner) step(ctx context.Context, a *assembly, step bundle.Step, record *store.Instance, known map[string]foreseen) (StepPlan, foreseen, error) {
	planned := StepPlan{Name: step.Name, Driver: step.Driver, Changes: []provisioner.Change{}}
	in, err := inputsOf(ctx, a, step, scopeOf(a, known, "", step.Reads()))
	if err != nil {
		return planned, foreseen{}, err
	}
	if !in.known {
		planned.Deferred = true
		return planned, foreseen{}, nil
	}
	previous := stepBefore(record, step)
	planned.Digest = p.stepDigest(a, step, in)
	if previous != nil && previous.Status == done && previous.Digest == planned.Digest {
		return planned, foreseen{previous.Outputs, true}, nil
	}
	driver, err := p.driver(step)
	if err != nil {
		return planned, foreseen{}, err
	}
	req := p.request(a, step, in, previous)
	at := state{store: p.store, address: a.Address(), step: step.Name}
	if previous != nil {
		at.address, at.step = record.Address, previous.Name // a new name is taken on by the deployment
	}
	req.State = at
	result, err := p.ask(ctx, driver, req, a.Bundle().Dir)
	if err != nil {
		return planned, foreseen{}, err
	}
	planned.Changes = append(planned.Changes, result.Changes...)
	if result.Exact && result.Saved != nil {
		planned.Exact = true
		p.mutex.Lock()
		p.saved = append(p.saved, savedPlan{a.Address(), step.Name, result.Saved})
		p.mutex.Unlock()
	}
	return planned, foreseen{result.Outputs, !result.HasChanges()}, nil
}

// ask calls a driver and makes sense of its answer.
func (p *planner) ask(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, dir string) (plan *provisioner.Plan, err error) {
	out := p.listen(req.Address, req.Step, dir, "", req)
	defer func() {
		if cause := recover(); cause != nil {
			plan, err = nil, out.redactError(fmt.Errorf("%s: the driver panicked: %v", req.Step, cause))
		}
	}()
	plan, err = driver.Plan(ctx, req, out)
	p.clean(req.WorkDir)
	switch {
	case err != nil:
		return nil, out.redactError(err)
	case plan == nil:
		return nil, fmt.Errorf("%s: the driver gave no plan", req.Step)
	}
	known := *plan
	known.Changes = out.hide(plan.Changes)
	known.Outputs = make(map[string]provisioner.Output, len(plan.Outputs))
	for name, output := range plan.Outputs {
		document, err := value.Normal(output.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: output %s: %w", req.Step, name, err)
		}
		known.Outputs[name] = provisioner.Output{Value: document, Sensitive: output.Sensitive}
	}
	p.mutex.Lock()
	for _, problem := range plan.Problems {
		p.problems.Add(out.place(problem))
	}
	p.mutex.Unlock()
	return &known, nil
}

// foresee works out the artifacts that are known beforehand. One that is not valid is found
// before anything is made.
func (p *planner) foresee(ctx context.Context, a *assembly, known map[string]foreseen) (map[string]document, error) {
	made := map[string]document{}
	var problems tenon.Problems
	for _, artifact := range a.Bundle().Artifacts {
		scope := scopeOf(a, known, lastStep(a.Bundle()), artifact.Reads())
		v, err := artifact.Evaluate(ctx, scope)
		if err == nil && !v.Known() {
			continue
		}
		secret := redact.New(secrets(scope)...)
		if err == nil {
			_, err = valid(a, artifact, v, scope)
		}
		if err != nil {
			for _, p := range problemsOf("invalid-artifact", err) {
				problems.Add(secret.Problem(p))
			}
			continue
		}
		made[artifact.Name] = p.document(p.artifact(a.ArtifactType(artifact.Name), v.Value, secret, derived(ctx, artifact, v, scope)))
	}
	return made, problems.Err()
}

// scopeOf is the scope with the outputs that are known. Those that are read and are not
// known yet are unknown.
func scopeOf(a *assembly, known map[string]foreseen, last string, reads []tenon.Path) *bundle.Scope {
	outputs := make(map[string]map[string]provisioner.Output, len(known))
	for step, f := range known {
		outputs[step] = f.outputs
	}
	scope := a.withOutputs(outputs, last)
	scope.Unknown = slices.Clone(scope.Unknown)
	for _, step := range a.Bundle().Steps {
		f, planned := known[step.Name]
		if f.all || !planned && last == "" {
			continue // a step that comes later has no outputs, now or ever
		}
		scope.Unknown = append(scope.Unknown, unknownOutputs(tenon.At("steps", step.Name, "outputs"), f.outputs, reads)...)
		if step.Name == last {
			scope.Unknown = append(scope.Unknown, unknownOutputs(tenon.At("outputs"), f.outputs, reads)...)
		}
	}
	return scope
}

// unknownOutputs are the outputs below base that are read and not known. Which ones a step
// has is not known either, so that reading all of them is reading what is unknown.
func unknownOutputs(base tenon.Path, known map[string]provisioner.Output, reads []tenon.Path) (paths []tenon.Path) {
	for _, read := range reads {
		path := base
		switch {
		case base.Contains(read) && read.Len() > base.Len():
			name, _ := read.Steps()[base.Len()].(string)
			if name != "" && name != "*" {
				if _, there := known[name]; there {
					continue
				}
				path = base.Append(name)
			}
		case !value.Overlaps(base, read):
			continue
		}
		if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}
