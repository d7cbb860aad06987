package provisioner_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
)

// echo is the driver of the package comment.
type echo struct{}

func (echo) Plan(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Plan, error) {
	return &provisioner.Plan{Changes: []provisioner.Change{{Address: "echo", Action: provisioner.Update}}}, nil
}

func (echo) Apply(_ context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	outputs := map[string]provisioner.Output{}
	if req.Mode == provisioner.Apply {
		for name, value := range req.Inputs {
			outputs[name] = provisioner.Output{Value: value}
		}
	}
	out.Send(provisioner.Event{Kind: provisioner.Log, Message: "echoed"})
	return &provisioner.Result{Outcome: provisioner.Done, Outputs: outputs}, nil
}

func ExampleDriver() {
	drivers := provisioner.Drivers{"echo": echo{}}
	driver, err := drivers.Find("echo")
	if err != nil {
		fmt.Println(err)
		return
	}
	req := &provisioner.Request{Step: "main", Mode: provisioner.Apply, Inputs: map[string]any{"size": "small"}}
	result, err := driver.Apply(context.Background(), req, provisioner.SinkFunc(func(e provisioner.Event) {
		fmt.Println(e.Kind, e.Message)
	}))
	fmt.Println(result.Outcome, result.Outputs["size"].Value, err)
	// Output:
	// log echoed
	// done small <nil>
}

func ExampleUnknownDriverError() {
	drivers := provisioner.Drivers{"terraform": echo{}, "opentofu": echo{}}
	_, err := drivers.Find("terafrom")
	fmt.Println(err)
	_, err = drivers.Find("helm")
	fmt.Println(err)
	_, err = provisioner.Drivers(nil).Find("helm")
	fmt.Println(err)
	// Output:
	// unknown driver "terafrom" (did you mean "terraform"?)
	// unknown driver "helm" (there are "opentofu", "terraform")
	// unknown driver "helm" (there are none)
}

func ExampleToolMissingError() {
	fmt.Println(&provisioner.ToolMissingError{Tool: "OpenTofu", Cure: "install it"})
	fmt.Println(&provisioner.ToolMissingError{Tool: "OpenTofu", Version: "1.10"})
	fmt.Println(&provisioner.ToolMissingError{Tool: "OpenTofu", Version: "1.10", Found: "1.12.6", Cure: "change the step"})
	// Output:
	// OpenTofu is not on this machine (install it)
	// OpenTofu 1.10 is not on this machine
	// OpenTofu 1.10 is wanted, but 1.12.6 is here (change the step)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	missing := fmt.Errorf("shop/dev.db: %w", &provisioner.ToolMissingError{Tool: "Terraform"})
	require.ErrorIs(t, missing, provisioner.ErrToolMissing)
	require.NotErrorIs(t, missing, provisioner.ErrUnsupported)
	var found *provisioner.ToolMissingError
	require.True(t, errors.As(missing, &found))
	require.Equal(t, "Terraform", found.Tool)

	_, err := provisioner.Drivers{"none": nil}.Find("none")
	var unknown *provisioner.UnknownDriverError
	require.ErrorAs(t, err, &unknown, "a driver that was not made is not there")
}

func TestHasChanges(t *testing.T) {
	t.Parallel()
	for action, want := range map[provisioner.Action]bool{
		provisioner.NoOp: false, provisioner.Read: false, provisioner.Create: true,
		provisioner.Update: true, provisioner.Replace: true, provisioner.Delete: true,
	} {
		plan := provisioner.Plan{Changes: []provisioner.Change{{Address: "x", Action: action}}}
		require.Equal(t, want, plan.HasChanges(), action)
	}
	require.False(t, (&provisioner.Plan{}).HasChanges())
	require.True(t, (&provisioner.Plan{OutputChanges: []string{"url"}}).HasChanges())
}
