package deploy

import (
	"context"

	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// foretell gives what a driver needs to apply just what was allowed: the tool's own plan
// where one is kept. With gates a step that no plan has told them of is planned first.
func (r *run) foretell(ctx context.Context, a *assembly, step bundle.Step, driver provisioner.Driver, req *provisioner.Request, record *store.Instance, digest string, outputs map[string]map[string]provisioner.Output) (saved []byte, err error) {
	was := r.plan.stepOf(a.Address(), step.Name)
	switch {
	case was != nil && was.Digest == "":
		return r.replan(ctx, a, step, driver, req, was, record, outputs)
	case was == nil && len(r.options.Gates) > 0:
		plan, err := r.look(ctx, driver, req, a.Bundle().Dir)
		if err != nil {
			return nil, err
		}
		if err := r.passStep(ctx, a.Address(), madeOf(record), stepPlan(step.Name, step.Driver, plan)); err != nil || !plan.Exact {
			return nil, err
		}
		return plan.Saved, nil
	}
	return r.plan.saved(ctx, r.store, a, step.Name, digest)
}

// look plans a step just before it is applied.
func (r *run) look(ctx context.Context, driver provisioner.Driver, req *provisioner.Request, dir string) (*provisioner.Plan, error) {
	looking := *req
	looking.State = state{store: r.store, address: req.Address, step: req.Step}
	return r.planned(ctx, driver, &looking, dir, r.result.Deployment)
}

// passRemoval asks the gates about the destroy of a step that no plan has told them of.
func (r *run) passRemoval(ctx context.Context, driver provisioner.Driver, record *store.Instance, step *store.Step, req *provisioner.Request) error {
	if len(r.options.Gates) == 0 || r.plan.stepOf(record.Address, step.Name) != nil {
		return nil
	}
	plan, err := r.look(ctx, driver, req, record.Bundle+"@"+record.Version)
	if err != nil {
		return err
	}
	action := Delete
	if r.env != nil && r.env.Instance(record.Address) != nil {
		action = Update // the instance stays without the step
	}
	return r.passStep(ctx, record.Address, action, stepPlan(step.Name, step.Driver, plan))
}

func stepPlan(name, driver string, plan *provisioner.Plan) StepPlan {
	return StepPlan{Name: name, Driver: driver, Changes: append([]provisioner.Change{}, plan.Changes...), Exact: plan.Exact}
}

// madeOf is Create for an instance that was never applied whole.
func madeOf(record *store.Instance) string {
	if record.Applied.IsZero() {
		return Create
	}
	return Update
}
