package store

import (
	"errors"
	"os"
	"runtime"
	"syscall"

	"github.com/tenon-sdk/tenon/internal/process"
)

// holder is the process that has a lock, so that others can tell whether it still lives.
type holder struct {
	host, boot string
	space      string // the container whose process numbers these are; empty where unknown
	pid        int
	start      string
}

// thisProcess leaves empty what the system does not tell.
func thisProcess() holder {
	h := holder{pid: os.Getpid()}
	h.host, _ = os.Hostname()
	h.boot, _ = process.Boot()
	h.space, _ = os.Readlink("/proc/self/ns/pid")
	if id, err := process.Of(h.pid); err == nil {
		h.start = id.Start
	}
	return h
}

// dead says that h is surely gone. What this process cannot know is alive: a process of
// another machine, or of a container whose processes it does not see.
func (h holder) dead(self holder) bool {
	if h.boot != self.boot {
		return h.host == self.host // this machine, before it was started again
	}
	if h.space != self.space {
		return false
	}
	switch runtime.GOOS {
	case "linux", "darwin":
		return !process.ID{PID: h.pid, Start: h.start, Boot: h.boot}.Alive()
	}
	// Elsewhere a number that was given anew looks like the same process.
	found, err := os.FindProcess(h.pid)
	if err != nil {
		return true
	}
	defer found.Release() //nolint:errcheck // only frees a handle
	return runtime.GOOS != "windows" && errors.Is(found.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
