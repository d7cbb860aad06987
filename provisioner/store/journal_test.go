package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func TestDeployments(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), ticking()) // 1: the root key
	ctx := t.Context()
	lease := lock(t, st, "shop/dev") // 2
	first := store.Deployment{ID: "d-1", Kind: "deploy", RequestedBy: "alice", Reason: "why", PlanDigest: "sha256:p", Order: []string{"shop/dev.b", "shop/dev.a"}}
	require.NoError(t, lease.Begin(ctx, first))
	require.EqualError(t, lease.Begin(ctx, first), "begin deployment d-1: its id is taken")
	require.EqualError(t, lease.Begin(ctx, store.Deployment{}), "begin deployment : a deployment needs an id")
	require.EqualError(t, lease.Finish(ctx, "d-1", "over", nil), `finish deployment d-1: "over" is not how a deployment ends`)
	require.NoError(t, lease.Finish(ctx, "d-1", store.Succeeded, []byte(`{"applied":2}`)))
	require.EqualError(t, lease.Finish(ctx, "d-1", store.Failed, nil), "finish deployment d-1: it is not running in environment shop/dev")
	require.NoError(t, lease.Begin(ctx, store.Deployment{ID: "d-2", Kind: "destroy", Environment: "ignored"}))

	list, err := st.Deployments(ctx, "shop/dev", 0)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "d-2", list[0].ID)
	require.Equal(t, store.Running, list[0].Status)
	require.True(t, list[0].Finished.IsZero())
	first.Environment, first.Status, first.Started, first.Finished, first.Summary = "shop/dev", store.Succeeded, at(3), at(7), []byte(`{"applied":2}`)
	require.Equal(t, first, list[1])

	newest, err := st.Deployments(ctx, "shop/dev", 1)
	require.NoError(t, err)
	require.Equal(t, list[:1], newest)
	none, err := st.Deployments(ctx, "shop/prod", 0)
	require.NoError(t, err)
	require.Empty(t, none)

	require.NoError(t, lease.Release())
	lock(t, st, "shop/dev")
	list, err = st.Deployments(ctx, "shop/dev", 0)
	require.NoError(t, err)
	require.Equal(t, store.Interrupted, list[0].Status, "nobody can be at it any more")
	require.Equal(t, store.Succeeded, list[1].Status)
}

func TestJournal(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	intent := func(address, step string) int64 {
		id, err := lease.Intent(ctx, store.Entry{Deployment: "d-1", Address: address, Step: step, Action: "apply", Inputs: "i", Outcome: "done", Message: "ignored"})
		require.NoError(t, err)
		return id
	}
	unfinished := func() (open []int64) {
		entries, err := st.Unfinished(ctx, "shop/dev")
		require.NoError(t, err)
		for _, entry := range entries {
			open = append(open, entry.ID)
		}
		return open
	}
	dead := intent("shop/dev.a", "main")
	unknown := intent("shop/dev.b", "main")
	otherStep := intent("shop/dev.b", "second")
	require.Equal(t, []int64{dead, unknown, otherStep}, unfinished())

	require.NoError(t, lease.Outcome(ctx, unknown, "unknown", "the tool was killed"))
	require.NoError(t, lease.Outcome(ctx, otherStep, "done", ""))
	require.Equal(t, []int64{dead, unknown}, unfinished())
	again := intent("shop/dev.a", "main")
	require.Equal(t, []int64{dead, unknown, again}, unfinished(), "to begin again settles nothing")
	require.NoError(t, lease.Outcome(ctx, again, "failed", "no space"))
	require.Equal(t, []int64{unknown}, unfinished(), "to end does")
	require.NoError(t, lease.Outcome(ctx, unknown, "done", "found in the state"))
	require.Empty(t, unfinished())

	require.ErrorContains(t, lease.Outcome(ctx, unknown, "failed", ""), "it has an outcome already, or is not of environment shop/dev")
	require.ErrorContains(t, lease.Outcome(ctx, dead, "maybe", ""), `"maybe" is not an outcome`)
	foreign := lock(t, st, "shop/prod")
	require.ErrorContains(t, foreign.Outcome(ctx, dead, "done", ""), "is not of environment shop/prod")

	entries, err := st.Journal(ctx, "d-1")
	require.NoError(t, err)
	require.Len(t, entries, 4)
	require.Equal(t, "found in the state", entries[1].Message)
	require.Empty(t, entries[0].Outcome)
	require.False(t, entries[1].Finished.Before(entries[1].Started))
}
