package drivertest

import (
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// told are changes as words, those that change something: create main.
func told(changes []provisioner.Change) (words []string) {
	for _, c := range changes {
		if c.Action.Changes() {
			words = append(words, string(c.Action)+" "+c.Address)
		}
	}
	return words
}

func sameOutput(a, b provisioner.Output) bool {
	x, errX := value.Normal(a.Value)
	y, errY := value.Normal(b.Value)
	return errX == nil && errY == nil && a.Sensitive == b.Sensitive && value.Equal(x, y)
}

// otherOutputs names those that are not the same, sorted.
func otherOutputs(a, b map[string]provisioner.Output) (names []string) {
	for name, output := range a {
		if other, ok := b[name]; !ok || !sameOutput(output, other) {
			names = append(names, name)
		}
	}
	for name := range b {
		if _, ok := a[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// textsOf are the texts and numbers in a document; keys are not among them.
func textsOf(document any) (texts []string) {
	switch v := document.(type) {
	case nil, bool:
	case string:
		texts = append(texts, v)
	case []any:
		for _, item := range v {
			texts = append(texts, textsOf(item)...)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			texts = append(texts, textsOf(v[key])...)
		}
	}
	return texts
}
