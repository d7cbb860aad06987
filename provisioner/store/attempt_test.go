package store_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// attempted is a store with ten attempts: two bundles, two versions, two environments; of
// bundle db every third failed.
func attempted(t *testing.T) (*store.Store, string) {
	t.Helper()
	folder := t.TempDir()
	st := open(t, folder, nil)
	leases := []*store.Lease{lock(t, st, "shop/dev"), lock(t, st, "shop/prod")}
	for n := range 10 {
		lease := leases[n%2]
		a := store.Attempt{
			Deployment: fmt.Sprintf("d-%d", n), Instance: lease.Environment() + ".main", Bundle: "db", Version: fmt.Sprintf("1.%d.0", n%2),
			Action: "apply", Status: store.Succeeded, Reason: "new",
		}
		if n >= 6 {
			a.Bundle, a.Instance = "app", lease.Environment()+".web"
		} else if n%3 == 0 {
			a.Status, a.Message = store.Failed, fmt.Sprintf("No room for 100%% of\nthe_%d", n)
			a.Problems = tenon.Problems{
				{Rule: "quota", File: "main.tf", Line: 3, Path: tenon.At("a", "b"), Message: "No room"},
				{Severity: tenon.Warning, Rule: "old-api", Message: "deprecated"},
			}
		}
		require.NoError(t, lease.SaveAttempt(t.Context(), a))
	}
	return st, folder
}

func deployments(t *testing.T, st *store.Store, q store.AttemptQuery) (ids []string) {
	t.Helper()
	list, err := st.Attempts(t.Context(), q)
	require.NoError(t, err)
	for _, a := range list {
		ids = append(ids, a.Deployment[2:])
	}
	return ids
}

func TestAttempts(t *testing.T) {
	t.Parallel()
	st, _ := attempted(t)
	for name, test := range map[string]struct {
		query store.AttemptQuery
		want  []string
	}{
		"all":             {store.AttemptQuery{}, []string{"9", "8", "7", "6", "5", "4", "3", "2", "1", "0"}},
		"bundle":          {store.AttemptQuery{Bundle: "db"}, []string{"5", "4", "3", "2", "1", "0"}},
		"version":         {store.AttemptQuery{Bundle: "db", Version: "1.1.0"}, []string{"5", "3", "1"}},
		"failed":          {store.AttemptQuery{Bundle: "db", Status: store.Failed}, []string{"3", "0"}},
		"those that work": {store.AttemptQuery{Bundle: "db", Version: "1.1.0", Status: store.Succeeded}, []string{"5", "1"}},
		"environment":     {store.AttemptQuery{Environment: "shop/prod", Bundle: "app"}, []string{"9", "7"}},
		"deployment":      {store.AttemptQuery{Deployment: "d-4"}, []string{"4"}},
		"address":         {store.AttemptQuery{Instance: "shop/dev.web"}, []string{"8", "6"}},
		"component":       {store.AttemptQuery{Instance: "web"}, []string{"9", "8", "7", "6"}},
		"rule":            {store.AttemptQuery{Diagnostic: "quota"}, []string{"3", "0"}},
		"rule of another": {store.AttemptQuery{Diagnostic: "old-api"}, []string{"3", "0"}},
		"part of a rule":  {store.AttemptQuery{Diagnostic: "quot"}, nil},
		"text":            {store.AttemptQuery{Diagnostic: "no ROOM"}, []string{"3", "0"}},
		"one text":        {store.AttemptQuery{Diagnostic: "the_3"}, []string{"3"}},
		"no patterns":     {store.AttemptQuery{Diagnostic: "N% room"}, nil},
		"a sign":          {store.AttemptQuery{Diagnostic: "100% of"}, []string{"3", "0"}},
		"nor quotes":      {store.AttemptQuery{Diagnostic: `' OR 1=1 --`, Bundle: `db' --`}, nil},
		"first page":      {store.AttemptQuery{Limit: 3}, []string{"9", "8", "7"}},
		"second page":     {store.AttemptQuery{Limit: 3, Before: 8}, []string{"6", "5", "4"}},
		"last page":       {store.AttemptQuery{Limit: 3, Before: 2}, []string{"0"}},
		"nobody":          {store.AttemptQuery{Status: store.Running}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, deployments(t, st, test.query))
		})
	}
	list, err := st.Attempts(t.Context(), store.AttemptQuery{Deployment: "d-3"})
	require.NoError(t, err)
	require.Equal(t, "shop/prod", list[0].Environment)
	require.Equal(t, "new", list[0].Reason)
	problems := list[0].Problems // sorted, as everywhere
	require.Equal(t, tenon.Warning, problems[0].Severity)
	require.Equal(t, "main.tf", problems[1].File)
	require.Equal(t, "a.b", problems[1].Path.String())
}

