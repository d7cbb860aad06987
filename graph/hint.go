package graph

import (
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
)

// maxCompared is how many names are compared for the hints of one run. Whoever makes
// thousands of mistakes in a project of thousands of components gets hints for the first.
const maxCompared = 200_000

// nearest is the hint that names the key that may have been meant.
func nearest[V any](r *resolver, got string, among map[string]V) string {
	if r.compared += len(among); r.compared > maxCompared {
		return ""
	}
	return tenon.DidYouMean(got, slices.Collect(maps.Keys(among)))
}
