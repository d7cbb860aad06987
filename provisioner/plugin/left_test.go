package plugin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

// Many that pin at once lose nothing of what another one has written.
func TestLockTogether(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "plugins.lock")
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			err := plugin.UpdateLock(t.Context(), path, func(lock *plugin.Lock) error {
				lock.Pin(fmt.Sprintf("p%d", i), "sha256:"+strings.Repeat("0", 64))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	lock, err := plugin.ReadLock(path)
	require.NoError(t, err)
	for i := range 20 {
		require.True(t, lock.Knows(fmt.Sprintf("p%d", i)))
	}
}

// What a host has left that was killed goes with the next one; what a living one has stays.
func TestFoldersOfDeadHosts(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	self, err := process.Of(os.Getpid())
	require.NoError(t, err)
	dead := self
	dead.Start = "1"
	for name, host := range map[string]string{"tenon-run-dead": dead.String(), "tenon-plugin-dead": dead.String(), "tenon-run-alive": self.String(), "tenon-run-nobody": "", "other": dead.String()} {
		require.NoError(t, os.Mkdir(filepath.Join(temp, name), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(temp, name, ".host"), []byte(host), 0o600))
	}
	driver, err := tryOpen(t, "whole", func(o *plugin.Options) { o.TempDir = temp })
	require.NoError(t, err)
	require.NoError(t, driver.Close())
	entries, err := os.ReadDir(temp)
	require.NoError(t, err)
	var left []string
	for _, entry := range entries {
		left = append(left, entry.Name())
	}
	require.Equal(t, []string{"other", "tenon-run-alive", "tenon-run-nobody"}, left)
}

// A plugin that dies while nobody asks it for anything is started again: what changes
// nothing does not fail for it.
func TestIdleDeath(t *testing.T) {
	t.Parallel()
	driver := open(t, "whole", nil)
	for range 5 {
		plan, err := driver.Plan(t.Context(), crime(t, "environment"), provisioner.Discard)
		require.NoError(t, err)
		pid, err := plan.Outputs["pid"].Value.(json.Number).Int64()
		require.NoError(t, err)
		require.NoError(t, syscall.Kill(int(pid), syscall.SIGKILL))
	}
}

// A plugin that has changed the copy of itself is not started from that again.
func TestCopyChanged(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	driver := open(t, "whole", func(o *plugin.Options) { o.TempDir = temp })
	copies, err := filepath.Glob(filepath.Join(temp, "tenon-plugin-*", "*.test"))
	require.NoError(t, err)
	require.Len(t, copies, 1)
	require.NoError(t, os.Rename(copies[0], copies[0]+".old"))                // it runs
	require.NoError(t, os.WriteFile(copies[0], []byte("#!/bin/sh\n"), 0o500)) //nolint:gosec // a program
	_, err = driver.Apply(t.Context(), crime(t, "exit"), provisioner.Discard)
	require.Error(t, err)
	require.Eventually(t, func() bool {
		_, err = driver.Plan(t.Context(), crime(t, "environment"), provisioner.Discard)
		return err != nil && strings.Contains(err.Error(), "the copy that was checked has changed since")
	}, 5*time.Second, 20*time.Millisecond)
}
