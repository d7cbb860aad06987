package store_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// open opens the store in a folder until the end of the test.
func open(t testing.TB, folder string, opts *store.Options) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), folder, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	return st
}

func lock(t testing.TB, st *store.Store, environment string) *store.Lease {
	t.Helper()
	lease, err := st.Lock(t.Context(), environment, "deploy of alice")
	require.NoError(t, err)
	return lease
}

// byHand changes the database behind the store's back.
func byHand(t testing.TB, folder, statement string, arguments ...any) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(folder, "tenon.db"))
	require.NoError(t, err)
	_, err = db.Exec(statement, arguments...)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestFolderIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	folder := filepath.Join(t.TempDir(), "a b?#%20", ".tenon") // a name that a database address must escape
	st := open(t, folder, nil)
	lock(t, st, "shop/dev")
	require.Equal(t, filepath.Join(folder, "work"), st.WorkDir())
	modes := map[string]os.FileMode{}
	require.NoError(t, filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
		modes[strings.TrimPrefix(path, folder)] = info.Mode().Perm()
		return err
	}))
	require.Equal(t, map[string]os.FileMode{
		"": 0o700, "/work": 0o700, "/key": 0o600, "/tenon.db": 0o600, "/tenon.db-wal": 0o600, "/tenon.db-shm": 0o600,
	}, modes)
}

func TestOpenAgain(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := store.Open(t.Context(), folder, nil)
	require.NoError(t, err)
	mac := first.MAC("shop", []byte("x"))
	require.NoError(t, first.Close())
	second := open(t, folder, nil)
	require.Equal(t, mac, second.MAC("shop", []byte("x")))
}

func TestManyOpenANewStoreAtATime(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "new")
	macs := make([]string, 8)
	var group sync.WaitGroup
	for i := range macs {
		group.Go(func() {
			st, err := store.Open(context.Background(), folder, nil)
			if err != nil {
				macs[i] = err.Error()
				return
			}
			macs[i] = st.MAC("shop", []byte("x"))
			if err := st.Close(); err != nil {
				macs[i] = err.Error()
			}
		})
	}
	group.Wait()
	for _, mac := range macs {
		require.Equal(t, macs[0], mac)
		require.Contains(t, mac, "hmac-sha256:")
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	made := func(t *testing.T) (folder string) {
		folder = t.TempDir()
		st, err := store.Open(t.Context(), folder, nil)
		require.NoError(t, err)
		require.NoError(t, st.Close())
		return folder
	}
	for _, test := range []struct {
		name  string
		setup func(t *testing.T) (folder string)
		says  string // %s is the folder
		as    any    // an error it is, or nil
		is    error
	}{
		{"no name", func(*testing.T) string { return "" }, "the folder of the store has no name", nil, nil},
		{"an address", func(*testing.T) string { return "postgres://me:secret@host/db" },
			"a store is a folder, not an address that begins with postgres://", nil, nil},
		{"a file in the way", func(t *testing.T) string {
			folder := filepath.Join(t.TempDir(), "file", "store")
			require.NoError(t, os.WriteFile(filepath.Dir(folder), nil, 0o600))
			return folder
		}, "store folder %s: not writable: ", nil, store.ErrNotWritable},
		{"not a database", func(t *testing.T) string {
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tenon.db"), bytes.Repeat([]byte("words "), 1000), 0o600))
			return folder
		}, "%s/tenon.db: is not a database (give the folder of a store, or put the file back from a backup)", new(*store.DamagedError), nil},
		{"another database", func(t *testing.T) string {
			folder := t.TempDir()
			byHand(t, folder, `CREATE TABLE recipes (name TEXT)`)
			return folder
		}, "%s/tenon.db: is a database, but not of a store (it has the table recipes) (give another folder)", new(*store.DamagedError), nil},
		{"damaged", func(t *testing.T) string {
			folder := made(t)
			file := filepath.Join(folder, "tenon.db")
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			const header = 100 // of the file; the pages after it are lost
			clear(content[header:])
			require.NoError(t, os.WriteFile(file, content, 0o600))
			return folder
		}, "%s/tenon.db: the database is damaged (put it back from a backup; `sqlite3 tenon.db .recover` may save what is left)", new(*store.DamagedError), nil},
		{"newer", func(t *testing.T) string {
			folder := made(t)
			byHand(t, folder, `UPDATE schema_version SET version = 99`)
			return folder
		}, "%s/tenon.db: has schema version 99, this version reads up to 2 (use the newer version that wrote it)", new(*store.VersionError), nil},
		{"database gone", func(t *testing.T) string {
			folder := made(t)
			require.NoError(t, os.Remove(filepath.Join(folder, "tenon.db")))
			return folder
		}, "%s/tenon.db: is gone, but its key %s/key is there (put it back from a backup; to begin with an empty store, move the key away)", new(*store.DamagedError), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := test.setup(t)
			_, err := store.Open(t.Context(), folder, nil)
			require.ErrorContains(t, err, strings.ReplaceAll(test.says, "%s", folder))
			require.NotContains(t, err.Error(), "secret")
			if test.as != nil {
				require.ErrorAs(t, err, test.as)
			}
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
		})
	}
}

