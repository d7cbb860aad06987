package deploy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Worse is a change that goes beyond the plan that was approved, once the real values are
// there that the plan had stand-ins for.
type Worse struct {
	Step      string             `json:"step"`
	Resource  string             `json:"resource"` // in the module: aws_security_group.main
	Action    provisioner.Action `json:"action"`
	Attribute string             `json:"attribute,omitempty"` // path into the resource; empty: the change as such
	Approved  any                `json:"approved,omitempty"`  // the value in the plan; nil where it has none
	Real      any                `json:"real,omitempty"`      // nil where it is not known, not there or sensitive
	Reason    string             `json:"reason"`
}

func (w Worse) String() string {
	if w.Attribute == "" {
		return fmt.Sprintf("%s: %s (%s): %s", w.Step, w.Resource, w.Action, w.Reason)
	}
	return fmt.Sprintf("%s: %s.%s: %s", w.Step, w.Resource, w.Attribute, w.Reason)
}

// WorseError stops an instance whose real changes go beyond those that were approved.
// Nothing of the step was done. A new plan shows the real values.
type WorseError struct {
	Instance string // address
	Changes  []Worse
}

func (e *WorseError) Error() string {
	lines := []string{"with the real values it would do more than was approved; plan again, or approve this:"}
	for n, c := range e.Changes {
		if n == 20 {
			lines = append(lines, fmt.Sprintf("  and %d more", len(e.Changes)-n))
			break
		}
		lines = append(lines, "  "+c.String())
	}
	return strings.Join(lines, "\n")
}

// worse compares what a step would do with real values to what was approved. A step that was
// deferred has shown nobody anything: it may create and update, but not delete, replace or
// open anything to everybody.
func worse(approved StepPlan, changes []provisioner.Change, known []pair) (found []Worse) {
	before := map[string]provisioner.Change{}
	for _, c := range approved.Changes {
		before[c.Address] = c
	}
	swaps := newSwaps(known)
	for _, c := range changes {
		if !c.Action.Changes() && c.Action != provisioner.Forget {
			continue
		}
		was, seen := before[c.Address]
		at := Worse{Step: approved.Name, Resource: c.Address, Action: c.Action}
		switch {
		case approved.Deferred && c.Action != provisioner.Create && c.Action != provisioner.Update:
			at.Reason = "the step was deferred, so that nobody has seen this " + string(c.Action)
			found = append(found, at)
			continue
		case approved.Deferred:
			seen = false
		case !seen:
			at.Reason = "it is not in the plan"
			found = append(found, at)
			continue
		case was.Action != c.Action:
			at.Reason = fmt.Sprintf("it was to be %s", past(was.Action))
			found = append(found, at)
			continue
		}
		for _, w := range worseAttributes(was, c, seen, swaps) {
			w.Step, w.Resource, w.Action = at.Step, at.Resource, at.Action
			found = append(found, w)
		}
	}
	return found
}

func past(action provisioner.Action) string {
	switch action {
	case provisioner.NoOp:
		return "left as it is"
	case provisioner.Read:
		return "read only"
	}
	return strings.TrimSuffix(string(action), "e") + "ed"
}

// worseAttributes compares the attributes of a resource. seen says that it is in the plan:
// then each must be what was approved, but for stand-ins; else only exposure counts.
func worseAttributes(was, is provisioner.Change, seen bool, swaps *swaps) (found []Worse) {
	approved, alike := map[string]provisioner.Attribute{}, map[string][]provisioner.Attribute{}
	for _, a := range was.Attributes {
		approved[a.Path] = a
		alike[indexless(a.Path)] = append(alike[indexless(a.Path)], a)
	}
	there := map[string]bool{}
	for _, a := range is.Attributes {
		there[a.Path] = true
		if reason, before := worseAttribute(a, approved, alike, seen, swaps); reason != "" {
			found = append(found, Worse{Attribute: a.Path, Approved: before, Real: a.After, Reason: reason})
		}
	}
	if !seen || is.Action == provisioner.Update {
		return found // of an update, what is not among the attributes stays as it is
	}
	for _, a := range was.Attributes {
		gone := !there[a.Path] && !covered(a.Path, there) && a.After != nil
		if gone && !swaps.shrunk && !swaps.mayBe(normal(a.After), nil) {
			found = append(found, Worse{Attribute: a.Path, Approved: a.After, Reason: "it is not set any more"})
		}
	}
	return found
}

// covered says that an attribute stands above or below one of those: a list that was not
// known as a whole and is now, or the other way round.
func covered(path string, there map[string]bool) bool {
	for other := range there {
		if strings.HasPrefix(other, path+".") || strings.HasPrefix(path, other+".") {
			return true
		}
	}
	return false
}

func worseAttribute(a provisioner.Attribute, approved map[string]provisioner.Attribute, alike map[string][]provisioner.Attribute, seen bool, swaps *swaps) (reason string, before any) {
	was, planned := approved[a.Path]
	if !planned {
		was, planned = above(a.Path, approved)
	}
	real := normal(a.After)
	open := func(before any) string { return exposes(a.Path, before, real) }
	switch {
	case !seen:
		return open(nil), nil
	case planned && (was.Unknown || was.Sensitive): // nobody has seen a value
		return open(nil), nil
	case planned && a.Sensitive:
		return "its value is hidden now", was.After
	case a.Sensitive:
		return "it is not in the plan, and its value is hidden", nil
	case a.Unknown:
		if planned {
			return "its value is not known any more", was.After
		}
		return "it is not in the plan, and its value is not known", nil
	}
	if planned {
		if before = normal(was.After); swaps.explain(before, real) {
			return open(before), was.After
		}
		return "the stand-ins of the plan do not explain it", was.After
	}
	for _, other := range alike[indexless(a.Path)] { // one more of a list
		if !other.Unknown && !other.Sensitive && swaps.explain(normal(other.After), real) && swaps.grown {
			return open(normal(other.After)), other.After
		}
	}
	if swaps.mayBe(nil, real) {
		return open(nil), nil
	}
	return "it is not in the plan", nil
}

// above finds the attribute that holds another, where that was not known in its parts.
func above(path string, approved map[string]provisioner.Attribute) (provisioner.Attribute, bool) {
	for n := strings.LastIndexByte(path, '.'); n > 0; n = strings.LastIndexByte(path[:n], '.') {
		if a, ok := approved[path[:n]]; ok && (a.Unknown || a.Sensitive) {
			return a, true
		}
	}
	return provisioner.Attribute{}, false
}

// indexless is a path without the numbers of list elements.
func indexless(path string) string {
	steps := strings.Split(path, ".")
	for n, step := range steps {
		if _, err := strconv.Atoi(step); err == nil {
			steps[n] = "#"
		}
	}
	return strings.Join(steps, ".")
}
