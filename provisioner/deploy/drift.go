package deploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Drift is how what exists of an environment differs from what was last applied.
type Drift struct {
	Environment string          `json:"environment"`
	Instances   []InstanceDrift `json:"instances"` // all that are deployed, by address
	// Problems are what drivers say, and what could not be looked at. With errors among them
	// the rest is not all there is.
	Problems tenon.Problems `json:"problems"`
}

// What InstanceDrift.Status can be.
const (
	Same     = "same"
	Drifted  = "drifted"
	Unlooked = "unlooked" // nobody could look: see the problems, and steps that say so
)

// InstanceDrift is that of an instance: drifted where one of its steps is, else unlooked
// where one is.
type InstanceDrift struct {
	ID     string      `json:"id"` // address
	Status string      `json:"status"`
	Steps  []StepDrift `json:"steps"`
}

// StepDrift is that of a step. A driver that cannot tell leaves it unlooked.
type StepDrift struct {
	Name    string               `json:"name"`
	Driver  string               `json:"driver"`
	Status  string               `json:"status"`
	Changes []provisioner.Change `json:"changes"` // what was done past the driver
}

// Found says that something has drifted.
func (d *Drift) Found() bool {
	return slices.ContainsFunc(d.Instances, func(i InstanceDrift) bool { return i.Status == Drifted })
}

// Drift asks the drivers of everything that is deployed whether it is still as it was
// applied, and changes nothing. An error is something that kept it from looking at all; what
// one step has against it stands in the problems. The environment is locked meanwhile.
func (e *Engine) Drift(ctx context.Context, environment string) (*Drift, error) {
	s, err := e.open(ctx, environment, "drift check")
	if err != nil {
		return nil, err
	}
	defer s.close()
	open, err := e.store.Unfinished(ctx, environment)
	if err != nil {
		return nil, err
	}
	cut := map[string]bool{}
	for _, entry := range open {
		cut[entry.Address] = true
	}
	var nodes []*node
	var records []*store.Instance
	for _, address := range s.addresses() {
		if record := s.record(address); !gone(record) {
			records = append(records, record)
		}
	}
	found, problems := make([]InstanceDrift, len(records)), make([]tenon.Problems, len(records))
	for n, record := range records {
		nodes = append(nodes, &node{id: record.Address, block: func(string) {}, weight: s.weigh(record.Address, provisioner.Apply), do: func(ctx context.Context) bool {
			found[n], problems[n] = s.drift(ctx, record, cut[record.Address])
			return true
		}})
	}
	s.looks(ctx, nodes)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	drift := &Drift{Environment: environment, Instances: found, Problems: tenon.Problems{}}
	for _, list := range problems {
		drift.Problems.Add(list...)
	}
	drift.Problems = drift.Problems.Sorted()
	return drift, nil
}

// drift looks at an instance.
func (s *session) drift(ctx context.Context, record *store.Instance, cut bool) (InstanceDrift, tenon.Problems) {
	found := InstanceDrift{ID: record.Address, Status: Same, Steps: []StepDrift{}}
	var problems tenon.Problems
	if cut {
		problems.Add(tenon.Problem{Rule: "cut-off", Message: record.Address + ": the last run was cut off here, so nobody looks", Hint: "resume the run first"})
		found.Status = Unlooked
		return found, problems
	}
	for _, step := range record.Steps {
		if step.Status == "" || step.Status == destroyed {
			continue
		}
		one, said, err := s.driftOf(ctx, record, &step)
		problems.Add(said...)
		if err != nil {
			if tenon.ProblemsOf(err) == nil {
				err = fmt.Errorf("%s: %s: %w", record.Address, step.Name, err)
			}
			problems.AddError("cannot-look", err)
		}
		if found.Status == Same || one.Status == Drifted {
			found.Status = one.Status
		}
		found.Steps = append(found.Steps, one)
	}
	return found, problems
}

func (s *session) driftOf(ctx context.Context, record *store.Instance, step *store.Step) (found StepDrift, said tenon.Problems, err error) {
	found = StepDrift{Name: step.Name, Driver: step.Driver, Status: Unlooked, Changes: []provisioner.Change{}}
	driver, err := s.drivers.Find(step.Driver, step.DriverVersion)
	if err != nil {
		return found, nil, err
	}
	detector, can := provisioner.As[provisioner.DriftDetector](driver)
	if !can {
		return found, nil, nil
	}
	files, err := s.filesOf(ctx, step.Files)
	if err != nil {
		return found, nil, err
	}
	req, err := s.recorded(ctx, record, step, files, provisioner.Apply)
	if err != nil {
		return found, nil, err
	}
	req.State = state{store: s.store, address: record.Address, step: step.Name}
	out := s.listen(record.Address, step.Name, record.Bundle+"@"+record.Version, "", req)
	result, err := call(ctx, s.options.Abandon, out, func(sink provisioner.Sink) (*provisioner.Drift, error) { return detector.Drift(ctx, req, sink) })
	s.clean(req.WorkDir)
	switch {
	case provisioner.ClassOf(err) == provisioner.Unsupported:
		return found, nil, nil // this step's program does not tell
	case err != nil:
		return found, nil, out.redactError(err)
	case result == nil:
		return found, nil, fmt.Errorf("the driver gave no drift")
	}
	for _, p := range result.Problems {
		said.Add(out.place(p))
	}
	found.Status = Same
	if found.Changes = append(found.Changes, out.hide(result.Changes)...); len(found.Changes) > 0 {
		found.Status = Drifted
	}
	return found, said, nil
}
