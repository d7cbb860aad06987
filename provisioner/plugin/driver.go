package plugin

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// Capabilities are those of the driver in the plugin.
func (d *Driver) Capabilities() []provisioner.Capability { return slices.Clone(d.capabilities) }

// Plan calls the driver in the plugin.
func (d *Driver) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	answer, err := d.call(ctx, provisioner.CallPlan, req, out, &protocol.Start{})
	if err == nil && answer.Plan == nil {
		err = fmt.Errorf("the plugin %s gave no plan", d.options.Name)
	}
	return answer.Plan, err
}

// Apply calls the driver in the plugin. Where the plugin dies the outcome is Unknown, and
// the error holds a *DiedError.
func (d *Driver) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	answer, err := d.call(ctx, provisioner.CallApply, req, out, &protocol.Start{})
	return d.result(answer, err)
}

// Recover calls the driver in the plugin.
func (d *Driver) Recover(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	if !d.can(provisioner.CanRecover) {
		return nil, provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallRecover, req, out, &protocol.Start{})
	if answer.Result == nil {
		return nil, err
	}
	return d.result(answer, err)
}

// Validate calls the driver in the plugin.
func (d *Driver) Validate(ctx context.Context, req *provisioner.Request, out provisioner.Sink) error {
	if !d.can(provisioner.CanValidate) {
		return provisioner.ErrUnsupported
	}
	_, err := d.call(ctx, provisioner.CallValidate, req, out, &protocol.Start{})
	return err
}

// Drift calls the driver in the plugin.
func (d *Driver) Drift(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Drift, error) {
	if !d.can(provisioner.CanDrift) {
		return nil, provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallDrift, req, out, &protocol.Start{})
	if err == nil && answer.Drift == nil {
		err = fmt.Errorf("the plugin %s gave no drift", d.options.Name)
	}
	return answer.Drift, err
}

// Import calls the driver in the plugin.
func (d *Driver) Import(ctx context.Context, req *provisioner.Request, address, id string, out provisioner.Sink) (*provisioner.Result, error) {
	if !d.can(provisioner.CanImport) {
		return &provisioner.Result{Outcome: provisioner.Failed}, provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallImport, req, out, &protocol.Start{ImportAddress: address, ImportId: id})
	return d.result(answer, err)
}

// Inspect calls the driver in the plugin.
func (d *Driver) Inspect(ctx context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	if !d.can(provisioner.CanInspect) {
		return nil, provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallInspect, &provisioner.Request{Files: files}, provisioner.Discard, &protocol.Start{Path: path})
	if err == nil && answer.Module == nil {
		err = fmt.Errorf("the plugin %s gave no module", d.options.Name)
	}
	return answer.Module, err
}

// Identity is that of the driver in the plugin, and of the plugin's bytes.
func (d *Driver) Identity(ctx context.Context, want string) (string, error) {
	if !d.can(provisioner.HasVersion) {
		return "", provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallIdentity, &provisioner.Request{}, provisioner.Discard, &protocol.Start{Want: want})
	if err == nil && (answer.Tool == nil || answer.Tool.Identity == "") {
		err = fmt.Errorf("the plugin %s gave no identity", d.options.Name)
	}
	if err != nil {
		return "", err
	}
	return d.copy.digest + " " + answer.Tool.Identity, nil
}

// Version calls the driver in the plugin.
func (d *Driver) Version(ctx context.Context, want string) (name, version string, err error) {
	if !d.can(provisioner.HasVersion) {
		return "", "", provisioner.ErrUnsupported
	}
	answer, err := d.call(ctx, provisioner.CallVersion, &provisioner.Request{}, provisioner.Discard, &protocol.Start{Want: want})
	if err == nil && (answer.Tool == nil || answer.Tool.Name == "" || answer.Tool.Version == "") {
		err = fmt.Errorf("the plugin %s gave no version", d.options.Name)
	}
	if err != nil {
		return "", "", err
	}
	return answer.Tool.Name, answer.Tool.Version, nil
}

func (d *Driver) can(c provisioner.Capability) bool { return slices.Contains(d.capabilities, c) }

var classes = map[provisioner.Outcome]provisioner.Class{provisioner.Failed: provisioner.Permanent, provisioner.Unknown: provisioner.OutcomeUnknown}

// result makes sense of an answer: there is always one, and what a plugin does not say is
// not known.
func (d *Driver) result(answer provisioner.Message, err error) (*provisioner.Result, error) {
	result := answer.Result
	if result == nil {
		result = &provisioner.Result{Outcome: provisioner.Failed}
		if provisioner.ClassOf(err) == provisioner.OutcomeUnknown || err == nil || answer.Call == "" || answer.Version != 0 {
			result.Outcome = provisioner.Unknown
		}
		result.Untouched = result.Outcome == provisioner.Failed // it was never called
		if err == nil {
			err = &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: fmt.Errorf("the plugin %s gave no result", d.options.Name)}
		}
	}
	switch result.Outcome {
	case provisioner.Done:
		if err != nil { // it says both
			result.Outcome = provisioner.Unknown
			err = &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: fmt.Errorf("the plugin %s says that it is done, and that it failed: %w", d.options.Name, err)}
		}
	case provisioner.Failed, provisioner.Unknown:
		if provisioner.ClassOf(err) == provisioner.OutcomeUnknown {
			result.Outcome = provisioner.Unknown
		}
		if err == nil {
			err = &provisioner.Error{Class: classes[result.Outcome], Err: fmt.Errorf("the plugin %s says that it is not done, and not why", d.options.Name)}
		}
	default:
		said := result.Outcome
		result.Outcome = provisioner.Unknown
		if err == nil {
			err = &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: fmt.Errorf("the plugin %s gave the outcome %.40q, which there is not", d.options.Name, said)}
		}
	}
	result.Untouched = result.Untouched && result.Outcome == provisioner.Failed
	return result, err
}
