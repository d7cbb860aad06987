package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// What runs goes to its end, nothing more is started, and a resume does the rest.
func TestDrain(t *testing.T) {
	t.Parallel()
	var engine *deploy.Engine
	s := newShop(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if o == memory.Apply && req.Address == "shop/dev.a" {
			engine.Drain()
			engine.Drain() // twice is once
		}
		return nil
	}})
	engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: s, Concurrency: 1})
	run, err := engine.Deploy(t.Context(), s.resolve(t))
	var failed *deploy.RunError
	require.ErrorAs(t, err, &failed)
	require.ErrorContains(t, err, "was canceled")
	require.Equal(t, store.Canceled, run.Status)
	require.Empty(t, run.Failed)
	require.Contains(t, run.Applied, "shop/dev.a")
	require.NotEmpty(t, run.Blocked)
	for _, event := range s.events {
		if event.Type == deploy.InstanceBlocked {
			require.Equal(t, "the run was told to start nothing more", event.Reason)
		}
	}
	later, err := engine.Resume(t.Context(), s.resolve(t))
	require.Error(t, err, "this engine starts nothing any more")
	require.Empty(t, later.Applied)

	after, err := s.engine.Resume(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, run.Blocked, after.Applied)
}

// a fails while d, which needs nothing of it, has not begun.
func TestFailFast(t *testing.T) {
	t.Parallel()
	for failFast, applied := range map[bool][]string{true: {}, false: ids("d")} {
		s := newShop(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
			if o == memory.Apply && req.Address == "shop/dev.a" {
				return errors.New("no")
			}
			return nil
		}})
		engine := deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: s, Concurrency: 1, FailFast: failFast})
		run, err := engine.Deploy(t.Context(), s.resolve(t))
		require.Error(t, err)
		require.Equal(t, store.Failed, run.Status)
		require.Equal(t, ids("a"), run.Failed)
		require.Equal(t, applied, run.Applied)
	}
}

// An instance that weighs more than the limit runs, and alone.
func TestWeights(t *testing.T) {
	t.Parallel()
	var at, most atomic.Int32
	s := newShop(t, &memory.Options{Fail: func(o memory.Operation, _ *provisioner.Request) error {
		if o == memory.Apply {
			most.Store(max(most.Load(), at.Add(1)))
			time.Sleep(20 * time.Millisecond)
			at.Add(-1)
		}
		return nil
	}})
	var asked []deploy.Work
	engine := deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{
		Events: s, Concurrency: 8, Limits: map[string]int{"memory": 3},
		Weigh: func(w deploy.Work) map[string]int { asked = append(asked, w); return map[string]int{"memory": 5} },
	})
	run, err := engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Len(t, asked, len(run.Applied))
	require.Equal(t, "shop/dev.a", asked[0].Instance)
	require.Equal(t, provisioner.Apply, asked[0].Action)
	require.NotEmpty(t, asked[0].Bundle)
	require.EqualValues(t, 1, most.Load())
}

// deaf is a driver that does not hear that it is asked to stop.
type deaf struct {
	provisioner.Driver
	until chan struct{}
	spoke chan struct{}
}

func (d *deaf) Apply(_ context.Context, _ *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	<-d.until
	out.Send(provisioner.Event{Kind: provisioner.Log, Message: "who is there?"})
	close(d.spoke)
	return &provisioner.Result{Outcome: provisioner.Done}, nil
}

// A driver that never returns holds nobody up: it is left behind, what it did is unknown,
// and the next run looks.
func TestDriverThatNeverReturns(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	driver := &deaf{s.driver, make(chan struct{}), make(chan struct{})}
	engine := deploy.New(s.store, provisioner.Drivers{"memory": driver}, &deploy.Options{
		Events: s, Concurrency: 1, StepTimeout: 20 * time.Millisecond, Abandon: 20 * time.Millisecond, FailFast: true,
	})
	run, err := engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Len(t, run.Unknown, 1)
	require.ErrorContains(t, run.Errors[run.Unknown[0]], "it took longer than 20ms: the driver did not return within 20ms after it was asked to stop, and was left behind")
	open, err := s.store.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, open, 1, "the next run looks")
	events := len(s.events)

	close(driver.until)
	<-driver.spoke
	require.Len(t, s.events, events, "nobody listens to it any more")
	after, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Contains(t, after.Applied, run.Unknown[0])
}

// The summary of 10,000 failures is one that somebody reads.
func TestManyFailures(t *testing.T) {
	t.Parallel()
	run := &deploy.Run{Deployment: "d-1", Status: store.Failed, Errors: map[string]error{}}
	first := errors.New("the account is closed")
	for n := range 10_000 {
		address := fmt.Sprintf("shop/dev.c%05d", n)
		switch {
		case n == 7:
			run.Errors[address] = first
		case n%100 == 0:
			run.Errors[address] = fmt.Errorf("main: reason %d\nline\nline\nline\nline\nline\nline", n)
		default:
			run.Errors[address] = fmt.Errorf("main: %s: no quota is left", address)
		}
	}
	text := run.Err().Error()
	require.ErrorIs(t, run.Err(), first)
	lines := strings.Split(text, "\n")
	require.LessOrEqual(t, len(lines), 1+10*6+1)
	require.Less(t, len(text), 4000)
	require.Equal(t, "10000 instances did not succeed:", lines[0])
	require.Equal(t, "shop/dev.c00001, shop/dev.c00002, shop/dev.c00003 and 9896 more: main: the instance: no quota is left", lines[1])
	require.Contains(t, text, "\nshop/dev.c00000: main: reason 0\n")
	require.Contains(t, text, "\nshop/dev.c00000: … 2 lines more\n")
	require.Regexp(t, `and [0-9]+ more, for 92 other reasons$`, text)
}
