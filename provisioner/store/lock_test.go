package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// A child is this test binary run again as another process with the store open.
const (
	childFolder = "TENON_TEST_STORE_FOLDER"
	childTask   = "TENON_TEST_STORE_TASK"
)

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		child(folder, os.Getenv(childTask))
	}
	os.Exit(m.Run())
}

// child does its task, says so, and waits to be killed.
func child(folder, task string) {
	ctx := context.Background()
	st, err := store.Open(ctx, folder, nil)
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	lease, err := st.Lock(ctx, "shop/dev", "deploy of alice")
	if err == nil && task == "journal" {
		err = lease.Begin(ctx, store.Deployment{ID: "d-child", Kind: "deploy"})
		if err == nil {
			_, err = lease.Intent(ctx, store.Entry{Deployment: "d-child", Address: "shop/dev.db", Step: "main", Action: "apply", Inputs: "digest"})
		}
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println("done")
	select {}
}

// start gives a child that has done its task.
func start(t *testing.T, folder, task string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childFolder+"="+folder, childTask+"="+task)
	command.Stderr = os.Stderr
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { kill(command) })
	line, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "done\n", line)
	return command
}

func kill(command *exec.Cmd) {
	if command.ProcessState == nil {
		_ = command.Process.Kill() // SIGKILL
		_ = command.Wait()
	}
}

func TestLockOfALivingProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	other := start(t, folder, "lock")
	_, err := st.Lock(t.Context(), "shop/dev", "deploy of bob")
	var locked *store.LockedError
	require.ErrorAs(t, err, &locked)
	host, _ := os.Hostname()
	require.Equal(t, fmt.Sprintf("environment shop/dev is locked by deploy of alice (pid %d on host %s) since %s: wait until it has ended",
		other.Process.Pid, host, locked.Since.Format(time.RFC3339)), err.Error())
	require.WithinDuration(t, time.Now(), locked.Since, time.Minute)

	free := lock(t, st, "shop/prod")
	require.Nil(t, free.TookOver())
	require.NoError(t, free.Release())
}

func TestLockOfAKilledProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	other := start(t, folder, "journal")
	kill(other)

	// What was durable when Intent returned is there.
	entries, err := st.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Equal(t, "shop/dev.db", entries[0].Address)
	require.Equal(t, "digest", entries[0].Inputs)
	require.Empty(t, entries[0].Outcome)

	lease, err := st.Lock(t.Context(), "shop/dev", "deploy of bob")
	require.NoError(t, err)
	require.Equal(t, int64(2), lease.Token())
	require.Equal(t, "deploy of alice", lease.TookOver().Who)
	require.Equal(t, other.Process.Pid, lease.TookOver().PID)
	deployments, err := st.Deployments(t.Context(), "shop/dev", 0)
	require.NoError(t, err)
	require.Equal(t, store.Interrupted, deployments[0].Status)
	require.NoError(t, st.VerifyAudit(t.Context()))
}

func TestLockTwiceInOneProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	lease := lock(t, st, "shop/dev")
	var locked *store.LockedError
	_, err := st.Lock(t.Context(), "shop/dev", "deploy of bob")
	require.ErrorAs(t, err, &locked)
	require.Equal(t, os.Getpid(), locked.PID)

	require.NoError(t, lease.Release())
	require.NoError(t, lease.Release())
	again := lock(t, st, "shop/dev")
	require.Nil(t, again.TookOver())
	require.Greater(t, again.Token(), lease.Token())
	require.NoError(t, lease.Release(), "an old lease does not release the new one")
	require.ErrorIs(t, lease.Forget(t.Context(), "shop/dev.db"), store.ErrFenced)
	require.NoError(t, again.Forget(t.Context(), "shop/dev.db"))
}

func TestCloseReleases(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := store.Open(t.Context(), folder, nil)
	require.NoError(t, err)
	lock(t, first, "shop/dev")
	require.NoError(t, first.Close())
	require.Nil(t, lock(t, open(t, folder, nil), "shop/dev").TookOver())
}

// Who is dead: what cannot be known is alive.
func TestWhoseLockIsTakenOver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change string
		taken  bool
	}{
		"itself":                          {`who = who`, false},
		"its number was given anew":       {`pid_start = '1'`, true},
		"no process of that number":       {`pid = 99999999`, true},
		"before the machine was started":  {`boot_id = 'earlier'`, true},
		"on another machine":              {`boot_id = 'other', host = 'elsewhere', pid = 99999999`, false},
		"in a container it does not see":  {`pid_space = 'pid:[1]', pid = 99999999`, false},
		"a host that was renamed, living": {`host = 'old-name'`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			st := open(t, folder, nil)
			lease := lock(t, st, "shop/dev")
			byHand(t, folder, `UPDATE locks SET `+test.change)
			next, err := st.Lock(t.Context(), "shop/dev", "deploy of bob")
			if !test.taken {
				require.ErrorAs(t, err, new(*store.LockedError))
				return
			}
			require.NoError(t, err)
			require.NotNil(t, next.TookOver())
			require.ErrorIs(t, lease.Begin(t.Context(), store.Deployment{ID: "late"}), store.ErrFenced)
		})
	}
}

