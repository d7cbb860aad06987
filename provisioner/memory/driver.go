package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Operation is what a driver can be asked for.
type Operation string

const (
	Plan    Operation = "plan"
	Apply   Operation = "apply"
	Destroy Operation = "destroy"
	Recover Operation = "recover"
)

// ErrDied is what Options.Fail answers to let the driver die in the middle, as a tool
// does that is killed: the resource is made, its state has not been handed over, and the
// outcome is unknown until Recover, or the next Apply, finds it.
var ErrDied = errors.New("died in the middle")

// Options of a driver. The zero value is quick, never fails, and gives the inputs back.
type Options struct {
	// Delay is how long each apply and destroy takes. Default none.
	Delay time.Duration
	// Outputs computes what a step hands on. It must give the same for the same request.
	// Default: every input under its own name, sensitive where it holds a secret.
	Outputs func(req *provisioner.Request) map[string]provisioner.Output
	// Fail is asked before each operation, after its delay; an error makes it fail.
	Fail func(operation Operation, req *provisioner.Request) error
}

// Call is one request that a driver has had.
type Call struct {
	Operation     Operation
	Address, Step string
}

// Driver is the reference driver. Make one with New.
type Driver struct {
	options Options

	mu    sync.Mutex
	calls []Call
	left  map[place]state // what a dead run has made
}

type place struct{ address, step string }

// New makes a driver.
func New(opts *Options) *Driver {
	d := &Driver{left: map[place]state{}}
	if opts != nil {
		d.options = *opts
	}
	if d.options.Outputs == nil {
		d.options.Outputs = echo
	}
	if d.options.Fail == nil {
		d.options.Fail = func(Operation, *provisioner.Request) error { return nil }
	}
	return d
}

// echo gives the inputs back.
func echo(req *provisioner.Request) map[string]provisioner.Output {
	outputs := map[string]provisioner.Output{}
	for name, value := range req.Inputs {
		outputs[name] = provisioner.Output{Value: value, Sensitive: slices.Contains(req.Secret, name)}
	}
	return outputs
}

// Calls gives what was asked so far, oldest first.
func (d *Driver) Calls() []Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.calls)
}

// begin notes a call, lets the delay pass and asks whether to fail.
func (d *Driver) begin(ctx context.Context, operation Operation, req *provisioner.Request) error {
	d.mu.Lock()
	d.calls = append(d.calls, Call{operation, req.Address, req.Step})
	d.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s was interrupted: %w", operation, err)
	}
	if d.options.Delay > 0 && (operation == Apply || operation == Destroy) {
		timer := time.NewTimer(d.options.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return fmt.Errorf("%s was interrupted: %w", operation, ctx.Err())
		}
	}
	return d.options.Fail(operation, req)
}
