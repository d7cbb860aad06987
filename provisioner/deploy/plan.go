package deploy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Plan is what a deployment would do. It is made to be reviewed and kept: it holds no
// secret; what the tools' own plans hold lies sealed in the store.
type Plan struct {
	// Digest of everything but the problems: "sha256:" and hex. The same plan has the same
	// digest.
	Digest      string `json:"digest"`
	Environment string `json:"environment"`
	// Targets are the addresses that the plan is about, where it is not all, and Forced those
	// that are done again though nothing of them has changed; both sorted.
	Targets   []string       `json:"targets,omitempty"`
	Forced    []string       `json:"forced,omitempty"`
	Instances []InstancePlan `json:"instances"`          // in order, deletions last
	Findings  []Finding      `json:"findings,omitempty"` // of the gates, sorted by what they are about
	Problems  tenon.Problems `json:"problems"`           // with errors it cannot be applied

	env   *graph.Environment
	index map[string]*InstancePlan
}

// of gives the plan of an instance; nil where there is none.
func (p *Plan) of(address string) *InstancePlan {
	if p == nil {
		return nil
	}
	return p.index[address]
}

// ready makes a plan one that can be applied.
func (p *Plan) ready(env *graph.Environment) *Plan {
	p.env, p.index = env, make(map[string]*InstancePlan, len(p.Instances))
	for n := range p.Instances {
		p.index[p.Instances[n].ID] = &p.Instances[n]
	}
	return p
}

// What InstancePlan.Action can be.
const (
	Create   = "create"
	Update   = "update"
	Replace  = "replace" // at least one of its resources is
	Delete   = "delete"
	None     = "none"
	Deferred = "deferred" // nothing of it can be planned before what it waits for is there
)

// InstancePlan is what would happen to an instance.
type InstancePlan struct {
	ID       string            `json:"id"` // address
	Action   string            `json:"action"`
	Reason   string            `json:"reason"`
	WaitsFor []string          `json:"waitsFor"` // slots whose artifact is not known before it is made, where a step is deferred
	Mocked   []MockedSlot      `json:"mocked"`   // slots that are planned with stand-ins
	Steps    []StepPlan        `json:"steps"`
	Inputs   map[string]string `json:"inputs"`   // what it is made from → keyed digest, as far as known
	Digest   string            `json:"digest"`   // of all inputs; empty where one is not known
	Recorded string            `json:"recorded"` // that of what was last applied; empty where there is none
}

// StepPlan is what would happen to the resources of a step.
type StepPlan struct {
	Name     string               `json:"name"`
	Driver   string               `json:"driver"`
	Changes  []provisioner.Change `json:"changes"`
	Exact    bool                 `json:"exact"`              // the tool's own plan is kept, and applied as it is
	Mocked   bool                 `json:"mocked"`             // planned on stand-ins, and again with real values before it is applied
	Deferred bool                 `json:"deferred"`           // planned once what it reads is there
	WaitsFor []string             `json:"waitsFor,omitempty"` // what it reads that is not known: connections.network
	Message  string               `json:"message,omitempty"`  // what its tool had against the stand-ins; without secrets
	Digest   string               `json:"digest"`             // of what it was planned with; keyed, empty where that is not known
}

// digest of a plan.
func (p *Plan) digest() string {
	document, err := value.Decode(encode(struct {
		Environment     string
		Targets, Forced []string `json:",omitempty"`
		Instances       []InstancePlan
		Findings        []Finding `json:",omitempty"`
	}{p.Environment, p.Targets, p.Forced, p.Instances, p.Findings}))
	if err != nil {
		panic(fmt.Sprintf("deploy: %v", err)) // it was just written
	}
	return value.Digest(document)
}

// ReadPlan reads a plan's JSON. env is its environment, resolved now: Apply refuses the
// plan where an input has changed since.
func ReadPlan(data []byte, env *graph.Environment) (*Plan, error) {
	var read struct {
		Plan
		Problems []struct {
			Severity, Rule, File, Message, Hint string
			Line, Column                        int
		} `json:"problems"`
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber() // a number is what it was, however large
	if err := decoder.Decode(&read); err != nil {
		return nil, fmt.Errorf("not a plan: %w", err)
	}
	if decoder.More() {
		return nil, errors.New("not a plan: there is more behind it")
	}
	plan := &read.Plan
	for _, p := range read.Problems {
		severity := tenon.Error
		if p.Severity == tenon.Warning.String() {
			severity = tenon.Warning
		}
		plan.Problems.Add(tenon.Problem{Severity: severity, Rule: p.Rule, File: p.File, Line: p.Line, Column: p.Column, Message: p.Message, Hint: p.Hint})
	}
	switch {
	case plan.Environment != env.Address():
		return nil, fmt.Errorf("the plan is for environment %q, not for %q", plan.Environment, env.Address())
	case plan.Digest != plan.digest():
		return nil, errors.New("the plan was changed after it was made: plan again")
	}
	return plan.ready(env), nil
}

// Apply applies a plan: the tools' own plans exactly, where they are kept. What was planned
// on stand-ins, or deferred, is planned again with the values that are there by then, just
// before it is applied, and stops with a *WorseError where it would do more than the plan
// says, unless Options.Approve says yes: it would make, change or remove something else, set
// what the stand-ins do not explain, or open something wider. Apply refuses a plan with
// problems, and a stale one (*StalePlanError). Run and error are as Deploy's.
func (e *Engine) Apply(ctx context.Context, plan *Plan) (*Run, error) {
	if plan.env == nil {
		return nil, errors.New("a plan comes from Engine.Plan or ReadPlan")
	}
	if err := plan.Problems.Err(); err != nil {
		return nil, err
	}
	run, err := e.over(ctx, plan.env, "deploy", func(s *session) (*Run, error) {
		return s.deploy(ctx, plan, func() error { s.follow(plan); return nil })
	})
	if run != nil && run.Status == store.Succeeded {
		err = errors.Join(err, e.store.DropPlan(context.WithoutCancel(ctx), plan.Digest))
	}
	return run, err
}
