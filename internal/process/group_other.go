//go:build !unix

package process

import (
	"os"
	"os/exec"
)

// Apart has a command start in a session of its own. This system has none.
func Apart(*exec.Cmd) {}

// Interrupt cannot be asked for on this system: a process is left to end by itself.
func Interrupt(int) error { return nil }

// TerminateGroup cannot be asked for on this system either.
func TerminateGroup(int) error { return nil }

// KillGroup ends a process: this system has no groups of them.
func KillGroup(pid int) error { return Kill(pid) }

// Kill ends a process.
func Kill(pid int) error {
	found, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return found.Kill()
}
