package provisioner

import (
	"context"
	"io/fs"

	"github.com/tenon-sdk/tenon/tagging"
)

// Mode is what a request is for.
type Mode string

const (
	Apply   Mode = "apply"
	Destroy Mode = "destroy"
)

// Request is one step of one instance. Drivers do not change what it points to.
type Request struct {
	Address string // of the instance: shop/dev.db
	Step    string // name: main
	Mode    Mode   // empty is Apply
	Version string // of the driver's tool that the step wants: 1.10; empty: any
	Files   fs.FS  // the bundle's files
	Path    string // the step's folder in Files, slashes; "." is the bundle itself
	// Inputs are the values of the step, JSON documents by name.
	Inputs map[string]any
	// Implicit says that the step has no inputs of its own: Inputs are everything the
	// instance has, and what the module does not declare is left out. Else an input that
	// the module does not declare is a problem.
	Implicit bool
	Secret   []string          // names of inputs that hold secrets
	Config   map[string]any    // of the driver, from the step
	Metadata tagging.Metadata  // the stable part: may become variables and tags
	Run      tagging.Run       // the run part: reaches tools by environment only
	Outputs  map[string]Output // of the last run
	// WorkDir is a private folder (0700), an absolute path, the same until a run of the
	// step has ended cleanly. The driver empties it after a clean end; what is left in
	// it says that a run was cut off.
	WorkDir string
	State   State
	Saved   []byte // Plan.Saved, to be applied exactly
}

// State is where a driver keeps what it must remember of a step: nil bytes where there is
// nothing yet, and nil again once there is nothing more. Whoever keeps it seals it.
type State interface {
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, state []byte) error
}
