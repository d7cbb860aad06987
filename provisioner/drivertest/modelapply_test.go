package drivertest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

func (m *model) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	failed := &provisioner.Result{Outcome: provisioner.Failed, Outputs: req.Outputs}
	text, before, err := m.begin(ctx, req)
	if err == nil {
		failed.Outputs = before.Outputs
	}
	after := m.wanted(req)
	if err == nil && req.Saved != nil && !m.is("does not look at saved plans") {
		after, err = m.restore(req, string(text), after)
	}
	if err != nil {
		if m.is("has no result where it fails") {
			failed = nil
		}
		return failed, err
	}
	changes := m.changes(before, after, req.Replace)
	if m.is("makes things again") && len(changes) == 0 && len(after.Made) > 0 {
		changes = []provisioner.Change{{Address: "a", Type: "model", Action: provisioner.Update}}
	}
	if m.is("never updates") && len(changes) > 0 && changes[0].Action == provisioner.Update {
		changes, after = nil, before
	}
	switch leave := m.misbehave(req, out, len(changes) == 0); {
	case leave != nil:
		return failed, leave
	case m.is("panics"):
		if len(changes) == 0 {
			panic("out of luck")
		}
	}
	now := modelState{Made: maps.Clone(before.Made), Outputs: after.Outputs}
	for _, c := range changes {
		if result, err := m.one(ctx, req, out, c, &now, after); err != nil || result != nil {
			return result, err
		}
	}
	if len(changes) == 0 && !m.is("gives other outputs each time") {
		after.Outputs = before.Outputs
	}
	return m.end(req, out, after, changes)
}

// one makes, changes or removes one resource.
func (m *model) one(ctx context.Context, req *provisioner.Request, out provisioner.Sink, c provisioner.Change, now *modelState, after modelState) (*provisioner.Result, error) {
	result := func(outcome provisioner.Outcome) *provisioner.Result {
		return &provisioner.Result{Outcome: outcome, Outputs: now.Outputs}
	}
	if !m.is("does not tell what it begins") {
		out.Send(m.event(provisioner.ResourceStarted, c))
	}
	if err := m.pause(ctx, req, c); err != nil {
		out.Send(m.event(provisioner.ResourceFailed, c))
		if errors.Is(err, errKilled) {
			m.leave(req, *now)
			if m.is("is done when it was killed") {
				return result(provisioner.Done), nil
			}
			return result(provisioner.Unknown), &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: err}
		}
		if m.is("is done when it was cancelled") {
			return result(provisioner.Done), nil
		}
		return result(provisioner.Failed), err
	}
	if req.Inputs["fail"] != nil && c.Address == "b" {
		out.Send(m.event(provisioner.ResourceFailed, c))
		switch m.flaw {
		case "is done with an error":
			return result(provisioner.Done), errors.New("no luck")
		case "fails without an error":
			return result(provisioner.Failed), nil
		case "is not sure and says failed":
			return result(provisioner.Failed), &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: errors.New("no luck")}
		case "tells a secret in an error":
			return result(provisioner.Failed), fmt.Errorf("no luck with %s", req.Inputs["password"])
		case "forgets what it failed at and makes the same twice":
			return result(provisioner.Failed), errors.Join(errors.New("no luck"), req.State.Write(ctx, nil))
		}
		return result(provisioner.Failed), errors.New("no luck")
	}
	name := c.Address
	if strings.HasSuffix(m.flaw, "makes the same twice") && m.at(req.Address)[name] != "" && c.Action == provisioner.Create {
		name += "-again"
	}
	if c.Action == provisioner.Delete && m.is("does not delete") {
		name = "nothing"
	}
	m.put(req.Address, name, after.Made[c.Address])
	now.Made[c.Address] = after.Made[c.Address]
	if now.Made[c.Address] == "" {
		delete(now.Made, c.Address)
	}
	if m.is("keeps its state for the end and makes the same twice") && (c.Address == "a" && after.Made["b"] != "") {
		return nil, nil
	}
	if err := m.write(ctx, req, *now); err != nil && !m.is("does not mind a state that cannot be kept") {
		m.leave(req, *now)
		return result(provisioner.Unknown), err
	}
	if !m.is("does not tell what it has finished") {
		out.Send(m.event(provisioner.ResourceFinished, c))
	}
	return nil, nil
}

