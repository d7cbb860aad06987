//go:build unix

package plugin

import (
	"os/exec"
	"syscall"
)

// apart starts the plugin as the leader of a process group of its own: a Ctrl-C in the
// terminal does not reach it, and what it starts can be ended with it.
func apart(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup ends a plugin and all that is in its group.
func killGroup(pid int) {
	if pid > 1 {
		_ = syscall.Kill(-pid, syscall.SIGKILL) // gone already
	}
}

func kill(pid int) {
	if pid > 1 {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
