package provisioner

import (
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon/internal/value"
)

// Differences are the attributes of a resource that is nothing but its inputs: those that
// are not the same before and after, by name. The values of those that secret names are
// left out. Values are JSON documents as package provisioner has them everywhere: numbers
// compare by their value, whatever Go type they have.
func Differences(before, after map[string]any, secret []string) []Attribute {
	all := map[string]bool{}
	for name := range before {
		all[name] = true
	}
	for name := range after {
		all[name] = true
	}
	var list []Attribute
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x, inBefore := before[name]
		y, inAfter := after[name]
		if inBefore == inAfter && sameValue(x, y) {
			continue
		}
		a := Attribute{Path: name, Before: x, After: y}
		if slices.Contains(secret, name) {
			a = Attribute{Path: name, Sensitive: true}
		}
		list = append(list, a)
	}
	return list
}

func sameValue(x, y any) bool {
	p, errX := value.Normal(x)
	q, errY := value.Normal(y)
	return errX == nil && errY == nil && value.Equal(p, q)
}
