package provisioner

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrUnsupported is what a driver answers to what it cannot do at all, such as destroy.
var ErrUnsupported = errors.New("not supported by this driver")

// ErrToolMissing is every *ToolMissingError, for callers that only branch.
var ErrToolMissing = errors.New("tool missing")

// ToolMissingError is a driver whose tool is not on this machine, or not in the version
// that the step wants. errors.Is(err, ErrToolMissing) holds.
type ToolMissingError struct {
	Tool    string `json:"tool"`              // terraform
	Version string `json:"version,omitempty"` // wanted; empty: any
	Found   string `json:"found,omitempty"`   // the version that is there; empty where the tool is not there
	Cure    string `json:"cure,omitempty"`    // what to do about it
}

func (e *ToolMissingError) Error() string {
	var text string
	switch {
	case e.Found != "":
		text = fmt.Sprintf("%s %s is wanted, but %s is here", e.Tool, e.Version, e.Found)
	case e.Version != "":
		text = fmt.Sprintf("%s %s is not on this machine", e.Tool, e.Version)
	default:
		text = fmt.Sprintf("%s is not on this machine", e.Tool)
	}
	if e.Cure != "" {
		text += " (" + e.Cure + ")"
	}
	return text
}

// Is says that every missing tool is ErrToolMissing.
func (e *ToolMissingError) Is(target error) bool { return target == ErrToolMissing }

// Class is what an error means for whoever runs steps.
type Class string

const (
	Permanent      Class = "permanent"       // the same again will fail again
	Transient      Class = "transient"       // the same again may succeed: a throttled or broken connection
	Canceled       Class = "canceled"        // the caller's context was canceled
	Deadline       Class = "deadline"        // the caller's context has run out of time
	OutcomeUnknown Class = "outcome-unknown" // nobody knows how far it came
	Unsupported    Class = "unsupported"     // ErrUnsupported
)

// ClassOf gives the class of an error; empty for nil. What says nothing of itself is
// Permanent.
func ClassOf(err error) Class {
	var classed *Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return Deadline
	case errors.As(err, &classed):
		return classed.Class
	case errors.Is(err, ErrUnsupported):
		return Unsupported
	}
	return Permanent
}

// Error gives an error a class. Drivers use it for what is transient:
//
//	return nil, &provisioner.Error{Class: provisioner.Transient, After: time.Second, Err: err}
type Error struct {
	Class Class
	After time.Duration // for Transient: how long to wait before the next attempt; 0: not said
	Err   error
}

func (e *Error) Error() string { return e.Err.Error() }

// Unwrap gives the error that has the class.
func (e *Error) Unwrap() error { return e.Err }
