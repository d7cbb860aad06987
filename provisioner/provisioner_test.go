package provisioner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
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
	driver, err := drivers.Find("echo", "")
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
	_, err := drivers.Find("terafrom", "")
	fmt.Println(err)
	_, err = drivers.Find("helm", "")
	fmt.Println(err)
	_, err = provisioner.Drivers(nil).Find("helm", "")
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

	_, err := provisioner.Drivers{"none": nil}.Find("none", "")
	var unknown *provisioner.UnknownDriverError
	require.ErrorAs(t, err, &unknown, "a driver that was not made is not there")
}

func TestHasChanges(t *testing.T) {
	t.Parallel()
	for action, want := range map[provisioner.Action]bool{
		provisioner.NoOp: false, provisioner.Read: false, provisioner.Create: true,
		provisioner.Update: true, provisioner.Replace: true, provisioner.Delete: true,
		provisioner.Import: false, provisioner.Forget: false,
	} {
		plan := provisioner.Plan{Changes: []provisioner.Change{{Address: "x", Action: action}}}
		require.Equal(t, want, plan.HasChanges(), action)
	}
	require.False(t, (&provisioner.Plan{}).HasChanges())
	require.True(t, (&provisioner.Plan{OutputChanges: []string{"url"}}).HasChanges())
}

func TestFindByVersion(t *testing.T) {
	t.Parallel()
	any, minor, patch := provisioner.Func(nil), memory{"1.9"}, memory{"1.9.8"}
	drivers := provisioner.Drivers{"terraform": any, "terraform:1.9": minor, "terraform:1.9.8": patch, "tofu:1.10": minor}
	for _, test := range []struct {
		name, version string
		want          provisioner.Driver
	}{
		{"terraform", "1.9", minor}, {"terraform", "1.9.8", patch}, {"terraform", "1.9.7", minor}, {"terraform", "1.9.8-rc1", patch}, {"tofu", "1.10", minor},
	} {
		found, err := drivers.Find(test.name, test.version)
		require.NoError(t, err)
		require.Equal(t, test.want, found, test.version)
	}
	for _, version := range []string{"", "1.90", "2"} {
		found, err := drivers.Find("terraform", version)
		require.NoError(t, err)
		require.NotEqual(t, minor, found, version)
	}
	_, err := drivers.Find("tofu", "1.1")
	require.EqualError(t, err, `unknown driver "tofu:1.1" (did you mean "tofu:1.10"?)`)
}

// memory is a driver that can be told from another.
type memory struct{ version string }

func (memory) Plan(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Plan, error) {
	return nil, provisioner.ErrUnsupported
}

func (memory) Apply(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Result, error) {
	return nil, provisioner.ErrUnsupported
}

func (memory) Identity(context.Context, string) (string, error) { return "memory", nil }

func (m memory) Version(context.Context, string) (string, string, error) {
	return "memory", m.version, nil
}

func (memory) Recover(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Result, error) {
	return nil, nil
}

// standIn has every method, and only one power.
type standIn struct{ memory }

func (standIn) Capabilities() []provisioner.Capability {
	return []provisioner.Capability{provisioner.CanRecover, provisioner.CanDrift}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	require.Empty(t, provisioner.Capabilities(echo{}))
	require.Equal(t, []provisioner.Capability{provisioner.CanRecover, provisioner.HasVersion}, provisioner.Capabilities(memory{}))
	require.Equal(t, []provisioner.Capability{provisioner.CanRecover}, provisioner.Capabilities(standIn{}), "not drift: it has no such method")
	_, ok := provisioner.As[provisioner.Versioned](standIn{})
	require.False(t, ok)
	_, ok = provisioner.As[provisioner.Recoverer](standIn{})
	require.True(t, ok)
	_, ok = provisioner.As[provisioner.Versioned](memory{})
	require.True(t, ok)
	_, ok = provisioner.As[provisioner.Driver](standIn{})
	require.True(t, ok, "what is no optional interface is only asserted")
}

