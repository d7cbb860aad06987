package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

// Bind resolves the names of the grants chosen on one slot against those that the
// producer exposes. A name that it does not expose (rule unknown-grant) and a grant that
// gives nothing on any platform (rule empty-grant) are problems that list what there is.
// The bindings come by name, each once; their places are for the caller to fill in.
func Bind(slot, producer, typ string, exposed map[string]artifacts.Grant, names []string) ([]Binding, tenon.Problems) {
	var problems tenon.Problems
	var bindings []Binding
	for _, name := range slices.Compact(slices.Sorted(slices.Values(names))) {
		grant, ok := exposed[name]
		switch {
		case !ok:
			problems.Add(tenon.Problem{
				Rule: "unknown-grant", Path: tenon.At("connections", slot),
				Message: fmt.Sprintf("%s (%s) does not expose the grant %q", producer, typ, name),
				Hint:    whatThereIs(exposed, tenon.DidYouMean(name, slices.Collect(maps.Keys(exposed)))),
			})
		case len(grant.Platforms()) == 0:
			problems.Add(tenon.Problem{
				Rule: "empty-grant", Path: tenon.At("connections", slot),
				Message: fmt.Sprintf("the grant %q of %s (%s) gives nothing on any platform", name, producer, typ),
				Hint:    whatThereIs(exposed, ""),
			})
		default:
			bindings = append(bindings, Binding{Slot: slot, Producer: producer, Type: typ, Grant: grant})
		}
	}
	return bindings, problems.Sorted()
}

// whatThereIs lists the grants that can be bound, with the platforms of each.
func whatThereIs(exposed map[string]artifacts.Grant, didYouMean string) string {
	var there []string
	for _, name := range slices.Sorted(maps.Keys(exposed)) {
		if platforms := exposed[name].Platforms(); len(platforms) > 0 {
			there = append(there, fmt.Sprintf("%s (%s)", name, strings.Join(platforms, ", ")))
		}
	}
	hint := "it exposes none"
	if len(there) > 0 {
		hint = "it exposes " + strings.Join(there, ", ")
	}
	if didYouMean != "" {
		hint += "; " + didYouMean
	}
	return hint
}
