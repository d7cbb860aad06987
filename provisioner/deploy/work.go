package deploy

import (
	"context"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Work is what is about to be done, or planned, with an instance, for Options.Weigh.
type Work struct {
	Instance string // address
	Bundle   string // name
	Version  string
	Action   provisioner.Mode
}

// weigh asks what an instance takes of the limits.
func (s *session) weigh(address string, mode provisioner.Mode) map[string]int {
	if s.options.Weigh == nil || len(s.options.Limits) == 0 {
		return nil
	}
	b := s.bundleOf(address)
	return s.options.Weigh(Work{Instance: address, Bundle: b.name, Version: b.version, Action: mode})
}

// usual is how long an instance takes of which nothing is known; what counts is how it
// compares with the others.
const usual = time.Second

// looks does nodes that only look. They end with ctx, not with Drain.
func (s *session) looks(ctx context.Context, nodes []*node) {
	do := scheduler{slots: s.options.Concurrency, limits: s.options.Limits}
	do.run(ctx, nodes)
}

// estimate tells nodes how long they took the last time, and those that are new how long
// the others took on average. Without the records only the order is worse.
func (r *run) estimate(ctx context.Context, nodes []*node) {
	took, err := r.store.Durations(ctx, r.address)
	if err != nil || len(took) == 0 {
		took = nil
	}
	average := usual
	if len(took) > 0 {
		average = 0
		for _, one := range took {
			average += one
		}
		average = max(average/time.Duration(len(took)), 1)
	}
	for _, n := range nodes {
		var known bool
		if n.length, known = took[n.id]; !known {
			n.length = average
		}
	}
}

// Drain stops runs of this engine, those of now and those to come, from starting any
// instance more. What runs goes to its end; the run is canceled then, and Resume, of
// another engine, goes on with it. It is the first stage of stopping; to cancel the context
// is the second, which asks drivers to stop.
func (e *Engine) Drain() { e.drain.once.Do(func() { close(e.drain.begun) }) }

// drain is shared by an engine and those that Only has made of it.
type drain struct {
	once  sync.Once
	begun chan struct{}
}

func (e *Engine) draining() bool {
	select {
	case <-e.drain.begun:
		return true
	default:
		return false
	}
}
