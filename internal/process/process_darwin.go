package process

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Boot says in which start of the machine this is.
func Boot() (string, error) { return unix.Sysctl("kern.bootsessionuuid") }

func startOf(pid int) (string, error) {
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", err
	}
	const zombie = 5 // SZOMB of sys/proc.h
	if info.Proc.P_stat == zombie {
		return "", fmt.Errorf("process %d has ended: %w", pid, os.ErrProcessDone)
	}
	at := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", at.Sec, at.Usec), nil
}

// In gives the processes that work in a folder. This system does not tell: none.
func In(string) []ID { return nil }
