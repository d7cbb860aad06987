package deploy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// Gate says whether what is about to happen may. The engine asks every gate of
// Options.Gates:
//
//   - Plan asks with the whole plan (AtPlan); what is found stands in Plan.Findings.
//   - Apply asks with the whole plan again before it does anything: the policies of now count.
//   - A step that is planned again with real values, or for the first time because Deploy has
//     no plan, is asked about (AtApply) just before it is applied.
//
// A denial stops what it is about: the whole run before its first step, or the instance, and
// with it those who need it. A gate that gives an error, or panics, has denied. Check may be
// called from several goroutines and must not change what it is shown, which holds no secret.
type Gate interface {
	Check(ctx context.Context, r *Review) ([]Finding, error)
}

// GateFunc makes a function a Gate.
type GateFunc func(ctx context.Context, r *Review) ([]Finding, error)

// Check calls the function.
func (f GateFunc) Check(ctx context.Context, r *Review) ([]Finding, error) { return f(ctx, r) }

// Stage is when a gate is asked.
type Stage string

// The stages.
const (
	AtPlan  Stage = "plan"  // about everything; values of steps that are mocked are stand-ins
	AtApply Stage = "apply" // about one step, with real values, just before it is applied
)

// Review is what a gate is asked about.
type Review struct {
	Stage Stage
	// Plan is what would be done; AtApply it has one instance with one step, and no inputs,
	// digests or problems.
	Plan *Plan
}

// Verdict of a gate.
type Verdict string

// The verdicts.
const (
	Allow Verdict = "allow" // says that it was looked at
	Warn  Verdict = "warn"
	Deny  Verdict = "deny"
	// UnknownUntilApply is for what a gate cannot tell before real values are there. The engine
	// makes it of a denial AtPlan that is about an instance, or a step, that is planned on
	// stand-ins or not at all. AtApply nothing is left to wait for: there it denies.
	UnknownUntilApply Verdict = "unknown-until-apply"
)

// Finding is what a gate has to say.
type Finding struct {
	Verdict  Verdict `json:"verdict"`
	Policy   string  `json:"policy"` // its name
	Message  string  `json:"message"`
	Instance string  `json:"instance,omitempty"` // address; empty: it is about the whole
	Step     string  `json:"step,omitempty"`
	Resource string  `json:"resource,omitempty"` // address in the module
	File     string  `json:"file,omitempty"`     // where a scanner found it
	Line     int     `json:"line,omitempty"`     // 1-based; 0: not known
}

// String is VERDICT POLICY: WHERE: MESSAGE.
func (f Finding) String() string {
	parts := []string{strings.TrimSpace(string(f.Verdict) + " " + f.Policy)}
	if where := strings.TrimSpace(strings.Join(slices.DeleteFunc([]string{f.Instance, f.Step, f.Resource}, func(s string) bool { return s == "" }), " ")); where != "" {
		parts = append(parts, where)
	}
	if f.File != "" && f.Line > 0 {
		parts = append(parts, fmt.Sprintf("%s:%d", f.File, f.Line))
	} else if f.File != "" {
		parts = append(parts, f.File)
	}
	return strings.Join(append(parts, f.Message), ": ")
}

// PolicyError is what gates have denied.
type PolicyError struct{ Denied []Finding }

// Error gives the findings, one a line.
func (e *PolicyError) Error() string {
	lines := make([]string, len(e.Denied))
	for n, f := range e.Denied {
		lines[n] = f.String()
	}
	return strings.Join(lines, "\n")
}

// review asks the gates.
func (e *Engine) review(ctx context.Context, r *Review) ([]Finding, error) {
	var all []Finding
	for n, gate := range e.options.Gates {
		found, err := check(ctx, gate, r)
		if err != nil {
			return nil, fmt.Errorf("policy gate %d of %d: %w", n+1, len(e.options.Gates), err)
		}
		all = append(all, found...)
	}
	for n := range all {
		f := &all[n]
		switch f.Verdict {
		case Allow, Warn:
		case UnknownUntilApply:
			if r.Stage == AtApply {
				f.Verdict = Deny
			}
		case Deny:
			if r.Stage == AtPlan && r.Plan.rests(f.Instance, f.Step) {
				f.Verdict = UnknownUntilApply
			}
		default:
			return nil, fmt.Errorf("a policy gate gave the verdict %q", f.Verdict)
		}
	}
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Instance, b.Instance), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Message, b.Message))
	})
	return all, nil
}

// check asks one gate. One that panics has not allowed anything.
func check(ctx context.Context, gate Gate, r *Review) (found []Finding, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("it panicked: %v", cause)
		}
	}()
	return gate.Check(ctx, r)
}

// rests says that an instance, or one step of it, is not planned with real values.
func (p *Plan) rests(instance, step string) bool {
	for _, i := range p.Instances {
		if i.ID != instance {
			continue
		}
		if i.Action == Deferred {
			return true
		}
		return slices.ContainsFunc(i.Steps, func(s StepPlan) bool { return (step == "" || s.Name == step) && (s.Mocked || s.Deferred) })
	}
	return false
}

// denied are the findings that stop what they are about; nil where nothing does.
func denied(found []Finding) error {
	var list []Finding
	for _, f := range found {
		if f.Verdict == Deny {
			list = append(list, f)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return &PolicyError{list}
}

// pass asks the gates about a whole plan that is about to be applied.
func (e *Engine) pass(ctx context.Context, plan *Plan) error {
	if plan == nil || len(e.options.Gates) == 0 {
		return nil
	}
	found, err := e.review(ctx, &Review{AtPlan, plan})
	if err != nil {
		return err
	}
	return denied(found)
}

// passStep asks the gates about a step that is about to be applied, and tells what they say.
func (r *run) passStep(ctx context.Context, address, action string, step StepPlan) error {
	if len(r.options.Gates) == 0 {
		return nil
	}
	plan := &Plan{Environment: r.address, Instances: []InstancePlan{{ID: address, Action: action, Steps: []StepPlan{step}}}}
	found, err := r.review(ctx, &Review{AtApply, plan})
	if err != nil {
		return err
	}
	for _, f := range found {
		r.send(Event{
			Type: PolicyFinding, Deployment: r.result.Deployment, Instance: address, Step: step.Name,
			Resource: f.Resource, Action: string(f.Verdict), Message: f.Message, Reason: f.Policy,
		})
	}
	return denied(found)
}
