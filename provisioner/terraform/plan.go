package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Plan says what Apply would do. Plan.Saved holds the tool's own plan; it is applied
// exactly when it is given back in Request.Saved with the state unchanged.
func (d *Driver) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	before, err := d.begin(ctx, req, out)
	if err != nil {
		return nil, err
	}
	if req.Mode == provisioner.Destroy {
		if nothing, err := d.hasNoState(req, before); nothing || err != nil {
			return &provisioner.Plan{Exact: true}, err
		}
	}
	c, err := d.check(ctx, req)
	if err != nil {
		return nil, err
	}
	p, err := d.prepare(ctx, req, c, operationPlan, before, out)
	if err != nil {
		return nil, err
	}
	plan, err := p.plan(ctx, req)
	return plan, p.work.discard(err)
}

func (p *prepared) plan(ctx context.Context, req *provisioner.Request) (*provisioner.Plan, error) {
	file := p.work.path(planName)
	flags, err := p.replacing(ctx, req)
	if err != nil {
		return nil, err
	}
	if req.Mode == provisioner.Destroy {
		flags = append(flags, "-destroy")
	}
	if err := p.planInto(ctx, file, flags...); err != nil {
		return nil, err
	}
	plan := &provisioner.Plan{
		Changes: sortedChanges(p.transcript.planned), OutputChanges: p.transcript.altered,
		Outputs: p.before.outputs(), Exact: true, Problems: p.transcript.problems.Warnings(),
	}
	if plan.Saved, err = p.savePlan(); err != nil {
		return nil, err
	}
	if !plan.HasChanges() && !p.ownState {
		return plan, nil
	}
	return plan, p.explain(ctx, plan, file)
}

// planInto makes the tool's plan file.
func (p *prepared) planInto(ctx context.Context, file string, flags ...string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	pid, done, err := p.start(append([]string{"plan", "-json", "-input=false", "-no-color", "-out=" + file}, flags...))
	if err != nil {
		return err
	}
	if end := p.watch(ctx, pid, done); end.code != 0 {
		return p.failure(ctx, end, provisioner.Failed)
	}
	return nil
}

// explain adds to a plan what only its file knows: which attributes change, and the
// outputs that are known before it is applied.
func (p *prepared) explain(ctx context.Context, plan *provisioner.Plan, file string) error {
	shown, err := p.show(ctx, file)
	if err != nil {
		return err
	}
	attributes := map[string][]provisioner.Attribute{}
	for _, change := range shown.ResourceChanges {
		attributes[p.transcript.secret.Text(change.Address)] = attributesOf(change.Change)
	}
	for i, change := range plan.Changes {
		if change.Action.Changes() && change.Action != provisioner.Delete {
			change.Attributes = attributes[change.Address]
			plan.Changes[i] = change.Hide(p.transcript.secret.Holds)
		}
	}
	plan.Outputs = map[string]provisioner.Output{}
	if shown.PlannedValues == nil {
		return nil
	}
	for name, output := range shown.PlannedValues.Outputs {
		if change := shown.OutputChanges[name]; change != nil && holdsTrue(change.AfterUnknown) {
			continue
		}
		plan.Outputs[name] = provisioner.Output{Value: output.Value, Sensitive: output.Sensitive}
	}
	return nil
}

// show reads a plan file.
func (p *prepared) show(ctx context.Context, file string) (*tfjson.Plan, error) {
	text, err := p.short().run(ctx, "show", "-json", file)
	if err != nil {
		return nil, err
	}
	shown := &tfjson.Plan{}
	shown.UseJSONNumber(true)
	if err := json.Unmarshal(text, shown); err != nil {
		return nil, fmt.Errorf("%s show: %w", p.d.options.Tool.program(), err)
	}
	return shown, nil
}

// savedPlan is the form of Plan.Saved: the tool's plan file without credentials, and the
// provider lock and inputs that it was made with.
type savedPlan struct {
	Tool   Tool   `json:"tool"`
	Plan   []byte `json:"plan"`
	Lock   []byte `json:"lock,omitempty"`
	Inputs []byte `json:"inputs,omitempty"`
	Steps  int    `json:"steps,omitempty"` // that an apply takes: what percent it has come to
}

func (p *prepared) savePlan() ([]byte, error) {
	saved := savedPlan{Tool: p.d.options.Tool, Steps: p.transcript.steps()}
	plan, err := os.ReadFile(p.work.path(planName))
	if err != nil {
		return nil, err
	}
	if saved.Plan, err = exchange(plan, nil); err != nil {
		return nil, err
	}
	if saved.Inputs, err = os.ReadFile(p.work.inside(inputsName)); err != nil {
		return nil, err
	}
	if saved.Lock, err = os.ReadFile(p.work.inside(lockName)); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	return json.Marshal(saved)
}

// restorePlan lays a saved plan where the tool can apply it, with the credentials of this
// request. The inputs are those that it was made with: OpenTofu refuses others, and what is
// ephemeral is not in the plan.
func (p *prepared) restorePlan(text []byte, list []configured) error {
	saved := savedPlan{}
	if err := json.Unmarshal(text, &saved); err != nil || saved.Plan == nil {
		return errors.New("the saved plan is not one that this driver made")
	}
	if saved.Tool != p.d.options.Tool {
		return fmt.Errorf("the saved plan was made by %s, not by %s", saved.Tool.title(), p.d.options.Tool.title())
	}
	if saved.Lock != nil {
		if err := os.WriteFile(p.work.inside(lockName), saved.Lock, 0o600); err != nil {
			return err
		}
	}
	if saved.Inputs != nil {
		if err := os.WriteFile(p.work.inside(inputsName), saved.Inputs, 0o600); err != nil {
			return err
		}
	}
	plan, err := exchange(saved.Plan, list)
	if err != nil {
		return fmt.Errorf("the saved plan cannot be read: %w", err)
	}
	p.transcript.total = saved.Steps
	return os.WriteFile(p.work.path(planName), plan, 0o600)
}
