package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// StaleInput is an input that is not what it was when a plan was made.
type StaleInput struct {
	Instance string // address
	Input    string // params, files, metadata, protected, access, connection NAME, artifact NAME, secret NAME, step NAME; what was last applied
}

// StalePlanError is a plan whose inputs have changed since it was made.
type StalePlanError struct{ Changed []StaleInput }

func (e *StalePlanError) Error() string {
	parts := make([]string, len(e.Changed))
	for n, c := range e.Changed {
		parts[n] = c.Instance + ": " + c.Input
	}
	return "the plan is stale, plan again; changed since it was made: " + strings.Join(parts, "; ")
}

// recordedInput stands for what was last applied in StaleInput.Input.
const recordedInput = "what was last applied"

// fresh refuses a stale plan before anything is done. What rests on artifacts that the plan
// itself makes is checked when they are there, by holds.
func (s *session) fresh(ctx context.Context, plan *Plan) error {
	if plan == nil {
		return nil
	}
	stale := &StalePlanError{}
	left := map[string]bool{}
	for _, i := range plan.Instances {
		left[i.ID] = true
	}
	find := s.remaining(plan)
	for _, i := range s.env.Instances() {
		if !s.chosen.has(i.Address()) {
			continue
		}
		was := plan.of(i.Address())
		delete(left, i.Address())
		if was == nil {
			stale.Changed = append(stale.Changed, StaleInput{i.Address(), "is new"})
			continue
		}
		record, _ := s.before(i)
		if digestOf(record) != was.Recorded {
			stale.Changed = append(stale.Changed, StaleInput{i.Address(), recordedInput})
		}
		a, err := s.assemble(ctx, i, find)
		if err != nil {
			return err
		}
		stale.compare(i.Address(), was.Inputs, a.parts)
	}
	for _, record := range s.removed() {
		if was := plan.of(record.Address); was == nil || was.Action != Delete || was.Recorded != digestOf(record) {
			stale.Changed = append(stale.Changed, StaleInput{record.Address, recordedInput})
		}
		delete(left, record.Address)
	}
	for _, address := range slices.Sorted(maps.Keys(left)) {
		stale.Changed = append(stale.Changed, StaleInput{address, "is no more"})
	}
	if len(stale.Changed) > 0 {
		return stale
	}
	return nil
}

// compare adds the inputs that differ. A connection or an access that only one side knows
// waits for something on the other.
func (e *StalePlanError) compare(address string, was, is map[string]string) {
	names := maps.Clone(is)
	maps.Copy(names, was)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		before, had := was[name]
		now, has := is[name]
		waits := had != has && (name == "access" || strings.HasPrefix(name, "connection "))
		if before != now && !waits {
			e.Changed = append(e.Changed, StaleInput{address, name})
		}
	}
}

// remaining finds artifacts that a plan leaves as they are.
func (s *session) remaining(plan *Plan) finder {
	return func(ctx context.Context, slot graph.Slot) (document, bool, error) {
		if strings.HasPrefix(slot.From, "imported:") {
			d, err := s.imported(ctx, slot.From)
			return d, err == nil, err
		}
		if !slot.Local {
			return s.recordedArtifact(ctx, slot.From)
		}
		if was := plan.of(instanceOf(slot.From)); s.chosen.has(instanceOf(slot.From)) && (was == nil || was.Action != None) {
			return document{}, false, nil
		}
		record, _ := s.before(s.env.Instance(instanceOf(slot.From)))
		d, ok := s.recordedIn(record, slot.From)
		return d, ok, nil
	}
}

func digestOf(record *store.Instance) string {
	switch {
	case record == nil:
		return ""
	case record.Digest == "": // it failed, in this run
		return record.Status + " in " + record.Deployment
	}
	return record.Digest
}

// holds refuses an instance whose inputs, all known now, are not those that were planned.
// Without a plan everything holds; with stand-ins, what was none must be what it was.
func (r *run) holds(a *assembly) error {
	was := r.plan.of(a.Address())
	switch {
	case was == nil || was.Digest == a.digest || len(was.Inputs) == 0: // nothing could be planned
		return nil
	case was.Digest == "":
		if stale := r.rested(a, was); stale != nil {
			return stale
		}
		return nil
	}
	stale := &StalePlanError{}
	stale.compare(a.Address(), was.Inputs, a.parts)
	return stale
}

// saved gives the tool's own plan of a step, nil where there is none to be applied exactly.
func (p *Plan) saved(ctx context.Context, st *store.Store, a *assembly, step, digest string) ([]byte, error) {
	if p == nil {
		return nil, nil
	}
	was := p.of(a.Address())
	for _, s := range was.Steps {
		if s.Name != step || s.Digest == "" {
			continue // it was deferred
		}
		if s.Digest != digest { // an earlier step gave out something else than was foreseen
			return nil, &StalePlanError{[]StaleInput{{a.Address(), "inputs of step " + step}}}
		}
		if !s.Exact {
			return nil, nil
		}
		data, err := st.SavedPlan(ctx, p.Digest, a.Address(), step)
		if err == nil && data == nil {
			err = fmt.Errorf("%s: the tool's plan is not in the store any more: plan again", step)
		}
		return data, err
	}
	return nil, nil
}
