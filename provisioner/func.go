package provisioner

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Func makes a driver of a function of this program, such as a call of an internal API.
//
//	driver := provisioner.Func(func(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (map[string]provisioner.Output, error) {
//		if req.Mode == provisioner.Destroy {
//			return nil, teams.Delete(ctx, req.Address)
//		}
//		team, err := teams.Ensure(ctx, req.Address, req.Inputs["members"])
//		return map[string]provisioner.Output{"id": {Value: team.ID}}, err
//	})
//
// The function makes what is asked for, or brings what is there to it: it is called again
// after a failure, a crash, and whenever the step is applied. Request.Outputs are those of
// the last time that it succeeded. It is asked to destroy only what it was once asked to
// make, and to replace something by a destroy and an apply. A panic leaves the outcome unknown. It may be called from several goroutines, for
// different steps.
//
// What the inputs were lies in Request.State, by which plans say what changes: the step is
// one resource of its name. Request.WorkDir is the function's own and emptied by it.
func Func(make func(ctx context.Context, req *Request, out Sink) (map[string]Output, error)) Driver {
	return function{make}
}

type function struct {
	call func(ctx context.Context, req *Request, out Sink) (map[string]Output, error)
}

// functionState is what a function driver keeps.
type functionState struct {
	Inputs  map[string]any    `json:"inputs"`
	Secret  []string          `json:"secret,omitempty"`
	Outputs map[string]Output `json:"outputs,omitempty"`
	// Made says that the function has succeeded once; Begun that it was called since then
	// and has not.
	Made  bool `json:"made,omitempty"`
	Begun bool `json:"begun,omitempty"`
}

// functionPlan is the form of Plan.Saved.
type functionPlan struct {
	Before string         `json:"before"` // digest of the state it was made on
	Inputs map[string]any `json:"inputs"`
	Secret []string       `json:"secret,omitempty"`
}

func (f function) Plan(ctx context.Context, req *Request, out Sink) (*Plan, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("plan was interrupted: %w", err)
	}
	text, before, err := f.read(ctx, req)
	if err != nil {
		return nil, err
	}
	inputs, err := documents(req.Inputs)
	if err != nil {
		return nil, err
	}
	plan := &Plan{Changes: []Change{}, Exact: true}
	if plan.Saved, err = json.Marshal(functionPlan{digestOf(text), inputs, req.Secret}); err != nil {
		return nil, err
	}
	change := f.change(req, before, inputs)
	if change.Action == NoOp {
		plan.Outputs = before.outputs()
		return plan, nil
	}
	plan.Changes = append(plan.Changes, change)
	out.Send(Event{Kind: ResourcePlanned, Time: time.Now().UTC(), Resource: change.Address, Action: change.Action, Message: change.Address + ": plan to " + string(change.Action)})
	return plan, nil
}

func (f function) Apply(ctx context.Context, req *Request, out Sink) (*Result, error) {
	nothing := &Result{Outcome: Failed, Untouched: true, Outputs: req.Outputs}
	if err := ctx.Err(); err != nil {
		return nothing, fmt.Errorf("apply was interrupted: %w", err)
	}
	text, before, err := f.read(ctx, req)
	if err != nil {
		return nothing, err
	}
	asked := *req
	if asked.Inputs, err = documents(req.Inputs); err != nil {
		return nothing, err
	}
	if req.Saved != nil {
		if asked.Inputs, asked.Secret, err = f.restore(req.Saved, text); err != nil {
			return nothing, err
		}
	}
	if before == nil && req.Mode == Destroy {
		return &Result{Outcome: Done, Outputs: map[string]Output{}}, nil
	}
	asked.Outputs, asked.Saved = before.outputs(), nil
	change, began := f.change(&asked, before, asked.Inputs), time.Now()
	// That it was begun is kept before it is: a destroy must know of it.
	begun := &functionState{Inputs: asked.Inputs, Secret: asked.Secret, Outputs: before.outputs(), Made: before != nil && before.Made, Begun: true}
	if asked.Mode == Destroy {
		begun.Inputs, begun.Secret = before.Inputs, before.Secret
	}
	if change.Action != NoOp {
		if err := f.write(ctx, req, begun); err != nil {
			return nothing, err
		}
	}
	say := func(kind EventKind, word string) {
		if change.Action != NoOp {
			out.Send(Event{Kind: kind, Time: time.Now().UTC(), Resource: change.Address, Action: change.Action, Elapsed: time.Since(began), Message: change.Address + ": " + string(change.Action) + " " + word})
		}
	}
	say(ResourceStarted, "begins")
	outcome, err := Done, error(nil)
	outputs := map[string]Output{}
	if change.Action == Replace { // unmade first, with what it was made of
		gone := asked
		gone.Mode, gone.Inputs, gone.Secret = Destroy, before.Inputs, before.Secret
		_, outcome, err = f.attempt(ctx, &gone, out)
	}
	if err == nil {
		outputs, outcome, err = f.attempt(ctx, &asked, out)
	}
	if err != nil {
		say(ResourceFailed, "failed")
		return &Result{Outcome: outcome, Outputs: before.outputs()}, err
	}
	after := &functionState{Inputs: asked.Inputs, Secret: asked.Secret, Outputs: outputs, Made: true}
	if asked.Mode == Destroy {
		after, outputs = nil, map[string]Output{}
	}
	if err := f.write(ctx, req, after); err != nil {
		return &Result{Outcome: Unknown, Outputs: outputs}, err
	}
	say(ResourceFinished, "complete")
	result := &Result{Outcome: Done, Outputs: outputs}
	if change.Action != NoOp {
		result.Changes = []Change{change}
	}
	return result, nil
}