var errKilled = errors.New("the model was killed")

// pause is what takes long: the second resource of a slow apply.
func (m *model) pause(ctx context.Context, req *provisioner.Request, c provisioner.Change) error {
	if req.Inputs["pause"] == nil || c.Address == "a" {
		return nil
	}
	done := ctx.Done()
	if m.is("does not hear a cancel") {
		done = nil
	}
	select {
	case <-time.After(4 * time.Second):
		return nil
	case <-m.killer(req.Address):
		return errKilled
	case <-done:
	}
	switch m.flaw {
	case "does not say that it was cancelled":
		return errors.New("something went wrong")
	case "says that it was both":
		return errors.Join(context.Canceled, context.DeadlineExceeded)
	case "calls everything cancelled":
		return context.Canceled
	}
	return fmt.Errorf("interrupted: %w", ctx.Err())
}

func (m *model) restore(req *provisioner.Request, now string, after modelState) (modelState, error) {
	saved := modelState{}
	if err := json.Unmarshal(req.Saved, &saved); err != nil || saved.Made == nil {
		if m.is("takes a foreign plan for none") {
			return after, nil
		}
		return saved, errForeign
	}
	if saved.Before != now && !m.is("applies stale plans") {
		return saved, errors.New("the plan is stale")
	}
	saved.Before = ""
	return saved, nil
}

// misbehave is what some flaws do at the beginning of an apply.
func (m *model) misbehave(req *provisioner.Request, out provisioner.Sink, idle bool) error {
	say := func(text string) {
		out.Send(provisioner.Event{Kind: provisioner.Log, Time: time.Now(), Message: text})
	}
	secret := fmt.Sprint(req.Inputs["password"])
	switch m.flaw {
	case "fails to destroy nothing":
		if idle && req.Mode == provisioner.Destroy {
			return errors.New("there is nothing")
		}
	case "cannot make again":
		m.mu.Lock()
		defer m.mu.Unlock()
		if req.Mode != provisioner.Destroy && m.graves[req.Address] {
			return errors.New("it was here before")
		}
		if req.Mode == provisioner.Destroy && !idle {
			m.graves[req.Address] = true
		}
	case "changes the inputs":
		req.Inputs["name"] = "another"
	case "leaves a goroutine":
		go time.Sleep(20 * time.Second)
	case "leaves a process":
		return exec.Command("sleep", "10").Start()
	case "writes beside its folder":
		if strings.HasPrefix(req.Step, "../drivertest") {
			return os.WriteFile(filepath.Join(req.WorkDir, req.Step), nil, 0o600)
		}
	case "leaves a file":
		return os.WriteFile(filepath.Join(req.WorkDir, "log"), nil, 0o600)
	case "tells a secret in the log":
		say("the password is " + secret)
	case "tells a secret in base64":
		say(base64.StdEncoding.EncodeToString([]byte("the password is " + secret)))
	case "sends events of no kind":
		out.Send(provisioner.Event{Kind: "hello", Time: time.Now()})
	case "goes on talking":
		time.AfterFunc(50*time.Millisecond, func() { say("by the way") })
	}
	return nil
}

// end is the result of an apply that went well.
func (m *model) end(req *provisioner.Request, _ provisioner.Sink, after modelState, changes []provisioner.Change) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Done, Outputs: maps.Clone(after.Outputs), Changes: changes}
	switch m.flaw {
	case "gives other outputs each time":
		result.Outputs["name"] = provisioner.Output{Value: m.next()}
	case "gives no documents":
		result.Outputs = map[string]provisioner.Output{"name": {Value: math.NaN()}}
	case "has an outcome of its own":
		result.Outcome = "great"
	case "leaves outputs after destroy":
		if req.Mode == provisioner.Destroy {
			result.Outputs = map[string]provisioner.Output{"name": {Value: "gone"}}
		}
	}
	return result, nil
}