func TestDiskFull(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("before")))
	st.LimitPages(t, 0) // no page more than there are
	err := lease.SaveState(t.Context(), "shop/dev.db", "main", make([]byte, 1<<20))
	require.ErrorIs(t, err, store.ErrFull)
	require.ErrorContains(t, err, "save state of shop/dev.db main: ")
	require.ErrorContains(t, err, "tenon.db: no space left on the disk (free some, then go on: nothing of this write was kept)")
	state, err := st.State(t.Context(), "shop/dev.db", "main")
	require.NoError(t, err)
	require.Equal(t, "before", string(state))
	st.LimitPages(t, 1<<20)
	require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("after")))
}

func TestBusy(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	lease := lock(t, st, "shop/dev")
	st.Patience(t, 1)
	db, err := sql.Open("sqlite", filepath.Join(folder, "tenon.db"))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`BEGIN IMMEDIATE`)
	require.NoError(t, err)
	err = lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("x"))
	require.ErrorIs(t, err, store.ErrBusy)
	require.ErrorContains(t, err, "tenon.db: another process keeps writing to it (waited 10s)")
	_, err = st.State(t.Context(), "shop/dev.db", "main")
	require.NoError(t, err, "reading waits for nobody")
	require.NoError(t, db.Close())
	st.Patience(t, 10_000)
	require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("x")))
}

func TestCancelledWritesNothing(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := lease.Intent(ctx, store.Entry{Address: "shop/dev.db"})
	require.ErrorIs(t, err, context.Canceled)
	entries, err := st.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Empty(t, entries)
}

// The clock is asked once a write, before the commit: whoever counts its calls counts writes.
func TestClockCountsWrites(t *testing.T) {
	t.Parallel()
	calls := 0
	st := open(t, t.TempDir(), &store.Options{Now: func() time.Time { calls++; return time.Unix(int64(calls), 0) }})
	lease := lock(t, st, "shop/dev")
	var id int64
	for name, write := range map[string]func() error{
		"begin":    func() error { return lease.Begin(t.Context(), store.Deployment{ID: "d"}) },
		"instance": func() error { return lease.SaveInstance(t.Context(), store.Instance{Address: "shop/dev.db"}) },
		"state":    func() error { return lease.SaveState(t.Context(), "shop/dev.db", "main", []byte("x")) },
		"no state": func() error { return lease.SaveState(t.Context(), "shop/dev.db", "main", nil) },
		"forget":   func() error { return lease.Forget(t.Context(), "shop/dev.other") },
		"plan":     func() error { return lease.SavePlan(t.Context(), "p", "shop/dev.db", "main", []byte("x")) },
		"audit":    func() error { return st.Audit(t.Context(), store.AuditEvent{}) },
		"files":    func() error { return st.PutFiles(t.Context(), "f", os.DirFS(".")) },
	} {
		before := calls
		require.NoError(t, write(), name)
		require.Equal(t, before+1, calls, name)
	}
	before := calls
	id, err := lease.Intent(t.Context(), store.Entry{Address: "shop/dev.db", Step: "main"})
	require.NoError(t, err)
	require.NoError(t, lease.Outcome(t.Context(), id, "done", ""))
	require.NoError(t, lease.Finish(t.Context(), "d", store.Succeeded, nil))
	require.Equal(t, before+3, calls)
}

func ExampleOpen() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()

	st, err := store.Open(ctx, filepath.Join(folder, ".tenon"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()
	instances, err := st.Instances(ctx, "")
	fmt.Println(len(instances), err)
	// Output: 0 <nil>
}
