package store_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	folder := filepath.Join(t.TempDir(), "store")
	st := open(t, folder, &store.Options{Now: func() time.Time { return clock }})
	lease := lock(t, st, "shop/dev")
	// Twenty deployments, one a day, each with a step; the third left one open.
	for n := range 20 {
		id := fmt.Sprintf("d-%02d", n)
		require.NoError(t, lease.Begin(t.Context(), store.Deployment{ID: id, Kind: "deploy", Order: []string{"shop/dev.db"}}))
		entry, err := lease.Intent(t.Context(), store.Entry{Deployment: id, Address: "shop/dev.db", Step: "main", Action: "apply"})
		require.NoError(t, err)
		require.NoError(t, lease.Outcome(t.Context(), entry, "done", ""))
		if n == 2 {
			_, err := lease.Intent(t.Context(), store.Entry{Deployment: id, Address: "shop/dev.lost", Step: "main", Action: "apply"})
			require.NoError(t, err)
		}
		require.NoError(t, lease.SaveAttempt(t.Context(), store.Attempt{Deployment: id, Instance: "shop/dev.db", Action: "apply", Status: store.Succeeded}))
		require.NoError(t, lease.SavePlan(t.Context(), "sha256:"+id, "shop/dev.db", "main", bytes.Repeat([]byte(id), 50_000)))
		require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("the state")))
		require.NoError(t, lease.Finish(t.Context(), id, store.Succeeded, []byte("{}")))
		clock = clock.Add(24 * time.Hour)
	}
	ids := func() (list []string) {
		all, err := st.Deployments(t.Context(), "shop/dev", 100)
		require.NoError(t, err)
		for _, d := range all {
			list = append(list, d.ID)
		}
		return list
	}
	size := func() (bytes int64) {
		files, err := filepath.Glob(filepath.Join(folder, "tenon.db*"))
		require.NoError(t, err)
		for _, file := range files {
			info, err := os.Stat(file)
			require.NoError(t, err)
			bytes += info.Size()
		}
		return bytes
	}
	nothing, err := st.Prune(t.Context(), store.PruneOptions{})
	require.NoError(t, err)
	require.Zero(t, nothing)
	require.Len(t, ids(), 20)

	large := size()
	pruned, err := st.Prune(t.Context(), store.PruneOptions{Before: clock.Add(-15 * 24 * time.Hour), Who: "alice"})
	require.NoError(t, err)
	require.Equal(t, store.Pruned{Deployments: 4, Plans: 5}, pruned, "of five, but the one that is open")
	require.Contains(t, ids(), "d-02")
	require.Len(t, ids(), 16)
	require.Less(t, size(), large-200_000)

	pruned, err = st.Prune(t.Context(), store.PruneOptions{Before: clock.Add(time.Hour)})
	require.NoError(t, err)
	require.Equal(t, 5, pruned.Deployments, "ten stay however old they are")
	pruned, err = st.Prune(t.Context(), store.PruneOptions{Before: clock.Add(time.Hour), Keep: -1})
	require.NoError(t, err)
	require.Equal(t, 9, pruned.Deployments)
	require.Equal(t, []string{"d-19", "d-02"}, ids())

	// What is current stays.
	state, err := st.State(t.Context(), "shop/dev.db", "main")
	require.NoError(t, err)
	require.Equal(t, "the state", string(state))
	unfinished, err := st.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, unfinished, 1)
	attempts, err := st.Attempts(t.Context(), store.AttemptQuery{})
	require.NoError(t, err)
	require.Len(t, attempts, 2)
	require.NoError(t, st.VerifyAudit(t.Context()))
	var audit bytes.Buffer
	_, err = st.ExportAudit(t.Context(), &audit, nil)
	require.NoError(t, err)
	require.Equal(t, 3, bytes.Count(audit.Bytes(), []byte("\n")), "an event for each time that anything was to go")
}

// What a run that goes on has written is never history.
func TestPruneLeavesWhatRuns(t *testing.T) {
	t.Parallel()
	st, _ := kept(t)
	for n := range 3 {
		lease := lock(t, st, fmt.Sprint("shop/other-", n))
		id := fmt.Sprint("o-", n)
		require.NoError(t, lease.Begin(t.Context(), store.Deployment{ID: id, Kind: "deploy"}))
	}
	pruned, err := st.Prune(t.Context(), store.PruneOptions{Before: time.Now().Add(time.Hour), Keep: 1})
	require.NoError(t, err)
	require.Zero(t, pruned)
	unfinished, err := st.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, unfinished, 1)
}
