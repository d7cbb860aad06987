package deploy

import (
	"context"
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// move brings the records of components and steps that have a new name to it, with their
// state and artifacts.
func (s *session) move(ctx context.Context) error {
	moves, err := s.moves()
	if err != nil || len(moves) == 0 {
		return err
	}
	for _, m := range moves {
		if m.step == "" {
			err = s.lease.Rename(ctx, m.from, m.to)
		} else {
			err = s.lease.RenameStep(ctx, m.step, m.from, m.to)
		}
		if err != nil {
			return err
		}
		s.send(Event{Type: Log, Instance: m.instance, Message: fmt.Sprintf("%s is now %s", m.from, m.to)})
	}
	return s.load(ctx)
}

// moved is one name that changed: of an instance, or of a step in the instance at an
// address.
type moved struct {
	instance, from, to string
	step               string // address of the step's instance; empty for an instance
}

// moves are the names that changed since what was last applied, instances before their
// steps.
func (s *session) moves() (list []moved, err error) {
	var problems tenon.Problems
	for _, i := range s.env.Instances() {
		record, p := s.before(i)
		if p != nil {
			problems.Add(*p)
			continue
		}
		if record == nil {
			continue
		}
		if record.Address != i.Address() {
			list = append(list, moved{instance: i.Address(), from: record.Address, to: i.Address()})
		}
		for _, step := range i.Bundle().Steps {
			if old := stepBefore(record, step); old != nil && old.Name != step.Name {
				list = append(list, moved{instance: i.Address(), from: old.Name, to: step.Name, step: i.Address()})
			}
		}
	}
	return list, problems.Err()
}

// before is the record of an instance, be it under an earlier name; nil where it is new.
func (s *session) before(i *graph.Instance) (*store.Instance, *tenon.Problem) {
	record := s.record(i.Address())
	for _, from := range i.Moved() {
		old := s.record(from)
		if old == nil || s.env.Instance(from) != nil {
			continue
		}
		if record != nil {
			return nil, &tenon.Problem{
				Rule: "moved-twice", Message: fmt.Sprintf("%s cannot take over %s: both are recorded", i.Address(), from),
				Hint: fmt.Sprintf("remove the name from moved to have %s deleted", from),
			}
		}
		record = old
	}
	return record, nil
}

// stepBefore is what is recorded of a step, be it under an earlier name.
func stepBefore(record *store.Instance, step bundle.Step) *store.Step {
	if found := stepOf(record, step.Name); found != nil {
		return found
	}
	for _, name := range step.Moved {
		if found := stepOf(record, name); found != nil {
			return found
		}
	}
	return nil
}

// removed are the records whose component has left the files, by address: those that are
// to be deleted.
func (s *session) removed() []*store.Instance {
	kept := map[string]bool{}
	for _, i := range s.env.Instances() {
		kept[i.Address()] = true
		if record, _ := s.before(i); record != nil {
			kept[record.Address] = true
		}
	}
	var list []*store.Instance
	for _, address := range s.addresses() {
		if record := s.record(address); !kept[address] && s.chosen.has(address) && !gone(record) {
			list = append(list, record)
		}
	}
	return list
}

// gone says that nothing is left of an instance but what is to be kept.
func gone(record *store.Instance) bool {
	return record.Status == destroyed && !slices.ContainsFunc(record.Steps, func(step store.Step) bool {
		return !step.KeepOnDestroy && step.Status != destroyed && step.Status != ""
	})
}