// What is recorded first and last of an attempt is one attempt.
func TestAttemptFromStartToEnd(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	now := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	st := open(t, folder, &store.Options{Now: func() time.Time { return now }})
	lease := lock(t, st, "shop/dev")
	one := func() store.Attempt {
		list, err := st.Attempts(t.Context(), store.AttemptQuery{})
		require.NoError(t, err)
		require.Len(t, list, 1)
		return list[0]
	}
	a := store.Attempt{Deployment: "d-1", Instance: "shop/dev.db", Bundle: "full", Version: "1.0.0", Action: "apply", Status: store.Running, Reason: "new"}
	require.NoError(t, lease.SaveInstance(t.Context(), full("shop/dev.db"), a))
	began := now
	want := a
	want.ID, want.Environment, want.Started = 1, "shop/dev", began
	require.Equal(t, want, one())

	now = now.Add(time.Minute)
	a.Status, a.Message, a.Reason = store.Failed, "no", "said once"
	require.NoError(t, lease.SaveInstance(t.Context(), full("shop/dev.db"), a))
	want.Status, want.Message, want.Finished = store.Failed, "no", now
	require.Equal(t, want, one())

	a.Status, a.Message = store.Succeeded, ""
	require.NoError(t, lease.Forget(t.Context(), "shop/dev.db", a))
	want.Status, want.Message = store.Succeeded, ""
	require.Equal(t, want, one())
	read := open(t, folder, &store.Options{WithoutKey: true})
	list, err := read.Attempts(t.Context(), store.AttemptQuery{})
	require.NoError(t, err)
	require.Equal(t, []store.Attempt{want}, list, "everything of it is readable without the key")
}

// What was running when its process died is interrupted, as the deployment is.
func TestAttemptOfADeadRun(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	require.NoError(t, lease.Begin(t.Context(), store.Deployment{ID: "d-1", Kind: "deploy"}))
	require.NoError(t, lease.SaveAttempt(t.Context(), store.Attempt{Deployment: "d-1", Instance: "shop/dev.db", Status: store.Running}))
	require.NoError(t, lease.SaveAttempt(t.Context(), store.Attempt{Deployment: "d-1", Instance: "shop/dev.net", Status: store.Succeeded}))
	require.Equal(t, []string{"1"}, deployments(t, st, store.AttemptQuery{Status: store.Running}))
	require.NoError(t, lease.Release())
	lock(t, st, "shop/dev")
	require.Empty(t, deployments(t, st, store.AttemptQuery{Status: store.Running}))
	list, err := st.Attempts(t.Context(), store.AttemptQuery{Status: store.Interrupted})
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, "shop/dev.db", list[0].Instance)
	require.Equal(t, store.Interrupted, list[0].Status)
	require.Zero(t, list[0].Finished)
}

