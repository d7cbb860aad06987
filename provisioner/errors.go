package provisioner

import (
	"errors"
	"fmt"
)

// ErrUnsupported is what a driver answers to what it cannot do at all, such as destroy.
var ErrUnsupported = errors.New("not supported by this driver")

// ErrToolMissing is every *ToolMissingError, for callers that only branch.
var ErrToolMissing = errors.New("tool missing")

// ToolMissingError is a driver whose tool is not on this machine, or not in the version
// that the step wants. errors.Is(err, ErrToolMissing) holds.
type ToolMissingError struct {
	Tool    string // terraform
	Version string // wanted; empty: any
	Found   string // the version that is there; empty where the tool is not there
	Cure    string // what to do about it
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
