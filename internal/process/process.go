// Package process names a process of this machine so that it can be recognised later,
// after its number was given to another one or the machine was started again.
//
//	id, err := process.Of(os.Getpid())
//	…
//	if id.Alive() { … }
package process

import (
	"encoding/json"
	"fmt"
)

// ID is one process: its number, when it started and in which start of the machine. Two
// IDs are equal when they are the same process. The zero value is no process.
type ID struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // in the system's own unit; only compared
	Boot  string `json:"boot"`  // changes with every start of the machine
}

// Of gives the ID of a running process; an error where there is none of that number.
func Of(pid int) (ID, error) {
	start, err := startOf(pid)
	if err != nil {
		return ID{}, err
	}
	boot, err := Boot()
	if err != nil {
		return ID{}, err
	}
	return ID{PID: pid, Start: start, Boot: boot}, nil
}

// Alive says that this very process still runs. One that has ended and only waits for
// its parent to notice does not.
func (id ID) Alive() bool {
	if id.PID <= 0 {
		return false
	}
	now, err := Of(id.PID)
	return err == nil && now == id
}

// String is the ID as JSON, for records and messages.
func (id ID) String() string {
	text, err := json.Marshal(id)
	if err != nil {
		return fmt.Sprint(id.PID)
	}
	return string(text)
}
