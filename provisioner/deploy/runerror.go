package deploy

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RunError is a run that did not succeed. errors.Is and errors.As open the errors of its
// instances.
type RunError struct{ Run *Run }

// How much RunError.Error says. Run.Errors has all of it.
const (
	mostInstances = 10 // each with all of its reason; more are told by reasons
	mostReasons   = 10
	mostLines     = 5 // of a reason
	mostNames     = 3
)

// Error gives the reasons by instance, one a line. Of many instances it tells each reason
// once, the most frequent first, with the first few that share it and how many more do; a
// text for people however many failed.
func (e *RunError) Error() string {
	switch {
	case len(e.Run.Errors) == 0:
		return "deployment " + e.Run.Deployment + " was " + e.Run.Status
	case len(e.Run.Errors) > mostInstances:
		return e.byReason()
	}
	var lines []string
	for _, instance := range slices.Sorted(maps.Keys(e.Run.Errors)) {
		for line := range strings.Lines(e.Run.Errors[instance].Error()) {
			lines = append(lines, instance+": "+strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(lines, "\n")
}

func (e *RunError) byReason() string {
	instances := map[string][]string{} // by reason
	for _, instance := range slices.Sorted(maps.Keys(e.Run.Errors)) {
		// Reasons that differ in nothing but who tells them are one.
		reason := strings.ReplaceAll(e.Run.Errors[instance].Error(), instance, "the instance")
		instances[reason] = append(instances[reason], instance)
	}
	reasons := slices.SortedFunc(maps.Keys(instances), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(instances[b]), len(instances[a])), cmp.Compare(instances[a][0], instances[b][0]))
	})
	lines := []string{fmt.Sprintf("%d instances did not succeed:", len(e.Run.Errors))}
	for n, reason := range reasons {
		if n == mostReasons {
			left := 0
			for _, other := range reasons[n:] {
				left += len(instances[other])
			}
			lines = append(lines, fmt.Sprintf("and %d more, for %d other reasons", left, len(reasons)-n))
			break
		}
		who := instances[reason]
		names := strings.Join(who[:min(mostNames, len(who))], ", ")
		if more := len(who) - mostNames; more > 0 {
			names += fmt.Sprintf(" and %d more", more)
		}
		said := strings.Split(strings.TrimSuffix(reason, "\n"), "\n")
		if len(said) > mostLines {
			said = append(said[:mostLines], fmt.Sprintf("… %d lines more", len(said)-mostLines))
		}
		for _, line := range said {
			lines = append(lines, names+": "+line)
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the errors of the instances.
func (e *RunError) Unwrap() []error {
	var list []error
	for _, instance := range slices.Sorted(maps.Keys(e.Run.Errors)) {
		list = append(list, e.Run.Errors[instance])
	}
	return list
}
