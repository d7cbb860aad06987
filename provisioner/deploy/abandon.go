package deploy

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// lostError is a driver that panicked or was left behind: nobody knows what it did.
type lostError struct{ what string }

func (e *lostError) Error() string { return e.what }

// call calls a driver, and leaves it behind where it has not returned patience after it was
// asked to stop.
func call[T any](ctx context.Context, patience time.Duration, out provisioner.Sink, do func(provisioner.Sink) (T, error)) (T, error) {
	type answer struct {
		result T
		err    error
	}
	answers, ear := make(chan answer, 1), &ear{sink: out}
	go func() {
		var got answer
		defer func() {
			if cause := recover(); cause != nil {
				ear.Send(provisioner.Event{Kind: provisioner.Log, Message: fmt.Sprintf("panic: %v\n%s", cause, debug.Stack())})
				got = answer{err: &lostError{fmt.Sprintf("the driver panicked: %v", cause)}}
			}
			answers <- got
		}()
		got.result, got.err = do(ear)
	}()
	select {
	case got := <-answers:
		return got.result, got.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case got := <-answers:
		return got.result, got.err
	case <-timer.C:
		ear.close()
		var none T
		return none, &lostError{fmt.Sprintf("the driver did not return within %s after it was asked to stop, and was left behind", patience)}
	}
}

// ear passes events on until it is closed: a driver that was left behind may still speak.
type ear struct {
	mu     sync.Mutex
	sink   provisioner.Sink
	closed bool
}

// Send passes an event on.
func (e *ear) Send(event provisioner.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.closed {
		e.sink.Send(event)
	}
}

func (e *ear) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
}
