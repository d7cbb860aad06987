//go:build unix

package process

import (
	"os/exec"
	"syscall"
)

// Apart has a command start in a session of its own: neither the terminal's Ctrl-C nor the
// end of this process reaches it, and it leads a group of all that it starts.
func Apart(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
}

// Interrupt asks a process, and not those that it has started, to stop in good order.
func Interrupt(pid int) error { return signal(pid, syscall.SIGINT) }

// TerminateGroup asks all processes of a group to end.
func TerminateGroup(pid int) error { return signal(-pid, syscall.SIGTERM) }

// KillGroup ends all processes of a group.
func KillGroup(pid int) error { return signal(-pid, syscall.SIGKILL) }

// Kill ends a process.
func Kill(pid int) error { return signal(pid, syscall.SIGKILL) }

// signal leaves alone what is not one process, or one group, to kill(2), and the first
// process of the machine.
func signal(pid int, s syscall.Signal) error {
	if pid >= -1 && pid <= 1 {
		return nil
	}
	return syscall.Kill(pid, s)
}
