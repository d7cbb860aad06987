package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// stepOf gives the plan of a step; nil where there is none.
func (p *Plan) stepOf(address, step string) *StepPlan {
	if p == nil || p.of(address) == nil {
		return nil
	}
	steps := p.of(address).Steps
	n := slices.IndexFunc(steps, func(s StepPlan) bool { return s.Name == step })
	if n < 0 {
		return nil
	}
	return &steps[n]
}

// replan plans a step again that was planned on stand-ins, or not at all, and refuses it
// where it would do more than was approved, or a gate denies it. saved is the tool's own plan, to be applied
// exactly, where it keeps one.
func (r *run) replan(ctx context.Context, a *assembly, step bundle.Step, driver provisioner.Driver, req *provisioner.Request, was *StepPlan, record *store.Instance, outputs map[string]map[string]provisioner.Output) (saved []byte, err error) {
	plan, err := r.look(ctx, driver, req, a.Bundle().Dir)
	if err != nil {
		return nil, err
	}
	kept, err := r.store.SavedPlan(ctx, r.plan.Digest, a.Address(), "")
	if err != nil {
		return nil, err
	}
	stands, err := readStandIns(kept)
	if err != nil {
		return nil, fmt.Errorf("%s: what it was planned with: %w", step.Name, err)
	}
	if found := worse(*was, plan.Changes, pairs(stands, a.withOutputs(outputs, ""))); len(found) > 0 {
		if err := r.approve(ctx, &WorseError{a.Address(), found}); err != nil {
			return nil, err
		}
	}
	if err := r.passStep(ctx, a.Address(), madeOf(record), stepPlan(step.Name, step.Driver, plan)); err != nil || !plan.Exact {
		return nil, err
	}
	return plan.Saved, nil
}

// approve asks whoever may say yes. The yes is in the audit before anything is done.
func (r *run) approve(ctx context.Context, worse *WorseError) error {
	if r.options.Approve == nil {
		return worse
	}
	if err := r.options.Approve(ctx, worse); err != nil {
		return fmt.Errorf("%w: %w", err, worse)
	}
	details := map[string]string{"deployment": r.result.Deployment, "plan": r.plan.Digest}
	for n, c := range worse.Changes {
		details[fmt.Sprintf("change %d", n+1)] = c.String()
	}
	return r.store.Audit(ctx, store.AuditEvent{Who: r.options.RequestedBy, What: "approve", Address: worse.Instance, Details: details})
}

// rested says which inputs are not what a plan knew of them: of an instance that was planned
// on stand-ins, what was none. It is asked when everything is there.
func (s *session) rested(a *assembly, was *InstancePlan) *StalePlanError {
	stale := &StalePlanError{}
	now := maps.Clone(a.parts)
	for name := range now {
		if _, known := was.Inputs[name]; !known && (name == "access" || strings.HasPrefix(name, "connection ")) {
			delete(now, name)
		}
	}
	stale.compare(a.Address(), was.Inputs, now)
	for _, m := range was.Mocked {
		if m.Rest != s.restDigest(a, m.Slot, m.Paths) {
			stale.Changed = append(stale.Changed, StaleInput{a.Address(), "connection " + m.Slot})
		}
	}
	if len(stale.Changed) == 0 {
		return nil
	}
	return stale
}
