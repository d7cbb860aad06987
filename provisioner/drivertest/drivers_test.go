package drivertest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

const password = `pässw0rd "quoted" & long/enough?`

// ofMemory is a harness for drivers that take whatever inputs they get.
func ofMemory(driver provisioner.Driver) drivertest.Harness {
	return drivertest.Harness{
		Driver:  driver,
		Inputs:  map[string]any{"size": 2, "password": password, "list": []any{"a", map[string]any{"b": nil}}},
		Changed: map[string]any{"size": 3, "password": password},
		Secret:  []string{"password"},
		Grace:   5 * time.Second,
	}
}

func TestMemory(t *testing.T) {
	t.Parallel()
	h := ofMemory(memory.New(nil))
	h.Slow = &drivertest.Case{Driver: memory.New(&memory.Options{Delay: time.Hour})}
	h.Failing = &drivertest.Case{Driver: memory.New(&memory.Options{Fail: func(o memory.Operation, _ *provisioner.Request) error {
		if o == memory.Apply {
			return errors.New("no room")
		}
		return nil
	}})}
	drivertest.Run(t, h)
}

// teams is a world for a function.
type teams struct {
	sync.Mutex
	made map[string]any
}

func (w *teams) set(address string, members any) {
	w.Lock()
	defer w.Unlock()
	w.made[address] = members
	if members == nil {
		delete(w.made, address)
	}
}

func (w *teams) call(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (map[string]provisioner.Output, error) {
	if req.Mode == provisioner.Destroy {
		w.set(req.Address, nil)
		return nil, nil
	}
	switch fmt.Sprint(req.Inputs["members"]) {
	case "0":
		return nil, tenon.Problems{{Rule: "team", Path: tenon.At("inputs", "members"), Message: "a team has members"}}
	case "100":
		select {
		case <-time.After(time.Hour):
		case <-ctx.Done():
			return nil, fmt.Errorf("the team was interrupted: %w", ctx.Err())
		}
	case "13":
		w.set(req.Address, 13)
		return nil, errors.New("no luck")
	}
	out.Send(provisioner.Event{Kind: provisioner.Log, Time: time.Now(), Message: "making a team"})
	w.set(req.Address, req.Inputs["members"])
	return map[string]provisioner.Output{"id": {Value: req.Address}, "key": {Value: req.Inputs["key"], Sensitive: true}}, nil
}

func ofFunc() drivertest.Harness {
	world := &teams{made: map[string]any{}}
	members := func(n int) map[string]any { return map[string]any{"members": n, "key": password} }
	return drivertest.Harness{
		Driver: provisioner.Func(world.call),
		Inputs: members(2), Changed: members(3), Secret: []string{"key"},
		Slow: &drivertest.Case{Inputs: members(100)}, Failing: &drivertest.Case{Inputs: members(13)},
		World: func(_ context.Context, req *provisioner.Request) ([]string, error) {
			world.Lock()
			defer world.Unlock()
			if _, there := world.made[req.Address]; there {
				return []string{"team"}, nil
			}
			return nil, nil
		},
		Grace: 5 * time.Second,
	}
}

func TestFunc(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, ofFunc())
}
