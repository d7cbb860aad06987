package memory_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

type memo struct {
	sync.Mutex
	text []byte
	fail error
}

func (m *memo) Read(context.Context) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	return m.text, nil
}

func (m *memo) Write(ctx context.Context, text []byte) error {
	m.Lock()
	defer m.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.text = text
	return ctx.Err()
}

func request(inputs map[string]any) *provisioner.Request {
	return &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Mode: provisioner.Apply, Inputs: inputs, State: &memo{},
	}
}

func kinds(list *[]provisioner.EventKind) provisioner.Sink {
	return provisioner.SinkFunc(func(e provisioner.Event) { *list = append(*list, e.Kind) })
}

func TestLifeOfAStep(t *testing.T) {
	t.Parallel()
	driver, ctx := memory.New(nil), t.Context()
	req := request(map[string]any{"size": 2, "password": "hunter2!"})
	req.Secret = []string{"password"}

	plan, err := driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, []provisioner.Change{{Address: "main", Type: "memory", Action: provisioner.Create, Attributes: []provisioner.Attribute{
		{Path: "password", Sensitive: true}, {Path: "size", After: json.Number("2")},
	}}}, plan.Changes)
	require.Equal(t, []string{"password", "size"}, plan.OutputChanges)
	require.Empty(t, plan.Outputs, "not known before it is made")
	require.Nil(t, req.State.(*memo).text, "a plan changes nothing")

	var seen []provisioner.EventKind
	result, err := driver.Apply(ctx, req, kinds(&seen))
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Equal(t, plan.Changes, result.Changes)
	require.Equal(t, map[string]provisioner.Output{
		"size": {Value: json.Number("2")}, "password": {Value: "hunter2!", Sensitive: true},
	}, result.Outputs)
	require.Equal(t, []provisioner.EventKind{provisioner.ResourceStarted, provisioner.ResourceFinished}, seen)

	again, err := driver.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, again.Changes)
	require.Equal(t, result.Outputs, again.Outputs)
	plan, err = driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.False(t, plan.HasChanges())
	require.Equal(t, result.Outputs, plan.Outputs)

	req.Inputs = map[string]any{"size": 3, "password": "hunter2!"}
	plan, err = driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, []provisioner.Change{{Address: "main", Type: "memory", Action: provisioner.Update, Attributes: []provisioner.Attribute{
		{Path: "size", Before: json.Number("2"), After: json.Number("3")},
	}}}, plan.Changes)

	req.Mode = provisioner.Destroy
	gone, err := driver.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Delete, gone.Changes[0].Action)
	require.Nil(t, req.State.(*memo).text)
	gone, err = driver.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, gone.Changes, "there is nothing to destroy")
	require.Equal(t, []memory.Call{
		{Operation: memory.Plan, Address: "shop/dev.db", Step: "main"},
		{Operation: memory.Apply, Address: "shop/dev.db", Step: "main"},
	}, driver.Calls()[:2])
}

func TestSavedPlan(t *testing.T) {
	t.Parallel()
	driver, ctx := memory.New(nil), t.Context()
	req := request(map[string]any{"size": "small"})
	plan, err := driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)

	planned := *req
	planned.Saved, planned.Inputs = plan.Saved, nil
	result, err := driver.Apply(ctx, &planned, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, "small", result.Outputs["size"].Value, "what was planned is applied, not what is asked for now")

	_, err = driver.Apply(ctx, &planned, provisioner.Discard)
	require.EqualError(t, err, "the saved plan is stale: the state has changed since it was made")
	planned.Saved = []byte("{}")
	_, err = driver.Apply(ctx, &planned, provisioner.Discard)
	require.EqualError(t, err, "the saved plan is not one that this driver made")
}

