package drivertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Effect is what a Fault does.
type Effect string

const (
	Fail        Effect = "fail"         // the call is not made, and fails
	FailAfter   Effect = "fail-after"   // the call is made, and its answer is lost
	Hang        Effect = "hang"         // the call is not made, and lasts until it is cancelled
	Panic       Effect = "panic"        // the call is not made, and panics
	PanicAfter  Effect = "panic-after"  // the call is made, and panics then
	DropEvents  Effect = "drop-events"  // the call is made, and nobody hears what it says
	RefuseState Effect = "refuse-state" // the call is made, and its state cannot be kept
	LoseState   Effect = "lose-state"   // the call is made, and its state is lost without a word
)

// Fault is something that goes wrong. Its zero value fails every call, for good.
type Fault struct {
	Call          provisioner.Call // which calls; empty: all of them
	Mode          provisioner.Mode // of plans and applies; empty: both
	Address, Step string           // empty: all
	Nth           int              // which of these calls, from 1; 0: each one
	Delay         time.Duration    // before anything else; a cancel ends it
	Effect        Effect           // default Fail; with a Delay and no Effect it is only late

	// Class and Err are of Fail and FailAfter. Class is Permanent by default; with
	// OutcomeUnknown the outcome is unknown, else failed.
	Class provisioner.Class
	Err   error         // default: ErrFault
	After time.Duration // for Transient: when to try again
}

// ErrFault is what Faulty lets calls fail with.
var ErrFault = errors.New("a fault that a test has made")

// Faulty gives a driver to which things happen, for the tests of those who run drivers.
// Of several faults that are for one call, the first that is due happens.
func Faulty(driver provisioner.Driver, faults ...Fault) provisioner.Driver {
	f := &faulty{driver: driver, faults: slices.Clone(faults), seen: make([]int, len(faults))}
	return &standIn{can: func() []provisioner.Capability { return provisioner.Capabilities(driver) }, call: f.meet}
}

type faulty struct {
	driver provisioner.Driver
	faults []Fault

	mu   sync.Mutex
	seen []int // calls that each fault is for
}

// due gives the fault of a call; an Effect of its own where there is none.
func (f *faulty) due(call provisioner.Call, req *provisioner.Request) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := Fault{Effect: none}
	for i, fault := range f.faults {
		mode := req.Mode
		if mode == "" {
			mode = provisioner.Apply
		}
		if fault.Call != "" && fault.Call != call || fault.Mode != "" && fault.Mode != mode ||
			fault.Address != "" && fault.Address != req.Address || fault.Step != "" && fault.Step != req.Step {
			continue
		}
		f.seen[i]++
		if found.Effect == none && (fault.Nth == 0 || fault.Nth == f.seen[i]) {
			if found = fault; found.Effect == "" {
				found.Effect = Fail
				if found.Delay > 0 {
					found.Effect = late
				}
			}
		}
	}
	return found
}

const (
	none Effect = ""
	late Effect = "late"
)

// meet lets a call meet its fault.
func (f *faulty) meet(ctx context.Context, a *ask) (provisioner.Message, error) {
	fault := f.due(a.call, a.request)
	if fault.Delay > 0 {
		timer := time.NewTimer(fault.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			return unanswered(a, provisioner.Message{}, fmt.Errorf("%s was interrupted: %w", a.call, ctx.Err()))
		}
	}
	met := *a
	switch fault.Effect {
	case Fail:
		return unanswered(a, provisioner.Message{}, fault.err())
	case Hang:
		<-ctx.Done()
		return unanswered(a, provisioner.Message{}, fmt.Errorf("%s was interrupted: %w", a.call, ctx.Err()))
	case Panic:
		panic(ErrFault.Error())
	case DropEvents:
		met.out = provisioner.Discard
	case RefuseState, LoseState:
		req := *a.request
		if req.State != nil {
			req.State = faultyState{req.State, fault}
		}
		met.request = &req
	}
	answer, err := reply(ctx, f.driver, &met)
	switch fault.Effect {
	case FailAfter:
		return unanswered(a, answer, fault.err())
	case PanicAfter:
		panic(ErrFault.Error())
	}
	return answer, err
}

// unanswered is the answer of a call that met a fault. What was made stays where it is, and
// its outputs are told.
func unanswered(a *ask, made provisioner.Message, err error) (provisioner.Message, error) {
	switch a.call {
	case provisioner.CallApply, provisioner.CallImport, provisioner.CallRecover:
	default:
		return provisioner.Message{}, err
	}
	result := &provisioner.Result{Outcome: provisioner.Failed, Outputs: a.request.Outputs}
	if made.Result != nil {
		result.Outputs = made.Result.Outputs
	}
	if provisioner.ClassOf(err) == provisioner.OutcomeUnknown {
		result.Outcome = provisioner.Unknown
	}
	return provisioner.Message{Result: result}, err
}

func (f Fault) err() error {
	err := f.Err
	if err == nil {
		err = ErrFault
	}
	if f.Class == "" || f.Class == provisioner.Permanent {
		return err
	}
	return &provisioner.Error{Class: f.Class, After: f.After, Err: err}
}

type faultyState struct {
	provisioner.State
	fault Fault
}

func (s faultyState) Write(context.Context, []byte) error {
	if s.fault.Effect == LoseState {
		return nil
	}
	return s.fault.err()
}
