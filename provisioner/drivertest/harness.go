package drivertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"
	"time"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Harness is a driver and what the kit must know to ask it for something. Only Driver is
// required; each further field lets more rules be tested.
type Harness struct {
	Driver provisioner.Driver

	Files     fs.FS                           // the bundle's files; default none
	Path      string                          // the step's folder in them; default the bundle itself
	Inputs    map[string]any                  // with which an apply succeeds, quickly
	Secret    []string                        // names of inputs that hold secrets
	Config    map[string]any                  // of the driver
	Providers map[string]provisioner.Provider // credentials; what their Secret points to is in no event or error
	Version   string                          // of the tool

	// Changed are inputs that make a difference to what Inputs have made, and that succeed.
	Changed map[string]any
	// Invalid are inputs that the driver must refuse with tenon.Problems, without looking at
	// what exists.
	Invalid map[string]any
	// Mistake puts into a request another mistake of a person that must be found in the
	// same way, such as one in a file.
	Mistake func(req *provisioner.Request)
	// Failing is an apply that fails after it has begun.
	Failing *Case
	// Slow is an apply that takes much longer than Grace, so that it can be cut off.
	Slow *Case
	// Interrupt kills the tool that is at work for a request, from outside: for drivers
	// that start one. It needs Slow.
	Interrupt func(ctx context.Context, req *provisioner.Request) error

	// World looks past the driver and names what exists of a step: none after a destroy.
	World func(ctx context.Context, req *provisioner.Request) ([]string, error)
	// Drift changes or removes past the driver what was made of a step.
	Drift func(ctx context.Context, req *provisioner.Request) error
	// Import is something that can be taken into the state of a step.
	Import *Import
	// Prepare changes each request before it is used: an input that is to be another one
	// for each address, a folder that must be there.
	Prepare func(req *provisioner.Request) error

	// Stateless says that the driver keeps nothing in Request.State.
	Stateless bool
	// Grace is how long the driver may take to return after a cancel. Default 30 seconds.
	Grace time.Duration
	// Limit is how long a call may take that is not meant to be slow. Default 5 minutes.
	Limit time.Duration
	// Skip leaves rules out, by id, each with its reason.
	Skip map[string]string
	// Told hears each verdict as soon as it is known. Default: nobody.
	Told func(Verdict)
}

// Case is inputs of their own, and where they are not enough a driver of its own, such as
// one with other options that works on the same state.
type Case struct {
	Inputs map[string]any     // default: those of the Harness
	Driver provisioner.Driver // default: that of the Harness
}

// Import is something that the driver can take into the state of a step.
type Import struct {
	// Inputs with which the step is nothing but what is taken in. Default: those of the
	// Harness.
	Inputs map[string]any
	// Make makes it past the driver, as the step would, and gives its address in the
	// module and its id on the platform.
	Make func(ctx context.Context, req *provisioner.Request) (address, id string, err error)
}

const (
	defaultGrace = 30 * time.Second
	defaultLimit = 5 * time.Minute
	shortest     = 8 // bytes of a secret that is not found by accident
)

// ready gives the harness with its defaults and inputs as documents.
func (h Harness) ready() (Harness, error) {
	if h.Driver == nil {
		return h, errors.New("the harness has no driver")
	}
	if h.Files == nil {
		h.Files = fstest.MapFS{}
	}
	if h.Path == "" {
		h.Path = "."
	}
	if h.Grace <= 0 {
		h.Grace = defaultGrace
	}
	if h.Limit <= 0 {
		h.Limit = defaultLimit
	}
	var failed []error
	h.Inputs = documents("Inputs", h.Inputs, &failed)
	h.Changed = documents("Changed", h.Changed, &failed)
	h.Invalid = documents("Invalid", h.Invalid, &failed)
	h.Config = documents("Config", h.Config, &failed)
	h.Failing, h.Slow = h.Failing.or(&h, &failed), h.Slow.or(&h, &failed)
	if h.Import != nil {
		taken := *h.Import
		if taken.Inputs = documents("inputs of Import", taken.Inputs, &failed); taken.Inputs == nil {
			taken.Inputs = h.Inputs
		}
		h.Import = &taken
	}
	for _, secret := range h.secrets() {
		if len(secret) < shortest {
			failed = append(failed, fmt.Errorf("a secret of fewer than %d bytes would be found by accident", shortest))
		}
	}
	if len(h.Secret) > 0 && len(h.secrets()) == 0 {
		failed = append(failed, errors.New("the inputs that Secret names hold no text"))
	}
	for _, id := range slices.Sorted(maps.Keys(h.Skip)) {
		if !slices.ContainsFunc(rules(), func(r rule) bool { return r.ID == id }) {
			failed = append(failed, fmt.Errorf("there is no rule %q to skip", id))
		}
	}
	return h, errors.Join(failed...)
}

func (c *Case) or(h *Harness, failed *[]error) *Case {
	if c == nil {
		return nil
	}
	filled := Case{Inputs: documents("inputs of a case", c.Inputs, failed), Driver: c.Driver}
	if filled.Inputs == nil {
		filled.Inputs = h.Inputs
	}
	if filled.Driver == nil {
		filled.Driver = h.Driver
	}
	return &filled
}

// documents brings inputs into the form in which engines hand them over.
func documents(what string, inputs map[string]any, failed *[]error) map[string]any {
	if inputs == nil {
		return nil
	}
	made := make(map[string]any, len(inputs))
	for name, input := range inputs {
		v, err := value.Normal(input)
		if err != nil {
			*failed = append(*failed, fmt.Errorf("%s: %s: %w", what, name, err))
		}
		made[name] = v
	}
	return made
}

// secrets are the texts that must not be seen.
func (h Harness) secrets() []string {
	found := map[string]bool{}
	for _, inputs := range []map[string]any{h.Inputs, h.Changed, h.Invalid, h.Failing.inputs(), h.Slow.inputs()} {
		for _, name := range h.Secret {
			for _, text := range textsOf(inputs[name]) {
				found[text] = true
			}
		}
	}
	for _, provider := range h.Providers {
		for _, secret := range provider.Secrets() {
			if document, err := value.Normal(secret); err == nil {
				for _, text := range textsOf(document) {
					found[text] = true
				}
			}
		}
	}
	delete(found, "")
	return slices.Sorted(maps.Keys(found))
}

func (c *Case) inputs() map[string]any {
	if c == nil {
		return nil
	}
	return c.Inputs
}
