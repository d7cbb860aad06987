package drivertest

import (
	"fmt"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// turn is one call of the driver, and everything that is to be known of it.
type turn struct {
	label   string // for people: apply-again of drivertest/life
	call    provisioner.Call
	request *provisioner.Request
	missing string // why it was not made
	ended   bool   // it has returned in time
	cut     bool   // it was meant to be cut off
	odd     bool   // its names are none that a step can have
	answer  answer

	heard         *listener
	touched       []string // what of the request the driver has changed
	before, after []byte   // the state
	writes        int
	left          []string // in the work folder
	world, found  []string // before and after
	worldErr      error
	stopped       error // the error of the context, where it had ended
	late          time.Duration
	took          time.Duration
}

// answer is what a driver gives back.
type answer struct {
	provisioner.Message
	err      error
	panicked string
}

// trouble says why a call is not one that succeeded; empty where it is.
func (t *turn) trouble() string {
	switch {
	case t.missing != "":
		return fmt.Sprintf("%s was not asked for: %s", t.label, t.missing)
	case !t.ended:
		return fmt.Sprintf("%s did not return within %s", t.label, t.took.Round(time.Millisecond))
	case t.answer.panicked != "":
		return fmt.Sprintf("%s panicked: %s", t.label, t.answer.panicked)
	case t.answer.err != nil:
		return fmt.Sprintf("%s failed: %v", t.label, t.answer.err)
	case t.call == provisioner.CallPlan && t.answer.Plan == nil:
		return t.label + " gave no plan and no error"
	case t.call == provisioner.CallApply && t.answer.Result == nil:
		return t.label + " gave no result and no error"
	case t.call == provisioner.CallApply && t.answer.Result.Outcome != provisioner.Done:
		return fmt.Sprintf("%s gave no error, and the outcome %q", t.label, t.answer.Result.Outcome)
	}
	return ""
}

// answered says that there is an answer to be judged.
func (t *turn) answered() bool { return t.missing == "" && t.ended && t.answer.panicked == "" }

// changes are those that the call planned, made or found.
func (t *turn) changes() []provisioner.Change {
	switch {
	case t.answer.Plan != nil:
		return t.answer.Plan.Changes
	case t.answer.Result != nil:
		return t.answer.Result.Changes
	case t.answer.Drift != nil:
		return t.answer.Drift.Changes
	}
	return nil
}

func (t *turn) outputs() map[string]provisioner.Output {
	switch {
	case t.answer.Plan != nil:
		return t.answer.Plan.Outputs
	case t.answer.Result != nil:
		return t.answer.Result.Outputs
	}
	return nil
}

// problems are all that the call has told, in whatever way.
func (t *turn) problems() (found tenon.Problems) {
	found.Add(tenon.ProblemsOf(t.answer.err)...)
	if t.answer.Plan != nil {
		found.Add(t.answer.Plan.Problems...)
	}
	if t.answer.Result != nil {
		found.Add(t.answer.Result.Problems...)
	}
	if t.answer.Drift != nil {
		found.Add(t.answer.Drift.Problems...)
	}
	for _, event := range t.events() {
		if event.Problem != nil {
			found.Add(*event.Problem)
		}
	}
	return found
}

func (t *turn) events() []provisioner.Event {
	if t.heard == nil {
		return nil
	}
	return t.heard.all()
}

// listener is a Sink that remembers.
type listener struct {
	mu     sync.Mutex
	events []provisioner.Event
	closed bool
	after  int // events that came when the call had returned
	began  time.Time
	first  time.Duration // until the first resource was begun
	hook   func(provisioner.Event)
}

func (l *listener) Send(e provisioner.Event) {
	l.mu.Lock()
	if l.closed {
		l.after++
	}
	l.events = append(l.events, e)
	if e.Kind == provisioner.ResourceStarted && l.first == 0 {
		l.first = time.Since(l.began)
	}
	hook := l.hook
	l.mu.Unlock()
	if hook != nil {
		hook(e)
	}
}

func (l *listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
}

func (l *listener) all() []provisioner.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]provisioner.Event(nil), l.events...)
}

func (l *listener) tooLate() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.after
}

func (l *listener) untilFirst() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.first
}
