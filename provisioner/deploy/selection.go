package deploy

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Selection is a part of an environment. The zero value is all of it.
type Selection struct {
	Targets []string // instances, by address or by the name of their component; none: all
	Needs   bool     // and all that they need, directly or not
	Users   bool     // and all in the environment that need them, directly or not
	// Force does again what has not changed: of Targets, without them of all. What it leads to
	// is cut off early as ever: who needs a target that gives out the same is left alone.
	Force bool
}

// Only gives an engine that plans, deploys, resumes and destroys nothing but a part of an
// environment; everything else stays as it is. It shares everything with e, and Drain stops
// both. What a target needs must be deployed or selected, and who needs a target that is to
// go must be selected; else it is a problem that names them. A plan keeps its selection:
// Apply goes by that.
func (e *Engine) Only(s Selection) *Engine {
	part := *e
	part.only = s
	return &part
}

// selected are the instances of a session that a run is about; nil where it is all.
type selected map[string]bool

func (s selected) has(address string) bool { return s == nil || s[address] }

// choose finds out which instances are meant.
func (s *session) choose(only Selection) error {
	s.chosen, s.forced = nil, selected{}
	if len(only.Targets) == 0 {
		if only.Force {
			s.forced = nil
		}
		return nil
	}
	needs := s.edges()
	var problems tenon.Problems
	targets := selected{}
	for _, target := range only.Targets {
		address := target
		if !strings.Contains(target, "/") {
			address = s.address + "." + target
		}
		if _, ok := needs[address]; !ok {
			problems.Add(tenon.Problem{Rule: "unknown-target", Message: fmt.Sprintf("%s has no instance %q", s.address, target), Hint: "tenon env status lists them"})
			continue
		}
		targets[address] = true
	}
	if only.Force {
		s.forced = targets
	}
	s.chosen = maps.Clone(targets)
	if only.Needs {
		s.chosen.spread(targets, needs)
	}
	if only.Users {
		users := map[string][]string{}
		for user, list := range needs {
			for _, need := range list {
				users[need] = append(users[need], user)
			}
		}
		s.chosen.spread(targets, users)
	}
	return problems.Sorted().Err()
}

// spread adds what is reached from some instances.
func (s selected) spread(from selected, edges map[string][]string) {
	open, seen := slices.Collect(maps.Keys(from)), maps.Clone(from)
	for ; len(open) > 0; open = open[1:] {
		for _, next := range edges[open[0]] {
			if !seen[next] {
				s[next], seen[next] = true, true
				open = append(open, next)
			}
		}
	}
}

// edges are the instances of the files and the records, with what they need of them.
func (s *session) edges() map[string][]string {
	edges, left := map[string][]string{}, s.remains
	if s.env != nil {
		for _, i := range s.env.Instances() {
			edges[i.Address()] = i.DependsOn()
		}
		left = s.removed
	}
	for _, record := range left() {
		edges[record.Address] = slices.DeleteFunc(slices.Clone(record.DependsOn), func(need string) bool {
			return !strings.HasPrefix(need, s.address+".")
		})
	}
	return edges
}

// remains are the records of what is there.
func (s *session) remains() (list []*store.Instance) {
	for _, address := range s.addresses() {
		if record := s.record(address); s.chosen.has(address) && !gone(record) {
			list = append(list, record)
		}
	}
	return list
}

// closed refuses a selection that would leave something without what it needs.
func (s *session) closed(removed []*store.Instance) error {
	if s.chosen == nil {
		return nil
	}
	var problems tenon.Problems
	if s.env != nil {
		for _, i := range s.env.Instances() {
			if !s.chosen[i.Address()] {
				continue
			}
			for _, slot := range i.Slots() {
				producer := instanceOf(slot.From)
				if slot.Source == "" || !slot.Local || producer == "" || s.chosen[producer] {
					continue
				}
				before, _ := s.before(s.env.Instance(producer))
				if _, there := s.recordedIn(before, slot.From); !there {
					problem := notDeployed(slot)
					problem.Hint = "select " + producer + ", too"
					problems.Add(problem)
				}
			}
		}
	}
	for _, record := range removed {
		for _, address := range s.addresses() {
			user := s.record(address)
			if !s.chosen[address] && !gone(user) && slices.Contains(user.DependsOn, record.Address) {
				problems.Add(tenon.Problem{
					Rule: "in-use", Message: fmt.Sprintf("%s is to go, and %s uses it", record.Address, address), Hint: "select " + address + ", too",
				})
			}
		}
	}
	return problems.Sorted().Err()
}

// goOn chooses what an earlier run was about, and what that needs by now.
func (s *session) goOn(order []string) {
	s.chosen, s.forced = nil, selected{}
	needs, begun := s.edges(), selected{}
	for _, address := range order {
		if _, ok := needs[address]; ok {
			begun[address] = true
		}
	}
	s.chosen = maps.Clone(begun)
	if s.env != nil {
		s.chosen.spread(begun, needs)
	}
}

// follow chooses what a plan is about.
func (s *session) follow(plan *Plan) {
	s.chosen, s.forced = nil, selected{}
	if len(plan.Targets) > 0 {
		s.chosen = selected{}
	}
	for _, address := range plan.Targets {
		s.chosen[address] = true
	}
	for _, address := range plan.Forced {
		s.forced[address] = true
	}
}

// sorted gives the addresses; nil for all.
func (s selected) sorted() []string { return slices.Sorted(maps.Keys(s)) }

// forced is why an instance is applied that is as it should be.
const forced = "forced"

// again says that the steps of an instance are done though nothing has changed.
func (s *session) again(a *assembly, record *store.Instance) bool {
	return s.forced.has(a.Address()) && changed(a, record) == ""
}

// because says why an instance is to be applied; empty where it is as it should be.
func (s *session) because(a *assembly, record *store.Instance) string {
	reason := changed(a, record)
	if reason == "" && s.forced.has(a.Address()) {
		return forced
	}
	return reason
}