func TestFailure(t *testing.T) {
	t.Parallel()
	full := errors.New("no room")
	for _, operation := range []memory.Operation{memory.Plan, memory.Apply, memory.Destroy} {
		t.Run(string(operation), func(t *testing.T) {
			t.Parallel()
			driver := memory.New(&memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
				if o == operation {
					return fmt.Errorf("%s: %w", req.Address, full)
				}
				return nil
			}})
			req := request(map[string]any{"size": "small"})
			_, err := driver.Plan(t.Context(), req, provisioner.Discard)
			require.Equal(t, operation == memory.Plan, errors.Is(err, full))
			result, err := driver.Apply(t.Context(), req, provisioner.Discard)
			require.Equal(t, operation == memory.Apply, errors.Is(err, full))
			require.Equal(t, operation == memory.Apply, result.Outcome == provisioner.Failed)
			require.Equal(t, operation == memory.Apply, req.State.(*memo).text == nil)
			req.Mode = provisioner.Destroy
			result, err = driver.Apply(t.Context(), req, provisioner.Discard)
			require.Equal(t, operation == memory.Destroy, errors.Is(err, full))
			require.Equal(t, operation == memory.Destroy, result.Outcome == provisioner.Failed)
			require.Equal(t, operation == memory.Destroy, len(result.Outputs) == 1, "it still exists")
		})
	}
}

func TestDied(t *testing.T) {
	t.Parallel()
	dying := true
	driver := memory.New(&memory.Options{Fail: func(o memory.Operation, _ *provisioner.Request) error {
		if dying && o == memory.Apply {
			return fmt.Errorf("no power: %w", memory.ErrDied)
		}
		return nil
	}})
	req := request(map[string]any{"size": "small"})
	recovered, err := driver.Recover(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Nil(t, recovered, "nothing was left behind")

	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.ErrorIs(t, err, memory.ErrDied)
	require.Equal(t, provisioner.Unknown, result.Outcome)
	require.Nil(t, req.State.(*memo).text)

	recovered, err = driver.Recover(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Unknown, recovered.Outcome)
	require.NotNil(t, req.State.(*memo).text, "what was made is known")
	dying = false
	result, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, result.Changes, "nothing is made twice")
}

func TestStateCannotBeKept(t *testing.T) {
	t.Parallel()
	driver, req := memory.New(nil), request(map[string]any{"size": "small"})
	state := req.State.(*memo)
	state.fail = errors.New("disk full")
	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "the state cannot be kept: disk full")
	require.Equal(t, provisioner.Unknown, result.Outcome)
	state.fail = nil
	result, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, result.Changes, "the resource was there already")
}

func TestCancel(t *testing.T) {
	t.Parallel()
	driver := memory.New(&memory.Options{Delay: time.Hour})
	for _, test := range []struct {
		name string
		end  func(context.Context) (context.Context, context.CancelFunc)
		want error
	}{
		{"canceled", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(10*time.Millisecond, cancel)
			return ctx, cancel
		}, context.Canceled},
		{"too late", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 10*time.Millisecond)
		}, context.DeadlineExceeded},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := test.end(t.Context())
			defer cancel()
			req := request(nil)
			var seen []provisioner.EventKind
			result, err := driver.Apply(ctx, req, kinds(&seen))
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, "apply was interrupted")
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.Equal(t, []provisioner.EventKind{provisioner.ResourceStarted, provisioner.ResourceFailed}, seen)
			require.Nil(t, req.State.(*memo).text)
		})
	}
}

func TestForeignState(t *testing.T) {
	t.Parallel()
	req := request(nil)
	req.State.(*memo).text = []byte("not JSON")
	_, err := memory.New(nil).Plan(t.Context(), req, provisioner.Discard)
	require.ErrorContains(t, err, "the state is not one that this driver wrote")
	req.State = nil
	_, err = memory.New(nil).Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "the request has no state to read and write")
}

func ExampleNew() {
	driver := memory.New(&memory.Options{
		Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
			return map[string]provisioner.Output{"address": {Value: fmt.Sprintf("%s.example", req.Inputs["name"])}}
		},
	})
	result, err := driver.Apply(context.Background(), request(map[string]any{"name": "orders"}), provisioner.Discard)
	fmt.Println(result.Outcome, result.Outputs["address"].Value, err)
	// Output: done orders.example <nil>
}
