//go:build !unix

package plugin

import (
	"os"
	"os/exec"
)

func apart(*exec.Cmd) {}

func killGroup(pid int) { kill(pid) }

func kill(pid int) {
	if process, err := os.FindProcess(pid); err == nil {
		_ = process.Kill()
	}
}