func TestFailureKeepsWhatCanBeAsked(t *testing.T) {
	t.Parallel()
	tool := &provisioner.ToolMissingError{Tool: "Terraform", Version: "1.9", Cure: "install it"}
	problems := tenon.Problems{{Severity: tenon.Warning, Rule: "r", File: "main.tf", Line: 3, Path: tenon.At("a", 0), Message: "m", Hint: "h"}, {Rule: "s", Message: "n"}}
	for _, test := range []struct {
		err   error
		class provisioner.Class
	}{
		{errors.New("no room"), provisioner.Permanent},
		{fmt.Errorf("apply was interrupted: %w", context.Canceled), provisioner.Canceled},
		{fmt.Errorf("apply was interrupted: %w", context.DeadlineExceeded), provisioner.Deadline},
		{&provisioner.Error{Class: provisioner.Transient, After: time.Second, Err: errors.New("throttled")}, provisioner.Transient},
		{&provisioner.Error{Class: provisioner.OutcomeUnknown, Err: errors.New("died")}, provisioner.OutcomeUnknown},
		{fmt.Errorf("destroy: %w", provisioner.ErrUnsupported), provisioner.Unsupported},
		{fmt.Errorf("main: %w", tool), provisioner.Permanent},
		{fmt.Errorf("main: %w", problems), provisioner.Permanent},
	} {
		text, err := json.Marshal(provisioner.FailureOf(test.err))
		require.NoError(t, err)
		var read provisioner.Failure
		require.NoError(t, json.Unmarshal(text, &read))
		again := read.Err()
		require.EqualError(t, again, test.err.Error())
		require.Equal(t, test.class, provisioner.ClassOf(test.err))
		require.Equal(t, test.class, provisioner.ClassOf(again))
		for _, target := range []error{context.Canceled, context.DeadlineExceeded, provisioner.ErrUnsupported, provisioner.ErrToolMissing} {
			require.Equal(t, errors.Is(test.err, target), errors.Is(again, target), "%v as %v", test.err, target)
		}
		require.Equal(t, tenon.ProblemsOf(test.err).Sorted(), tenon.ProblemsOf(again))
		var one, other *provisioner.Error
		require.Equal(t, errors.As(test.err, &one), errors.As(again, &other))
		if one != nil {
			require.Equal(t, one.After, other.After)
			require.EqualError(t, other, test.err.Error())
		}
		var first, second *provisioner.ToolMissingError
		require.Equal(t, errors.As(test.err, &first), errors.As(again, &second))
		require.Equal(t, first, second)
	}
	require.Nil(t, provisioner.FailureOf(nil))
	require.NoError(t, (*provisioner.Failure)(nil).Err())
	require.Empty(t, provisioner.ClassOf(nil))
}

func TestHide(t *testing.T) {
	t.Parallel()
	change := provisioner.Change{Action: provisioner.Update, Attributes: []provisioner.Attribute{
		{Path: "plain", Before: "a", After: "b"},
		{Path: "inside", After: map[string]any{"list": []any{"x", json.Number("4711")}}},
		{Path: "key", Before: map[string]any{"hunter2": true}},
	}}
	hidden := change.Hide(func(text string) bool { return text == "4711" || text == "hunter2" })
	require.Equal(t, []provisioner.Attribute{
		{Path: "plain", Before: "a", After: "b"}, {Path: "inside", Sensitive: true}, {Path: "key", Sensitive: true},
	}, hidden.Attributes)
	require.NotNil(t, change.Attributes[1].After, "the change itself is left as it was")
	require.Equal(t, []string{"inside", "key", "plain"}, change.Names())
	require.Equal(t, []string{"tags"}, provisioner.Change{Attributes: []provisioner.Attribute{{Path: "tags.a"}, {Path: "tags.b"}}}.Names())
}
