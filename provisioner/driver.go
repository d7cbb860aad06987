package provisioner

import (
	"context"
	"io/fs"
)

// Driver plans, applies and destroys one step.
type Driver interface {
	// Plan says what Apply would do. It changes nothing.
	Plan(ctx context.Context, req *Request, out Sink) (*Plan, error)
	// Apply makes it so, or unmakes it: Request.Mode. The result is not nil even with
	// an error.
	Apply(ctx context.Context, req *Request, out Sink) (*Result, error)
}

// Recoverer is a driver that can look at what a run left behind that was cut off. It
// waits for a tool that is still at work, brings the state it finds into Request.State,
// empties the work folder, and says how that run ended. Both results are nil where
// nothing was left behind. Cancelling the context interrupts the tool it waits for.
type Recoverer interface {
	Recover(ctx context.Context, req *Request, out Sink) (*Result, error)
}

// Validator is a driver that can say what is wrong with a step without credentials and
// without looking at what exists: nil, or tenon.Problems, which may be warnings only. It
// is what a step gets whose inputs are not known yet.
type Validator interface {
	Validate(ctx context.Context, req *Request, out Sink) error
}

// DriftDetector is a driver that can compare what exists with what was last applied. It
// changes nothing, not even Request.State.
type DriftDetector interface {
	Drift(ctx context.Context, req *Request, out Sink) (*Drift, error)
}

// Importer is a driver that can take a resource into the state of a step that was made
// without it. address is the resource's in the module, id the platform's. The result has
// the resource among its Changes, with the action Import. What is managed already is a
// tenon.Problem of rule already-managed.
type Importer interface {
	Import(ctx context.Context, req *Request, address, id string, out Sink) (*Result, error)
}

// Inspector is a driver that knows what a module declares without a run. Mistakes in the
// module are tenon.Problems.
type Inspector interface {
	Inspect(ctx context.Context, files fs.FS, path string) (*Module, error)
}

// Versioned is a driver with a tool whose version belongs to the inputs of a step. want
// is Request.Version.
type Versioned interface {
	// Identity says which binary it is; the same identity is the same tool. Cheap: it
	// starts no process.
	Identity(ctx context.Context, want string) (string, error)
	// Version is the tool's name and its version: terraform, 1.11.4. It may start a
	// process.
	Version(ctx context.Context, want string) (name, version string, err error)
}

// Module is what a module declares, each list sorted by name.
type Module struct {
	Inputs  []Variable `json:"inputs,omitempty"`
	Outputs []Variable `json:"outputs,omitempty"`
}

// Variable is one input or output of a module.
type Variable struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"` // as the module writes it; empty where it does not say
	Description string `json:"description,omitempty"`
	Required    bool   `json:"required,omitempty"` // an input without a default
	Sensitive   bool   `json:"sensitive,omitempty"`
}