func TestFencedWritesChangeNothing(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	lease := lock(t, st, "shop/dev")
	ctx := t.Context()
	require.NoError(t, lease.Begin(ctx, store.Deployment{ID: "d"}))
	id, err := lease.Intent(ctx, store.Entry{Address: "shop/dev.db", Step: "main"})
	require.NoError(t, err)
	byHand(t, folder, `UPDATE locks SET token = token + 1`)
	for name, write := range map[string]func() error{
		"begin":  func() error { return lease.Begin(ctx, store.Deployment{ID: "e"}) },
		"finish": func() error { return lease.Finish(ctx, "d", store.Succeeded, nil) },
		"intent": func() error {
			_, err := lease.Intent(ctx, store.Entry{Address: "shop/dev.db"})
			return err
		},
		"outcome":     func() error { return lease.Outcome(ctx, id, "done", "") },
		"instance":    func() error { return lease.SaveInstance(ctx, store.Instance{Address: "shop/dev.db"}) },
		"forget":      func() error { return lease.Forget(ctx, "shop/dev.db") },
		"rename":      func() error { return lease.Rename(ctx, "shop/dev.db", "shop/dev.data") },
		"rename step": func() error { return lease.RenameStep(ctx, "shop/dev.db", "a", "b") },
		"state":       func() error { return lease.SaveState(ctx, "shop/dev.db", "main", []byte("x")) },
		"plan":        func() error { return lease.SavePlan(ctx, "p", "shop/dev.db", "main", []byte("x")) },
	} {
		err := write()
		require.ErrorIs(t, err, store.ErrFenced, name)
		require.ErrorContains(t, err, "environment shop/dev: the lock is no longer held", name)
	}
	entries, err := st.Unfinished(ctx, "shop/dev")
	require.NoError(t, err)
	require.Len(t, entries, 1)
	require.Empty(t, entries[0].Outcome)
}

func TestLeaseOwnsItsEnvironmentOnly(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	for _, address := range []string{"shop/prod.db", "shop/devel.db", "shop/dev", "", "imported:x"} {
		err := lease.SaveInstance(t.Context(), store.Instance{Address: address})
		require.ErrorContains(t, err, fmt.Sprintf("%q is not in environment shop/dev, whose lock this is", address))
	}
	for _, environment := range []string{"", "shop", "shop/dev.db"} {
		_, err := st.Lock(t.Context(), environment, "x")
		require.ErrorContains(t, err, fmt.Sprintf("lock: %q is not the address of an environment (project/environment)", environment))
	}
}

func ExampleStore_Lock() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	ctx := context.Background()
	st, err := store.Open(ctx, folder, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer st.Close()

	lease, err := st.Lock(ctx, "shop/dev", "deploy of alice")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = st.Lock(ctx, "shop/dev", "destroy of bob")
	var locked *store.LockedError
	fmt.Println(lease.Environment(), lease.Token(), errors.As(err, &locked), locked.Who)
	fmt.Println(lease.Release())
	// Output:
	// shop/dev 1 true deploy of alice
	// <nil>
}

func ExampleLockedError() {
	fmt.Println(&store.LockedError{Environment: "shop/dev", Who: "deploy of alice", Host: "laptop", PID: 123, Since: time.Unix(1_800_000_000, 0)})
	// Output: environment shop/dev is locked by deploy of alice (pid 123 on host laptop) since 2027-01-15T08:00:00Z: wait until it has ended
}

func ExampleDamagedError() {
	fmt.Println(&store.DamagedError{File: ".tenon/tenon.db", Reason: "is not a database", Cure: "give the folder of a store"})
	// Output: .tenon/tenon.db: is not a database (give the folder of a store)
}

func ExampleVersionError() {
	fmt.Println(&store.VersionError{File: ".tenon/tenon.db", Found: 7, Supported: 1})
	// Output: .tenon/tenon.db: has schema version 7, this version reads up to 1 (use the newer version that wrote it)
}

func ExampleKeyError() {
	fmt.Println(&store.KeyError{File: ".tenon/key", Reason: "holds no key", Cure: "put the key back from its copy"})
	// Output: key .tenon/key: holds no key (put the key back from its copy)
}

func ExampleAuditError() {
	fmt.Println(&store.AuditError{Seq: 3, Reason: "is missing"})
	// Output: audit: event 3 is missing
}
