package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// stages are how the command is stopped. While a run goes on the first Ctrl-C lets what
// runs go to its end and starts nothing more; the next one, or the first elsewhere, cancels,
// so that tools stop in good order; the one after it leaves at once. Who sends SIGTERM will
// not wait long: it cancels.
type stages struct {
	cancel context.CancelFunc

	mu    sync.Mutex
	drain func() // nil: there is nothing to let go to its end
}

func interruptible() (context.Context, *stages) {
	ctx, cancel := context.WithCancel(context.Background())
	s, signals := &stages{cancel: cancel}, make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		if <-signals == os.Interrupt && s.drained() {
			<-signals
		}
		cancel()
		<-signals
		os.Exit(isNot)
	}()
	return ctx, s
}

// drained starts the first stage; false where there is none.
func (s *stages) drained() bool {
	s.mu.Lock()
	drain := s.drain
	s.mu.Unlock()
	if drain == nil {
		return false
	}
	drain()
	return true
}

// during has the first Ctrl-C call drain, until the function that it gives is called.
func (s *stages) during(drain func()) (end func()) {
	if s == nil {
		return func() {}
	}
	s.mu.Lock()
	s.drain = drain
	s.mu.Unlock()
	return func() {
		s.mu.Lock()
		s.drain = nil
		s.mu.Unlock()
	}
}
