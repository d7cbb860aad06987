package process_test

import (
	"bufio"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/internal/process"
)

func TestSelf(t *testing.T) {
	t.Parallel()
	id, err := process.Of(os.Getpid())
	require.NoError(t, err)
	require.True(t, id.Alive())
	again, err := process.Of(os.Getpid())
	require.NoError(t, err)
	require.Equal(t, id, again)
	for name, other := range map[string]process.ID{
		"nobody":         {},
		"earlier number": {PID: id.PID, Start: "1", Boot: id.Boot},
		"earlier boot":   {PID: id.PID, Start: id.Start, Boot: "before"},
	} {
		require.False(t, other.Alive(), name)
	}
}

// A process that was killed is dead from then on, also while its parent has not waited.
func TestKilled(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	command := exec.Command(need.Tool(t, "sh"), "-c", "echo ready; read nothing")
	command.Dir = folder
	input, err := command.StdinPipe()
	require.NoError(t, err)
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = input.Close(); _ = command.Process.Kill(); _ = command.Wait() })
	_, err = bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)

	id, err := process.Of(command.Process.Pid)
	require.NoError(t, err)
	require.True(t, id.Alive())
	require.Equal(t, []process.ID{id}, process.In(folder))
	require.NoError(t, command.Process.Kill())
	require.Eventually(t, func() bool { return !id.Alive() }, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, process.In(folder))
}
