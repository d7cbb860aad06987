//go:build unix

package terraform

import (
	"os/exec"
	"syscall"
)

// detach starts the tool in a session of its own: neither the terminal's Ctrl-C nor the
// end of the host reaches it.
func detach(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// interrupt asks the tool to stop in good order. Only the tool: its providers and
// provisioners are stopped by it.
func interrupt(pid int) error {
	if pid <= 1 { // not one process to a kill(2)
		return nil
	}
	return syscall.Kill(pid, syscall.SIGINT)
}

// killGroup ends the tool and everything it started.
func killGroup(pid int) error {
	if pid <= 1 {
		return nil
	}
	return syscall.Kill(-pid, syscall.SIGKILL)
}
