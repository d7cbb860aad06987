//go:build !unix

package terraform

import (
	"os"
	"os/exec"
)

func detach(*exec.Cmd) {}

// interrupt cannot be asked for here: the tool is left to end by itself within Grace.
func interrupt(int) error { return nil }

func killGroup(pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return process.Kill()
}