func TestAttemptsAreRefused(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	a := store.Attempt{Deployment: "d-1", Instance: "shop/prod.db", Status: store.Succeeded}
	require.ErrorContains(t, lease.SaveAttempt(t.Context(), a), `attempt at shop/prod.db: "shop/prod.db" is not in environment shop/dev`)
	a.Instance, a.Status = "shop/dev.db", "well"
	require.ErrorContains(t, lease.SaveInstance(t.Context(), full("shop/dev.db"), a), `"well" is not the status of an attempt`)
	i, err := st.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Empty(t, i, "nothing of the write was kept")
	require.NoError(t, lease.Release())
	a.Status = store.Failed
	require.ErrorIs(t, lease.SaveAttempt(t.Context(), a), store.ErrFenced)
}

// A store of the version before has no attempts, and takes new ones.
func TestAttemptsInAnOlderStore(t *testing.T) {
	t.Parallel()
	st, folder := attempted(t)
	require.NoError(t, st.Close())
	byHand(t, folder, `DROP TABLE attempts`)
	byHand(t, folder, `UPDATE schema_version SET version = 1`)
	st = open(t, folder, nil)
	require.Empty(t, deployments(t, st, store.AttemptQuery{}))
	lease := lock(t, st, "shop/dev")
	require.NoError(t, lease.SaveAttempt(t.Context(), store.Attempt{Deployment: "d-1", Instance: "shop/dev.db", Status: store.Succeeded}))
	require.Equal(t, []string{"1"}, deployments(t, st, store.AttemptQuery{Instance: "db"}))
}

func ExampleStore_Attempts() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "tenon")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	st, err := store.Open(ctx, folder, nil)
	if err != nil {
		panic(err)
	}
	defer st.Close()
	lease, err := st.Lock(ctx, "shop/dev", "deploy of alice")
	if err != nil {
		panic(err)
	}
	for n, message := range []string{"", "the quota is used up", ""} {
		a := store.Attempt{Deployment: fmt.Sprintf("d-%d", n), Instance: "shop/dev.db", Bundle: "postgres", Version: "1.4.0", Action: "apply", Status: store.Succeeded, Message: message}
		if message != "" {
			a.Status = store.Failed
		}
		if err := lease.SaveAttempt(ctx, a); err != nil {
			panic(err)
		}
	}
	list, err := st.Attempts(ctx, store.AttemptQuery{Bundle: "postgres", Version: "1.4.0"})
	if err != nil {
		panic(err)
	}
	for _, a := range list {
		fmt.Printf("%s %s %s %q\n", a.Deployment, a.Instance, a.Status, a.Message)
	}
	// Output:
	// d-2 shop/dev.db succeeded ""
	// d-1 shop/dev.db failed "the quota is used up"
	// d-0 shop/dev.db succeeded ""
}

func TestDurations(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s, err := store.Open(t.Context(), t.TempDir(), &store.Options{Now: func() time.Time { return clock }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	lease, err := s.Lock(t.Context(), "shop/dev", "test")
	require.NoError(t, err)
	n := 0
	attempt := func(instance, action, status string, took time.Duration) {
		n++
		require.NoError(t, lease.SaveAttempt(t.Context(), store.Attempt{
			Deployment: fmt.Sprint("d-", n), Instance: "shop/dev." + instance, Action: action, Status: status, Started: clock.Add(-took),
		}))
	}
	attempt("a", "apply", store.Succeeded, 5*time.Second)
	attempt("a", "apply", store.Succeeded, 1500*time.Millisecond)
	attempt("a", "destroy", store.Succeeded, time.Hour)
	attempt("b", "apply", store.Succeeded, time.Minute)
	attempt("b", "apply", store.Failed, time.Second)
	attempt("c", "apply", store.Succeeded, -time.Second) // the clock was set back
	found, err := s.Durations(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Equal(t, map[string]time.Duration{"shop/dev.a": 1500 * time.Millisecond}, found)
	none, err := s.Durations(t.Context(), "shop/test")
	require.NoError(t, err)
	require.Empty(t, none)
}
