package command_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/provisioner"
)

// TestKilledHost is not a test: it is the host that TestKilledAtAnyMoment kills.
func TestKilledHost(t *testing.T) {
	place := os.Getenv("COMMAND_TEST_KILLED")
	if place == "" {
		t.Skip("run by TestKilledAtAnyMoment")
	}
	_, err := driverOf().Apply(t.Context(), making(t, place), provisioner.Discard)
	require.NoError(t, err)
}

// making is a request for a program that makes two files.
func making(t *testing.T, place string) *provisioner.Request {
	t.Helper()
	path := os.Getenv("COMMAND_TEST_PROGRAM")
	files := bundleOf("exec '" + path + "' files \"$1\"")
	req, _ := requestOf(t, files, configOf(), map[string]any{"size": 2, "password": secretText, "world": filepath.Join(place, "world")})
	req.Secret, req.WorkDir, req.State = []string{"password"}, filepath.Join(place, "work"), onDisk(filepath.Join(place, "state"))
	return req
}

// Whenever the host is killed, alone or with all it has started: the next one finds what was
// made, makes the rest, and leaves nothing behind.
func TestKilledAtAnyMoment(t *testing.T) {
	_ = script(t, "files") // builds the program
	path, err := program()
	require.NoError(t, err)
	t.Setenv("COMMAND_TEST_PROGRAM", path)
	self, err := os.Executable()
	require.NoError(t, err)
	for n := range 12 {
		place := t.TempDir()
		host := exec.Command(self, "-test.run=^TestKilledHost$")
		host.Env = append(os.Environ(), "COMMAND_TEST_KILLED="+place)
		host.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		require.NoError(t, host.Start())
		wait := time.Duration(rand.IntN(120)) * time.Millisecond
		time.Sleep(wait)
		require.NoError(t, syscall.Kill(-host.Process.Pid, syscall.SIGKILL))
		_ = host.Wait()
		if n%3 == 0 { // its program, too, which has a session of its own
			_ = exec.Command("pkill", "-KILL", "-f", place).Run()
		}
		result, err := driverOf().Apply(t.Context(), making(t, place), provisioner.Discard)
		require.NoError(t, err, "killed after %s", wait)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.True(t, folder.IsEmpty(filepath.Join(place, "work")))
		for _, name := range []string{"first", "second"} {
			require.FileExists(t, filepath.Join(place, "world", name), "killed after %s", wait)
		}
		plan, err := driverOf().Plan(t.Context(), making(t, place), provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, plan.Changes, "killed after %s", wait)
	}
}
