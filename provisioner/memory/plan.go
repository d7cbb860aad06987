package memory

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// savedPlan is the form of Plan.Saved.
type savedPlan struct {
	Before string `json:"before"` // digest of the state it was made on
	After  state  `json:"after"`
}

// Plan says what Apply would do. Outputs are known only where nothing changes: as with a
// real tool, they come from what is made.
func (d *Driver) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	if err := d.settle(ctx, req); err != nil {
		return nil, err
	}
	if err := d.begin(ctx, Plan, req); err != nil {
		return nil, err
	}
	before, err := read(ctx, req)
	if err != nil {
		return nil, err
	}
	after, err := d.wanted(req)
	if err != nil {
		return nil, err
	}
	plan := &provisioner.Plan{Exact: true, Outputs: map[string]provisioner.Output{}}
	if plan.Saved, err = json.Marshal(savedPlan{Before: digest(before), After: after}); err != nil {
		return nil, err
	}
	plan.OutputChanges = differing(values(before), values(after))
	c := change(req, before, after)
	if c.Action == provisioner.NoOp {
		plan.Outputs = before.Outputs
		return plan, nil
	}
	plan.Changes = []provisioner.Change{c}
	out.Send(provisioner.Event{
		Kind: provisioner.ResourcePlanned, Time: time.Now().UTC(), Resource: c.Address, Action: c.Action,
		Message: c.Address + ": plan to " + string(c.Action),
	})
	return plan, nil
}

// restore gives what a saved plan leads to, if the state is still the one it was made on.
func restore(saved []byte, before state) (state, error) {
	var plan savedPlan
	if err := unmarshal(saved, &plan); err != nil || plan.Before == "" {
		return state{}, errors.New("the saved plan is not one that this driver made")
	}
	if plan.Before != digest(before) {
		return state{}, errors.New("the saved plan is stale: the state has changed since it was made")
	}
	return plan.After, nil
}

// digest tells one state from another. It stays in the saved plan, which is sealed.
func digest(s state) string {
	v, err := value.Normal(s)
	if err != nil {
		return ""
	}
	return value.Digest(v)
}

func values(s state) map[string]any {
	found := map[string]any{}
	for name, output := range s.Outputs {
		found[name] = output.Value
	}
	return found
}
