package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// foreseen are the outputs of a step that are known before it is applied.
type foreseen struct {
	outputs map[string]provisioner.Output
	all     bool // there are no others
	mocked  bool // they rest on stand-ins
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
	if err := p.keepStandIns(a, plan, known); err != nil {
		return err
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
	made, err := p.foresee(ctx, a, record, known)
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
	if len(in.waits) > 0 {
		planned.Deferred, planned.WaitsFor = true, names(slices.Concat(in.waits, in.mocks, in.account))
		return planned, foreseen{}, nil
	}
	driver, err := p.driver(step)
	if err != nil {
		return planned, foreseen{}, err
	}
	previous := stepBefore(record, step)
	req := p.request(a, step, in, previous)
	at := state{store: p.store, address: a.Address(), step: step.Name}
	if previous != nil {
		at.address, at.step = record.Address, previous.Name // a new name is taken on by the deployment
	}
	req.State = at
	if len(in.mocks)+len(in.account) > 0 {
		return p.mocked(ctx, a, step, driver, req, in)
	}
	planned.Digest = p.stepDigest(a, step, in)
	if previous != nil && previous.Status == done && previous.Digest == planned.Digest && !p.again(a, record) {
		return planned, foreseen{outputs: previous.Outputs, all: true}, nil
	}
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
	return planned, foreseen{outputs: result.Outputs, all: !result.HasChanges()}, nil
}

// mocked plans a step on stand-ins. Where its driver cannot make anything of them, because
// it would read what is not there, or log in to it, the step is deferred.
func (p *planner) mocked(ctx context.Context, a *assembly, step bundle.Step, driver provisioner.Driver, req *provisioner.Request, in inputs) (StepPlan, foreseen, error) {
	planned := StepPlan{Name: step.Name, Driver: step.Driver, Changes: []provisioner.Change{}, WaitsFor: names(slices.Concat(in.mocks, in.account))}
	if len(in.account) > 0 {
		planned.Deferred = true
		return planned, foreseen{}, p.validate(ctx, driver, req, a.Bundle().Dir)
	}
	result, err := p.ask(ctx, driver, req, a.Bundle().Dir)
	switch {
	case err == nil:
		planned.Mocked, planned.Changes = true, append(planned.Changes, result.Changes...)
		return planned, foreseen{outputs: result.Outputs, all: !result.HasChanges(), mocked: true}, nil
	case ctx.Err() != nil:
		return planned, foreseen{}, ctx.Err()
	case errors.Is(err, provisioner.ErrToolMissing), provisioner.ClassOf(err) == provisioner.Transient:
		return planned, foreseen{}, err
	}
	if wrong := p.validate(ctx, driver, req, a.Bundle().Dir); wrong != nil {
		return planned, foreseen{}, wrong
	}
	planned.Deferred, planned.Message = true, err.Error()
	return planned, foreseen{}, nil
}

// validate says what is wrong with a step, whatever its inputs will be. Where nobody can
// say, nothing is.
func (p *planner) validate(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, dir string) error {
	validator, ok := provisioner.As[provisioner.Validator](driver)
	if !ok {
		return nil
	}
	out := p.listen(req.Address, req.Step, dir, "", req)
	_, err := call(ctx, p.options.Abandon, out, func(sink provisioner.Sink) (struct{}, error) { return struct{}{}, validator.Validate(ctx, req, sink) })
	var lost *lostError
	if errors.As(err, &lost) {
		return out.redactError(fmt.Errorf("%s: %w", req.Step, err))
	}
	p.clean(req.WorkDir)
	var errs tenon.Problems
	for _, problem := range tenon.ProblemsOf(err) {
		if problem.Severity == tenon.Error {
			errs.Add(out.place(problem))
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errs.Err() // a driver that cannot say just now has found nothing
}

// names of parts of the scope, sorted, each once: connections.network, steps.key.outputs.id.
func names(paths []tenon.Path) (list []string) {
	for _, path := range paths {
		list = append(list, path.String())
	}
	return union(list, nil)
}

// keepStandIns notes what an instance was planned with: to be compared with what is there
// when it is applied.
func (p *planner) keepStandIns(a *assembly, plan *InstancePlan, known map[string]foreseen) error {
	if !slices.ContainsFunc(plan.Steps, func(s StepPlan) bool { return s.Mocked }) {
		return nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.saved = append(p.saved, savedPlan{a.Address(), "", encode(a.standIns(known))})
	return nil
}

// ask has a driver plan, and takes in what it warns of.
func (p *planner) ask(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, dir string) (*provisioner.Plan, error) {
	plan, err := p.planned(ctx, driver, req, dir, "")
	if err == nil {
		p.mutex.Lock()
		p.problems.Add(plan.Problems...)
		p.mutex.Unlock()
	}
	return plan, err
}

// planned calls a driver and makes sense of its answer.
func (s *session) planned(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, dir, deployment string) (*provisioner.Plan, error) {
	out := s.listen(req.Address, req.Step, dir, deployment, req)
	plan, err := call(ctx, s.options.Abandon, out, func(sink provisioner.Sink) (*provisioner.Plan, error) { return driver.Plan(ctx, req, sink) })
	s.clean(req.WorkDir)
	var lost *lostError
	switch {
	case errors.As(err, &lost):
		return nil, out.redactError(fmt.Errorf("%s: %w", req.Step, err))
	case err != nil:
		return nil, out.redactError(err)
	case plan == nil:
		return nil, fmt.Errorf("%s: the driver gave no plan", req.Step)
	}
	known := *plan
	known.Changes, known.Problems = out.hide(plan.Changes), nil
	known.Outputs = make(map[string]provisioner.Output, len(plan.Outputs))
	for name, output := range plan.Outputs {
		document, err := value.Normal(output.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: output %s: %w", req.Step, name, err)
		}
		known.Outputs[name] = provisioner.Output{Value: document, Sensitive: output.Sensitive}
	}
	for _, problem := range plan.Problems {
		known.Problems.Add(out.place(problem))
	}
	return &known, nil
}

// scopeOf is the scope with the outputs that are known. Those that are read and are not
// known yet are unknown.
func scopeOf(a *assembly, known map[string]foreseen, last string, reads []tenon.Path) *bundle.Scope {
	outputs := make(map[string]map[string]provisioner.Output, len(known))
	for step, f := range known {
		outputs[step] = f.outputs
	}
	scope := a.withOutputs(outputs, last)
	scope.Unknown, scope.Mocked = slices.Clone(scope.Unknown), slices.Clone(scope.Mocked)
	for _, step := range a.Bundle().Steps {
		f, planned := known[step.Name]
		if f.mocked {
			scope.Mocked = append(scope.Mocked, mockedOutputs(step.Name, last)...)
		}
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
