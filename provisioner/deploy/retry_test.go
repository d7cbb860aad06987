package deploy_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// throttled fails so often with a transient error before each instance succeeds.
func throttled(times int32, class provisioner.Class) (*memory.Options, *atomic.Int32) {
	tried := &atomic.Int32{}
	return &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if o == memory.Apply && req.Address == "shop/dev.a" && tried.Add(1) <= times {
			return &provisioner.Error{Class: class, After: 30 * time.Millisecond, Err: errors.New("throttled")}
		}
		return nil
	}}, tried
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		times   int32
		class   provisioner.Class
		retries int
		tried   int32
		fails   bool
	}{
		"once":            {1, provisioner.Transient, 0, 2, false},
		"as often as may": {2, provisioner.Transient, 0, 3, false},
		"too often":       {3, provisioner.Transient, 0, 3, true},
		"more is allowed": {3, provisioner.Transient, 5, 4, false},
		"never":           {1, provisioner.Transient, -1, 1, true},
		"for good":        {1, provisioner.Permanent, 0, 1, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			options, tried := throttled(c.times, c.class)
			s := newShop(t, options)
			s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: s, Retries: c.retries, Backoff: time.Millisecond})
			began := time.Now()
			_, err := s.engine.Deploy(t.Context(), s.resolve(t))
			require.Equal(t, c.fails, err != nil)
			require.Equal(t, c.tried, tried.Load())
			retried := 0
			for _, event := range s.events {
				if event.Type == deploy.StepRetried {
					retried++
					require.Equal(t, "throttled", event.Message)
					require.Regexp(t, "^again in [0-9]+ms$", event.Reason)
				}
			}
			require.EqualValues(t, c.tried-1, retried)
			require.GreaterOrEqual(t, time.Since(began), time.Duration(retried)*30*time.Millisecond, "as long as the driver wants")
		})
	}
}

// Waiting for the next attempt ends with the run.
func TestRetryCanceled(t *testing.T) {
	t.Parallel()
	options, _ := throttled(100, provisioner.Transient)
	s := newShop(t, options)
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: s, Backoff: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	run, err := s.engine.Deploy(ctx, s.resolve(t))
	require.Error(t, err)
	require.Contains(t, run.Failed, "shop/dev.a")
}

// A step that takes too long is asked to stop, and the run goes on with the others.
func TestStepTimeout(t *testing.T) {
	t.Parallel()
	s := newShop(t, &memory.Options{Delay: time.Hour})
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: s, StepTimeout: 50 * time.Millisecond})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Equal(t, ids("a", "d"), run.Failed)
	require.ErrorContains(t, run.Errors["shop/dev.a"], "it took longer than 50ms")
	require.ErrorIs(t, run.Errors["shop/dev.a"], context.DeadlineExceeded)
}
