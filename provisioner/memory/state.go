package memory

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// state is what the driver keeps in Request.State, as JSON.
type state struct {
	Exists  bool                          `json:"exists"`
	Inputs  map[string]any                `json:"inputs"`
	Secret  []string                      `json:"secret,omitempty"` // names of inputs
	Outputs map[string]provisioner.Output `json:"outputs"`
}

func read(ctx context.Context, req *provisioner.Request) (state, error) {
	if err := req.Mode.Check(); err != nil {
		return state{}, err
	}
	for _, address := range req.Replace {
		if address != req.Step {
			return state{}, tenon.Problem{Rule: "unknown-resource", Message: fmt.Sprintf("there is no resource %q to replace", address), Hint: "there is only " + req.Step}
		}
	}
	if req.State == nil {
		return state{}, errors.New("the request has no state to read and write")
	}
	text, err := req.State.Read(ctx)
	if err != nil || len(text) == 0 {
		return state{}, err
	}
	var s state
	if err := unmarshal(text, &s); err != nil {
		return state{}, fmt.Errorf("the state is not one that this driver wrote: %w", err)
	}
	return s, nil
}

// write hands the state over, also after a cancel: what was made is not forgotten.
func write(ctx context.Context, req *provisioner.Request, s state) error {
	ctx = context.WithoutCancel(ctx)
	if !s.Exists {
		return req.State.Write(ctx, nil)
	}
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return req.State.Write(ctx, text)
}

// wanted is the state that a request asks for.
func (d *Driver) wanted(req *provisioner.Request) (state, error) {
	if req.Mode == provisioner.Destroy {
		return state{}, nil
	}
	inputs, err := normal(req.Inputs)
	if err != nil {
		return state{}, err
	}
	outputs := map[string]provisioner.Output{}
	for name, output := range d.options.Outputs(req) {
		if output.Value, err = value.Normal(output.Value); err != nil {
			return state{}, fmt.Errorf("output %s: %w", name, err)
		}
		outputs[name] = output
	}
	return state{Exists: true, Inputs: inputs, Secret: req.Secret, Outputs: outputs}, nil
}

func normal(inputs map[string]any) (map[string]any, error) {
	made := map[string]any{}
	for name, input := range inputs {
		v, err := value.Normal(input)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
		made[name] = v
	}
	return made, nil
}

// change leads from before to after; its action is NoOp where they are the same.
func change(req *provisioner.Request, before, after state) provisioner.Change {
	c := provisioner.Change{Address: req.Step, Type: "memory", Action: provisioner.NoOp}
	switch {
	case !before.Exists && after.Exists:
		c.Action, c.Attributes = provisioner.Create, provisioner.Differences(before.Inputs, after.Inputs, slices.Concat(before.Secret, after.Secret))
	case before.Exists && !after.Exists:
		c.Action = provisioner.Delete
	case before.Exists:
		if c.Attributes = provisioner.Differences(before.Inputs, after.Inputs, slices.Concat(before.Secret, after.Secret)); len(c.Attributes) > 0 {
			c.Action = provisioner.Update
		}
		if len(req.Replace) > 0 {
			c.Action = provisioner.Replace
		}
	}
	return c
}

// differing names the inputs that are not the same, sorted.
func differing(a, b map[string]any) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x, inA := a[name]
		y, inB := b[name]
		if inA != inB || !value.Equal(x, y) {
			names = append(names, name)
		}
	}
	return names
}

func unmarshal(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber() // the one form of a document's numbers
	return decoder.Decode(into)
}
