package drivertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

func ExampleFaulty() {
	driver := drivertest.Faulty(memory.New(nil), drivertest.Fault{
		Call: provisioner.CallApply, Nth: 1, Class: provisioner.Transient, Err: errors.New("throttled"),
	})
	req := &provisioner.Request{Address: "shop/dev.db", Step: "main", State: &kept{}}
	for range 2 {
		result, err := driver.Apply(context.Background(), req, provisioner.Discard)
		fmt.Println(result.Outcome, err, provisioner.ClassOf(err))
	}
	// Output:
	// failed throttled transient
	// done <nil>
}

func TestFaults(t *testing.T) {
	t.Parallel()
	apply := func(t *testing.T, fault drivertest.Fault) (*memory.Driver, *kept, []provisioner.Event, *provisioner.Result, error) {
		t.Helper()
		inner, state := memory.New(nil), &kept{}
		var heard []provisioner.Event
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		result, err := drivertest.Faulty(inner, fault).Apply(ctx, &provisioner.Request{Address: "a", Step: "main", Inputs: map[string]any{"size": 2}, State: state},
			provisioner.SinkFunc(func(e provisioner.Event) { heard = append(heard, e) }))
		return inner, state, heard, result, err
	}
	t.Run("fail", func(t *testing.T) {
		t.Parallel()
		inner, _, _, result, err := apply(t, drivertest.Fault{})
		require.ErrorIs(t, err, drivertest.ErrFault)
		require.Equal(t, provisioner.Permanent, provisioner.ClassOf(err))
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Empty(t, inner.Calls())
	})
	t.Run("fail-after", func(t *testing.T) {
		t.Parallel()
		inner, state, _, result, err := apply(t, drivertest.Fault{Effect: drivertest.FailAfter, Class: provisioner.OutcomeUnknown})
		require.Equal(t, provisioner.OutcomeUnknown, provisioner.ClassOf(err))
		require.Equal(t, provisioner.Unknown, result.Outcome)
		require.NotEmpty(t, result.Outputs)
		require.Len(t, inner.Calls(), 1)
		require.NotNil(t, state.text)
	})
	t.Run("hang", func(t *testing.T) {
		t.Parallel()
		inner, _, _, result, err := apply(t, drivertest.Fault{Effect: drivertest.Hang})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Empty(t, inner.Calls())
	})
	t.Run("panic", func(t *testing.T) {
		t.Parallel()
		for _, effect := range []drivertest.Effect{drivertest.Panic, drivertest.PanicAfter} {
			require.Panics(t, func() { _, _, _, _, _ = apply(t, drivertest.Fault{Effect: effect}) })
		}
	})
	t.Run("drop-events", func(t *testing.T) {
		t.Parallel()
		_, _, heard, result, err := apply(t, drivertest.Fault{Effect: drivertest.DropEvents})
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.Empty(t, heard)
	})
	t.Run("refuse-state", func(t *testing.T) {
		t.Parallel()
		_, state, _, result, err := apply(t, drivertest.Fault{Effect: drivertest.RefuseState})
		require.ErrorIs(t, err, drivertest.ErrFault)
		require.Equal(t, provisioner.Unknown, result.Outcome)
		require.Nil(t, state.text)
	})
	t.Run("lose-state", func(t *testing.T) {
		t.Parallel()
		_, state, _, result, err := apply(t, drivertest.Fault{Effect: drivertest.LoseState})
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.Nil(t, state.text)
	})
	t.Run("late", func(t *testing.T) {
		t.Parallel()
		began := time.Now()
		_, _, heard, result, err := apply(t, drivertest.Fault{Delay: 50 * time.Millisecond})
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.NotEmpty(t, heard)
		require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
		_, _, _, result, err = apply(t, drivertest.Fault{Delay: time.Hour})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, provisioner.Failed, result.Outcome)
	})
}

func TestFaultsAreChosen(t *testing.T) {
	t.Parallel()
	driver := drivertest.Faulty(newModel(""),
		drivertest.Fault{Call: provisioner.CallApply, Mode: provisioner.Destroy, Nth: 2},
		drivertest.Fault{Call: provisioner.CallPlan, Address: "b"},
		drivertest.Fault{Call: provisioner.CallIdentity}, drivertest.Fault{Call: provisioner.CallVersion, Nth: 2},
		drivertest.Fault{Call: provisioner.CallRecover}, drivertest.Fault{Call: provisioner.CallDrift}, drivertest.Fault{Call: provisioner.CallInspect},
		drivertest.Fault{Call: provisioner.CallValidate}, drivertest.Fault{Call: provisioner.CallImport},
	)
	h := newModel("").harness()
	req := func(address string, mode provisioner.Mode) *provisioner.Request {
		return &provisioner.Request{Address: address, Step: "main", Mode: mode, Inputs: h.Inputs, Files: h.Files, Path: h.Path, State: &kept{}, WorkDir: t.TempDir()}
	}
	for i, want := range []error{nil, drivertest.ErrFault, nil} {
		_, err := driver.Apply(t.Context(), req("a", provisioner.Destroy), provisioner.Discard)
		require.ErrorIs(t, err, want, i)
		_, err = driver.Apply(t.Context(), req("a", ""), provisioner.Discard)
		require.NoError(t, err)
	}
	_, err := driver.Plan(t.Context(), req("a", ""), provisioner.Discard)
	require.NoError(t, err)
	_, err = driver.Plan(t.Context(), req("b", ""), provisioner.Discard)
	require.ErrorIs(t, err, drivertest.ErrFault)

	power := driver.(interface {
		provisioner.Recoverer
		provisioner.Validator
		provisioner.DriftDetector
		provisioner.Importer
		provisioner.Inspector
		provisioner.Versioned
	})
	ctx := t.Context()
	_, err = power.Identity(ctx, "")
	require.ErrorIs(t, err, drivertest.ErrFault)
	name, _, err := power.Version(ctx, "")
	require.NoError(t, err)
	require.Equal(t, "model", name)
	_, _, err = power.Version(ctx, "")
	require.ErrorIs(t, err, drivertest.ErrFault)
	result, err := power.Recover(ctx, req("a", ""), provisioner.Discard)
	require.ErrorIs(t, err, drivertest.ErrFault)
	require.NotNil(t, result)
	result, err = power.Import(ctx, req("a", ""), "a", "1", provisioner.Discard)
	require.ErrorIs(t, err, drivertest.ErrFault)
	require.Equal(t, provisioner.Failed, result.Outcome)
	_, err = power.Drift(ctx, req("a", ""), provisioner.Discard)
	require.ErrorIs(t, err, drivertest.ErrFault)
	_, err = power.Inspect(ctx, h.Files, h.Path)
	require.ErrorIs(t, err, drivertest.ErrFault)
	require.ErrorIs(t, power.Validate(ctx, req("a", ""), provisioner.Discard), drivertest.ErrFault)

	plain := drivertest.Faulty(provisioner.Func(nil)).(provisioner.Recoverer)
	_, err = plain.Recover(ctx, req("a", ""), provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
}
