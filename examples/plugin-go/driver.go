package main

import (
	"context"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// driver makes one database and the role that owns it for each step. It keeps nothing of
// its own between calls: what it must remember lies in the state that the host keeps.
type driver struct{}

// Plan says what Apply would do. It looks at the server and changes nothing.
func (driver) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	before, text, err := readState(ctx, req)
	if err != nil {
		return nil, err
	}
	plan := &provisioner.Plan{Changes: []provisioner.Change{}, Exact: true}
	wanted := spec{}
	if req.Mode != provisioner.Destroy {
		if wanted, err = specOf(req); err != nil {
			return nil, err
		}
	} else if before == nil {
		return plan, nil
	} else if wanted.Server, err = serverOf(req); err != nil {
		return nil, err
	}
	s, err := connect(ctx, wanted.Server)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if before, err = s.settle(ctx, before); err != nil {
		return nil, err
	}
	if plan.Changes, err = s.changes(ctx, req, before, wanted); err != nil {
		return nil, err
	}
	plan.Changes = sorted(plan.Changes)
	for _, change := range plan.Changes {
		out.Send(event(provisioner.ResourcePlanned, change, "will be: "))
	}
	if len(plan.Changes) == 0 && before != nil {
		plan.Outputs = before.outputs(s)
	}
	plan.Saved, err = savedPlan{digest(text), wanted}.encode()
	return plan, err
}

// Apply brings the server to what is asked for, step by step, each of which may be there
// already: a run that was cut off is simply run again.
func (driver) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Failed, Outputs: maps.Clone(req.Outputs)}
	before, text, err := readState(ctx, req)
	if err != nil {
		return result, err
	}
	if before == nil && req.Mode == provisioner.Destroy {
		return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{}}, nil
	}
	wanted, err := restore(req, text)
	if err != nil {
		return result, err
	}
	s, err := connect(ctx, wanted.Server)
	if err != nil {
		return result, err
	}
	defer s.close()
	if before, err = s.settle(ctx, before); err != nil {
		return result, err
	}
	changes, err := s.changes(ctx, req, before, wanted)
	if err != nil {
		return result, err
	}
	for _, change := range changes {
		out.Send(event(provisioner.ResourceStarted, change, "begins: "))
		if change.Action == provisioner.Delete || change.Action == provisioner.Replace {
			err = s.remove(ctx, change, before)
		}
		if err == nil && change.Action != provisioner.Delete {
			before, err = s.make(ctx, req, change, before, wanted)
		}
		if err != nil {
			out.Send(event(provisioner.ResourceFailed, change, "failed: "))
			return result, err
		}
		out.Send(event(provisioner.ResourceFinished, change, "done: "))
		result.Changes = sorted(append(result.Changes, change))
	}
	if req.Mode == provisioner.Destroy {
		before = nil
	}
	if err := writeState(ctx, req, before); err != nil {
		// What is there is remembered from before: it is found again.
		result.Outcome = provisioner.Unknown
		return result, err
	}
	result.Outcome, result.Outputs = provisioner.Done, before.outputs(s)
	return result, nil
}

// Validate says what is wrong with the inputs, without a server.
func (driver) Validate(_ context.Context, req *provisioner.Request, _ provisioner.Sink) error {
	_, err := specOf(req)
	return err
}

// Drift says what somebody has changed on the server.
func (driver) Drift(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Drift, error) {
	before, _, err := readState(ctx, req)
	if err != nil || before == nil {
		return &provisioner.Drift{}, err
	}
	wanted, err := specOf(req)
	if err != nil {
		return nil, err
	}
	s, err := connect(ctx, wanted.Server)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if before, err = s.settle(ctx, before); err != nil {
		return nil, err
	}
	changes, err := s.drift(ctx, before)
	return &provisioner.Drift{Changes: changes}, err
}

// Inspect says which inputs and outputs a step has: they are the same for each.
func (driver) Inspect(_ context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	if info, err := fs.Stat(files, path); err != nil || !info.IsDir() {
		return nil, tenon.Problem{Rule: "step-folder", File: path, Message: "there is no such folder in the bundle"}
	}
	return declared, nil
}

var declared = &provisioner.Module{
	Inputs: []provisioner.Variable{
		{Name: "connectionLimit", Type: "number", Description: "how many connections the role may have at once; -1 is no limit"},
		{Name: "name", Type: "string", Description: "of the database and of the role that owns it", Required: true},
		{Name: "password", Type: "string", Description: "of the role; made up where it is not given", Sensitive: true},
		{Name: "server", Type: "string", Description: "postgres://USER:PASSWORD@HOST:PORT/DATABASE of somebody who may create both", Required: true, Sensitive: true},
	},
	Outputs: []provisioner.Variable{
		{Name: "database"}, {Name: "host"}, {Name: "password", Sensitive: true}, {Name: "port"}, {Name: "username"},
	},
}

// sorted gives changes by address, as plans and results have them.
func sorted(changes []provisioner.Change) []provisioner.Change {
	return slices.SortedFunc(slices.Values(changes), func(a, b provisioner.Change) int { return strings.Compare(a.Address, b.Address) })
}

func event(kind provisioner.EventKind, change provisioner.Change, word string) provisioner.Event {
	return provisioner.Event{
		Kind: kind, Time: time.Now().UTC(), Resource: change.Address, Action: change.Action,
		Message: word + string(change.Action) + " " + change.Address,
	}
}
