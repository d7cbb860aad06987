package command

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// kept is what the driver keeps of a step in Request.State.
type kept struct {
	Version int                           `json:"version"`
	Inputs  map[string]any                `json:"inputs"`
	Secret  []string                      `json:"secret,omitempty"`
	Outputs map[string]provisioner.Output `json:"outputs,omitempty"`
	// Made says that the program has succeeded once; Begun that it was run since then, and
	// has not.
	Made  bool   `json:"made,omitempty"`
	Begun bool   `json:"begun,omitempty"`
	Own   []byte `json:"own,omitempty"` // what the program keeps
}

const stateVersion = 1

// outputs are never nil.
func (k *kept) outputs() map[string]provisioner.Output {
	if k == nil || k.Outputs == nil {
		return map[string]provisioner.Output{}
	}
	return k.Outputs
}

// readState gives nil where there is none.
func readState(text []byte) (*kept, error) {
	if len(text) == 0 {
		return nil, nil
	}
	state := &kept{}
	if err := decode(text, state); err != nil || state.Version == 0 {
		return nil, errors.New("the state is not one that this driver wrote")
	}
	if state.Version > stateVersion {
		return nil, fmt.Errorf("the state has version %d, and this driver knows %d: take a newer one", state.Version, stateVersion)
	}
	return state, nil
}

// write hands the state over, also after a cancel: what was made is not forgotten.
func (k *kept) write(ctx context.Context, to provisioner.State) error {
	var text []byte
	if k != nil {
		var err error
		if text, err = json.Marshal(k); err != nil {
			return err
		}
	}
	if err := to.Write(context.WithoutCancel(ctx), text); err != nil {
		return fmt.Errorf("the state cannot be kept: %w", err)
	}
	return nil
}

// change is what happens to the one resource that a step is whose program names none.
func (k *kept) change(req *provisioner.Request) provisioner.Change {
	c := provisioner.Change{Address: req.Step, Type: "command", Action: provisioner.NoOp}
	switch {
	case k == nil && req.Mode == provisioner.Destroy:
	case req.Mode == provisioner.Destroy:
		c.Action = provisioner.Delete
	case k == nil || !k.Made:
		c.Action, c.Attributes = provisioner.Create, provisioner.Differences(nil, req.Inputs, req.Secret)
	default:
		c.Attributes = provisioner.Differences(k.Inputs, req.Inputs, slices.Concat(k.Secret, req.Secret))
		if k.Begun || len(c.Attributes) > 0 {
			c.Action = provisioner.Update
		}
		if len(req.Replace) > 0 {
			c.Action = provisioner.Replace
		}
	}
	return c
}

// savedPlan is the form of Plan.Saved.
type savedPlan struct {
	State       string           `json:"state"`  // digest of that on which it was made
	Bundle      string           `json:"bundle"` // digest of files and config
	Mode        provisioner.Mode `json:"mode"`
	Inputs      map[string]any   `json:"inputs"`
	Secret      []string         `json:"secret,omitempty"`
	Connections []string         `json:"connections,omitempty"`
	Replace     []string         `json:"replace,omitempty"`
	Plan        json.RawMessage  `json:"plan,omitempty"` // of the program
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// digestOfBundle is over what a program is run with beside its inputs.
func digestOfBundle(req *provisioner.Request) (string, error) {
	sum := sha256.New()
	config, err := value.Normal(any(req.Config))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(sum, "%q %s\n", req.Path, value.Canonical(config))
	err = fs.WalkDir(req.Files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := fs.Stat(req.Files, name)
		if err != nil || !info.Mode().IsRegular() {
			return err
		}
		text, err := fs.ReadFile(req.Files, name)
		fmt.Fprintf(sum, "%q %t %s\n", name, info.Mode()&0o100 != 0, digestOf(text))
		return err
	})
	return hex.EncodeToString(sum.Sum(nil)), err
}

// restore brings a request back to what a plan was made with.
func (j *job) restore(saved []byte) error {
	plan := savedPlan{}
	if err := decode(saved, &plan); err != nil || plan.State == "" {
		return errors.New("the saved plan is not one that this driver made")
	}
	bundle, err := digestOfBundle(j.req)
	switch {
	case err != nil:
		return err
	case plan.State != digestOf(j.text):
		return errors.New("the saved plan is stale: the state has changed since it was made")
	case plan.Bundle != bundle:
		return errors.New("the saved plan is stale: the bundle or its config has changed since it was made")
	case plan.Mode != j.req.Mode:
		return fmt.Errorf("the saved plan is one for %s", plan.Mode)
	}
	j.req.Inputs, j.req.Secret, j.req.Connections, j.req.Replace = plan.Inputs, plan.Secret, plan.Connections, plan.Replace
	j.planned = plan.Plan
	return nil
}

// decode keeps numbers as documents have them.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}
