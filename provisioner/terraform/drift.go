package terraform

import (
	"cmp"
	"context"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Drift says how what exists differs from the state of the last run. It changes neither,
// and starts no process for a step that has no state. The module and its inputs do not
// matter to it beyond the configuration of its providers.
func (d *Driver) Drift(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Drift, error) {
	before, err := d.begin(ctx, req, out)
	if err != nil {
		return nil, err
	}
	if nothing, err := d.hasNoState(req, before); nothing || err != nil {
		return &provisioner.Drift{}, err
	}
	c, err := d.check(ctx, req)
	if err != nil {
		return nil, err
	}
	p, err := d.prepare(ctx, req, c, operationPlan, before, out)
	if err != nil {
		return nil, err
	}
	drift, err := p.drift(ctx)
	return drift, p.work.discard(err)
}

func (p *prepared) drift(ctx context.Context) (*provisioner.Drift, error) {
	file := p.work.path(planName)
	if err := p.planInto(ctx, file, "-refresh-only"); err != nil {
		return nil, err
	}
	shown, err := p.show(ctx, file)
	if err != nil {
		return nil, err
	}
	drift := &provisioner.Drift{Problems: p.transcript.problems.Warnings()}
	for _, found := range shown.ResourceDrift {
		if change, ok := p.drifted(found); ok {
			drift.Changes = append(drift.Changes, change)
		}
	}
	slices.SortFunc(drift.Changes, func(a, b provisioner.Change) int { return cmp.Compare(a.Address, b.Address) })
	return drift, nil
}

// drifted is one resource that is not as the state has it. What has only moved in the
// module is as it was.
func (p *prepared) drifted(found *tfjson.ResourceChange) (provisioner.Change, bool) {
	change := provisioner.Change{Address: p.transcript.secret.Text(found.Address), Type: found.Type, Action: provisioner.Update}
	switch {
	case found.Change == nil || found.Mode == tfjson.DataResourceMode:
		return change, false
	case found.Change.Actions.Delete():
		change.Action = provisioner.Delete
		return change, true
	}
	// Providers read back an empty list where nothing was written, and the other way round.
	change.Attributes = slices.DeleteFunc(attributesOf(found.Change), func(a provisioner.Attribute) bool {
		return !a.Sensitive && !a.Unknown && isNothing(a.Before) && isNothing(a.After)
	})
	return change.Hide(p.transcript.secret.Holds), len(change.Attributes) > 0
}

func isNothing(document any) bool {
	switch v := document.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}
