package provisioner

import (
	"context"
	"errors"
	"time"

	"github.com/tenon-sdk/tenon"
)

// Failure is an error as data: what can be asked of it survives a border between
// processes.
type Failure struct {
	Class    Class             `json:"class"`
	Message  string            `json:"message"`
	After    time.Duration     `json:"after,omitempty"` // Error.After; in JSON nanoseconds
	Problems tenon.Problems    `json:"problems,omitempty"`
	Tool     *ToolMissingError `json:"tool,omitempty"`
}

// FailureOf is err as data; nil for nil.
func FailureOf(err error) *Failure {
	if err == nil {
		return nil
	}
	f := &Failure{Class: ClassOf(err), Message: err.Error(), Problems: tenon.ProblemsOf(err).Sorted()}
	var classed *Error
	if errors.As(err, &classed) {
		f.After = classed.After
	}
	var tool *ToolMissingError
	if errors.As(err, &tool) {
		f.Tool = tool
	}
	return f
}

// Err is the failure as an error again; nil for nil. Its text, its class and its problems are
// those of the first one. errors.Is answers for context.Canceled or DeadlineExceeded,
// ErrUnsupported and ErrToolMissing, errors.As opens tenon.Problems, *ToolMissingError, and an
// *Error that is transient or of unknown outcome; nothing else crosses.
func (f *Failure) Err() error {
	if f == nil {
		return nil
	}
	return &failure{*f}
}

type failure struct{ Failure }

func (e *failure) Error() string { return e.Message }

// Is answers for sentinels.
func (e *failure) Is(target error) bool {
	switch target {
	case context.Canceled:
		return e.Class == Canceled
	case context.DeadlineExceeded:
		return e.Class == Deadline
	case ErrUnsupported:
		return e.Class == Unsupported
	case ErrToolMissing:
		return e.Tool != nil
	}
	return false
}

// As opens problems and the errors of this package.
func (e *failure) As(target any) bool {
	switch target := target.(type) {
	case *tenon.Problems:
		if len(e.Problems) > 0 {
			*target = e.Problems
			return true
		}
	case *tenon.Problem:
		if len(e.Problems) == 1 {
			*target = e.Problems[0]
			return true
		}
	case **ToolMissingError:
		if e.Tool != nil {
			*target = e.Tool
			return true
		}
	case **Error:
		if e.Class == Transient || e.Class == OutcomeUnknown {
			*target = &Error{Class: e.Class, After: e.After, Err: errors.New(e.Message)}
			return true
		}
	}
	return false
}