// attempt calls the function.
func (f function) attempt(ctx context.Context, req *Request, out Sink) (outputs map[string]Output, outcome Outcome, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			out.Send(Event{Kind: Log, Time: time.Now().UTC(), Message: "panic\n" + string(debug.Stack())})
			outcome, err = Unknown, &Error{Class: OutcomeUnknown, Err: errors.New("the function panicked")}
		}
	}()
	made, err := f.call(ctx, req, out)
	if ClassOf(err) == OutcomeUnknown {
		return nil, Unknown, err
	}
	if err != nil {
		return nil, Failed, err
	}
	outputs = map[string]Output{}
	for name, output := range made {
		if output.Value, err = value.Normal(output.Value); err != nil {
			return nil, Failed, fmt.Errorf("output %s: %w", name, err)
		}
		outputs[name] = output
	}
	return outputs, Done, nil
}

func (f function) read(ctx context.Context, req *Request) ([]byte, *functionState, error) {
	if err := req.Mode.Check(); err != nil {
		return nil, nil, err
	}
	for _, address := range req.Replace {
		if address != req.Step {
			return nil, nil, tenon.Problem{Rule: "unknown-resource", Message: fmt.Sprintf("there is no resource %q to replace", address), Hint: "a function makes one, " + req.Step}
		}
	}
	if req.State == nil {
		return nil, nil, errors.New("the request has no state to read and write")
	}
	text, err := req.State.Read(ctx)
	if err != nil || len(text) == 0 {
		return nil, nil, err
	}
	state := &functionState{}
	if err := decode(text, state); err != nil {
		return nil, nil, errors.New("the state is not one that this driver wrote")
	}
	return text, state, nil
}

// write hands the state over, also after a cancel: what was made is not forgotten.
func (f function) write(ctx context.Context, req *Request, state *functionState) (err error) {
	var text []byte
	if state != nil {
		if text, err = json.Marshal(state); err != nil {
			return err
		}
	}
	if err := req.State.Write(context.WithoutCancel(ctx), text); err != nil {
		return fmt.Errorf("the state cannot be kept: %w", err)
	}
	return nil
}

func (f function) restore(saved, state []byte) (map[string]any, []string, error) {
	plan := functionPlan{}
	if err := decode(saved, &plan); err != nil || plan.Before == "" {
		return nil, nil, errors.New("the saved plan is not one that this driver made")
	}
	if plan.Before != digestOf(state) {
		return nil, nil, errors.New("the saved plan is stale: the state has changed since it was made")
	}
	return plan.Inputs, plan.Secret, nil
}

func (f function) change(req *Request, before *functionState, inputs map[string]any) Change {
	change := Change{Address: req.Step, Type: "function", Action: NoOp}
	switch {
	case before == nil && req.Mode == Destroy:
	case req.Mode == Destroy:
		change.Action = Delete
	case before == nil || !before.Made:
		change.Action, change.Attributes = Create, Differences(nil, inputs, req.Secret)
	default:
		change.Attributes = Differences(before.Inputs, inputs, slices.Concat(before.Secret, req.Secret))
		if before.Begun || len(change.Attributes) > 0 {
			change.Action = Update
		}
		if len(req.Replace) > 0 {
			change.Action = Replace
		}
	}
	return change
}

// outputs are never nil.
func (s *functionState) outputs() map[string]Output {
	if s == nil || s.Outputs == nil {
		return map[string]Output{}
	}
	return s.Outputs
}

func documents(inputs map[string]any) (map[string]any, error) {
	made := map[string]any{}
	for name, input := range inputs {
		v, err := value.Normal(input)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", name, err)
		}
		made[name] = v
	}
	return made, nil
}

func digestOf(state []byte) string {
	sum := sha256.Sum256(state)
	return hex.EncodeToString(sum[:])
}

// decode keeps numbers as documents have them.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}
