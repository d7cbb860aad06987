package provisioner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
)

type kept struct {
	text []byte
	fail error
}

func (k *kept) Read(context.Context) ([]byte, error) { return k.text, nil }

func (k *kept) Write(_ context.Context, text []byte) error {
	if k.fail == nil {
		k.text = text
	}
	return k.fail
}

func ExampleFunc() {
	teams := map[string]any{}
	driver := provisioner.Func(func(_ context.Context, req *provisioner.Request, _ provisioner.Sink) (map[string]provisioner.Output, error) {
		if req.Mode == provisioner.Destroy {
			delete(teams, req.Address)
			return nil, nil
		}
		teams[req.Address] = req.Inputs["members"]
		return map[string]provisioner.Output{"id": {Value: "team-1"}}, nil
	})
	ctx := context.Background()
	req := &provisioner.Request{Address: "shop/dev.team", Step: "main", Inputs: map[string]any{"members": 3}, State: &kept{}}
	plan, err := driver.Plan(ctx, req, provisioner.Discard)
	fmt.Println(plan.Changes[0].Action, plan.Changes[0].Address, err)
	result, err := driver.Apply(ctx, req, provisioner.Discard)
	fmt.Println(result.Outcome, result.Outputs["id"].Value, teams, err)
	// Output:
	// create main <nil>
	// done team-1 map[shop/dev.team:3] <nil>
}

func TestFunc(t *testing.T) {
	t.Parallel()
	var asked []provisioner.Mode
	var fail error
	explode := false
	driver := provisioner.Func(func(_ context.Context, req *provisioner.Request, _ provisioner.Sink) (map[string]provisioner.Output, error) {
		asked = append(asked, req.Mode)
		if explode {
			panic("secret-of-the-function")
		}
		return map[string]provisioner.Output{"size": {Value: req.Inputs["size"]}}, fail
	})
	ctx, state := t.Context(), &kept{}
	req := &provisioner.Request{Step: "main", Mode: provisioner.Destroy, Inputs: map[string]any{"size": 2, "password": "hunter2"}, Secret: []string{"password"}, State: state}
	apply := func() (*provisioner.Result, error) { return driver.Apply(ctx, req, provisioner.Discard) }

	result, err := apply()
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Empty(t, asked, "there is nothing to destroy")

	req.Mode, fail = provisioner.Apply, errors.New("no room")
	result, err = apply()
	require.ErrorIs(t, err, fail)
	require.Equal(t, provisioner.Failed, result.Outcome)
	require.NotNil(t, state.text, "a destroy has to know that it was begun")
	plan, err := driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Create, plan.Changes[0].Action)
	require.Equal(t, []provisioner.Attribute{{Path: "password", Sensitive: true}, {Path: "size", After: json.Number("2")}}, plan.Changes[0].Attributes)

	fail = nil
	result, err = apply()
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Equal(t, plan.Changes, result.Changes)
	again, err := apply()
	require.NoError(t, err)
	require.Empty(t, again.Changes)
	require.Equal(t, result.Outputs, again.Outputs)
	plan, err = driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.False(t, plan.HasChanges())
	require.Equal(t, result.Outputs, plan.Outputs)

	// A saved plan is applied as it was, once.
	req.Inputs = map[string]any{"size": 3}
	plan, err = driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	saved := *req
	saved.Inputs, saved.Saved = nil, plan.Saved
	result, err = driver.Apply(ctx, &saved, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, json.Number("3"), result.Outputs["size"].Value)
	_, err = driver.Apply(ctx, &saved, provisioner.Discard)
	require.ErrorContains(t, err, "stale")
	saved.Saved = []byte("{}")
	_, err = driver.Apply(ctx, &saved, provisioner.Discard)
	require.EqualError(t, err, "the saved plan is not one that this driver made")

	// A panic leaves the outcome unknown, and a change to be made again.
	explode, req.Inputs = true, map[string]any{"size": 4}
	result, err = apply()
	require.EqualError(t, err, "the function panicked")
	require.Equal(t, provisioner.OutcomeUnknown, provisioner.ClassOf(err))
	require.Equal(t, provisioner.Unknown, result.Outcome)
	require.Equal(t, json.Number("3"), result.Outputs["size"].Value)
	explode = false
	plan, err = driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Update, plan.Changes[0].Action)

	fail = &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: errors.New("the connection broke after it was sent")}
	result, err = apply()
	require.ErrorIs(t, err, fail)
	require.Equal(t, provisioner.Unknown, result.Outcome)
	fail = nil

	state.fail = errors.New("disk full")
	before := len(asked)
	_, err = apply()
	require.EqualError(t, err, "the state cannot be kept: disk full")
	require.Len(t, asked, before, "what cannot be kept is not begun")
	state.fail = nil

	req.Mode = provisioner.Destroy
	result, err = apply()
	require.NoError(t, err)
	require.Equal(t, provisioner.Delete, result.Changes[0].Action)
	require.Nil(t, state.text)

	canceled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = driver.Apply(canceled, req, provisioner.Discard)
	require.Equal(t, provisioner.Canceled, provisioner.ClassOf(err))
	_, err = driver.Plan(canceled, req, provisioner.Discard)
	require.ErrorIs(t, err, context.Canceled)
	state.text = []byte("not JSON")
	_, err = apply()
	require.EqualError(t, err, "the state is not one that this driver wrote")
	req.State = nil
	_, err = apply()
	require.EqualError(t, err, "the request has no state to read and write")
}
