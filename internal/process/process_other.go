//go:build !linux && !darwin

package process

import (
	"fmt"
	"os"
	"runtime"
)

// Boot says in which start of the machine this is. This system does not tell: every
// process has the same.
func Boot() (string, error) { return runtime.GOOS, nil }

func startOf(pid int) (string, error) {
	if pid == os.Getpid() {
		return "running", nil
	}
	return "", fmt.Errorf("process %d: %s does not tell when processes started", pid, runtime.GOOS)
}

// In gives the processes that work in a folder. This system does not tell: none.
func In(string) []ID { return nil }
