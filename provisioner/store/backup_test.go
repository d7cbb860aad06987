package store_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// kept is a store with something in it, and a run that is under way.
func kept(t *testing.T) (*store.Store, string) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "store")
	st := open(t, folder, nil)
	lease := lock(t, st, "shop/dev")
	require.NoError(t, st.Audit(t.Context(), store.AuditEvent{Who: "alice", What: "deploy"}))
	require.NoError(t, lease.Begin(t.Context(), store.Deployment{ID: "d-1", Kind: "deploy", Order: []string{"shop/dev.db"}}))
	require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("the state")))
	_, err := lease.Intent(t.Context(), store.Entry{Deployment: "d-1", Address: "shop/dev.db", Step: "main", Action: "apply"})
	require.NoError(t, err)
	return st, folder
}

// elsewhere is a folder with nothing but a store's key.
func elsewhere(t *testing.T, from string) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(from, "key"))
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "key"), key, 0o600))
	return folder
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	st, folder := kept(t)
	backup := filepath.Join(t.TempDir(), "tenon backup?.db")
	require.NoError(t, st.Backup(t.Context(), backup))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(backup)
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	left, err := os.ReadDir(filepath.Dir(backup))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing beside it")
	text, err := os.ReadFile(backup)
	require.NoError(t, err)
	require.NotContains(t, string(text), "the state", "it is sealed")
	require.NoError(t, st.Audit(t.Context(), store.AuditEvent{Who: "bob", What: "later"}))
	require.ErrorIs(t, st.Backup(t.Context(), backup), fs.ErrExist, "nothing is overwritten")

	to := elsewhere(t, folder)
	require.NoError(t, store.Restore(t.Context(), backup, to, "carol", nil))
	other := open(t, to, nil)
	require.NoError(t, other.VerifyAudit(t.Context()))
	state, err := other.State(t.Context(), "shop/dev.db", "main")
	require.NoError(t, err)
	require.Equal(t, "the state", string(state))
	last, err := other.Deployments(t.Context(), "shop/dev", 1)
	require.NoError(t, err)
	require.Equal(t, store.Interrupted, last[0].Status)
	unfinished, err := other.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, unfinished, 1, "the next run looks")
	lease := lock(t, other, "shop/dev") // its holder lives, and has another store
	require.Nil(t, lease.TookOver())
	require.EqualValues(t, 3, lease.Token(), "it only grows")
	head, err := other.CheckAudit(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 2, head.Seq, "the restore, and not what came after the backup")

	require.ErrorContains(t, store.Restore(t.Context(), backup, to, "carol", nil), "has records already")
}

func TestRestoreRefuses(t *testing.T) {
	t.Parallel()
	st, folder := kept(t)
	backup := filepath.Join(t.TempDir(), "backup.db")
	require.NoError(t, st.Backup(t.Context(), backup))
	text, err := os.ReadFile(backup)
	require.NoError(t, err)
	damage := func(change func([]byte) []byte) string {
		file := filepath.Join(t.TempDir(), "backup.db")
		require.NoError(t, os.WriteFile(file, change(append([]byte{}, text...)), 0o600))
		return file
	}
	none := func(to string) {
		t.Helper()
		left, err := filepath.Glob(filepath.Join(to, "tenon.db*"))
		require.NoError(t, err)
		require.Empty(t, left, "the folder is as it was")
	}
	var damaged *store.DamagedError
	for name, file := range map[string]string{
		"cut":       damage(func(b []byte) []byte { return b[:len(b)/2] }),
		"no store":  damage(func([]byte) []byte { return []byte("hello") }),
		"empty":     damage(func([]byte) []byte { return nil }),
		"bits":      damage(func(b []byte) []byte { copy(b[4096:], make([]byte, 8192)); return b }),
		"the store": filepath.Join(folder, "tenon.db"),
	} {
		to := elsewhere(t, folder)
		require.ErrorAs(t, store.Restore(t.Context(), file, to, "carol", nil), &damaged, name)
		none(to)
	}
	var key *store.KeyError
	without := t.TempDir()
	require.ErrorAs(t, store.Restore(t.Context(), backup, without, "carol", nil), &key)
	require.True(t, key.Missing)
	none(without)

	foreign := elsewhere(t, func() string { _, other := kept(t); return other }())
	require.ErrorAs(t, store.Restore(t.Context(), backup, foreign, "carol", nil), &key)
	none(foreign)
	require.ErrorIs(t, store.Restore(t.Context(), filepath.Join(without, "nothing"), without, "carol", nil), fs.ErrNotExist)

	forged := filepath.Join(t.TempDir(), "forged")
	require.NoError(t, os.Mkdir(forged, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(forged, "tenon.db"), text, 0o600))
	byHand(t, forged, `UPDATE audit SET event = replace(event, 'alice', 'mallory')`)
	to := elsewhere(t, folder)
	var audit *store.AuditError
	require.ErrorAs(t, store.Restore(t.Context(), filepath.Join(forged, "tenon.db"), to, "carol", nil), &audit)
	none(to)
}

// A backup is of one moment, while others write.
func TestBackupWhileWriting(t *testing.T) {
	t.Parallel()
	st, folder := kept(t)
	ctx, cancel := context.WithCancel(t.Context())
	written := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if err := st.Audit(t.Context(), store.AuditEvent{Who: "alice", What: "write"}); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	for n := range 5 {
		backup := filepath.Join(t.TempDir(), "backup.db")
		require.NoError(t, st.Backup(t.Context(), backup), n)
		require.NoError(t, store.Restore(t.Context(), backup, elsewhere(t, folder), "carol", nil), "the chain is whole")
	}
	cancel()
	require.NoError(t, <-written)
	canceled, cancelNow := context.WithCancel(t.Context())
	cancelNow()
	file := filepath.Join(t.TempDir(), "backup.db")
	require.ErrorIs(t, st.Backup(canceled, file), context.Canceled)
	require.NoFileExists(t, file)
}
