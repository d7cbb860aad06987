package terraform

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/tenon-sdk/tenon/provisioner"
)

// attributesOf are the values of a resource that are another after a change, or not known
// yet, by path: each leaf of its document by itself.
func attributesOf(change *tfjson.Change) []provisioner.Attribute {
	if change == nil {
		return nil
	}
	d := differences{}
	for _, path := range change.ReplacePaths {
		if steps, ok := path.([]any); ok {
			d.replacing = append(d.replacing, pathOf(steps))
		}
	}
	d.walk(nil, change.Before, change.After, change.AfterUnknown, change.BeforeSensitive, change.AfterSensitive)
	return d.found
}

type differences struct {
	replacing []string // paths
	found     []provisioner.Attribute
}

// walk compares one place of two documents. Marks are true for all of it, or have the shape
// of the document.
func (d *differences) walk(path []string, before, after, unknown, hiddenBefore, hiddenAfter any) {
	switch hidden := hiddenBefore == true || hiddenAfter == true; {
	case unknown == true:
		d.add(path, provisioner.Attribute{Before: unless(hidden, before), Unknown: true, Sensitive: hidden})
		return
	case hidden:
		if !same(before, after) || holdsTrue(unknown) {
			d.add(path, provisioner.Attribute{Unknown: holdsTrue(unknown), Sensitive: true})
		}
		return
	}
	if steps := stepsOf(before, after, unknown); steps != nil {
		for _, step := range steps {
			d.walk(append(slices.Clip(path), step),
				at(before, step), at(after, step), at(unknown, step), at(hiddenBefore, step), at(hiddenAfter, step))
		}
		return
	}
	if !same(before, after) {
		d.add(path, provisioner.Attribute{Before: before, After: after})
	}
}

func (d *differences) add(path []string, a provisioner.Attribute) {
	a.Path = strings.Join(path, ".")
	a.Replaces = slices.ContainsFunc(d.replacing, func(prefix string) bool {
		return a.Path == prefix || strings.HasPrefix(a.Path, prefix+".") || strings.HasPrefix(prefix, a.Path+".")
	})
	d.found = append(d.found, a)
}

func unless(hidden bool, value any) any {
	if hidden {
		return nil
	}
	return value
}

// stepsOf gives the keys or indexes of what is a map or a list in all that is there; nil
// where it is a leaf.
func stepsOf(documents ...any) []string {
	objects, lists, longest := 0, 0, 0
	keys := map[string]bool{}
	for _, document := range documents {
		switch v := document.(type) {
		case map[string]any:
			objects++
			for key := range v {
				keys[key] = true
			}
		case []any:
			lists++
			longest = max(longest, len(v))
		case nil, bool: // a mark that says no, or nothing there
			if v == true {
				return nil
			}
		default:
			return nil
		}
	}
	switch {
	case objects > 0 && lists == 0 && len(keys) > 0:
		return slices.Sorted(maps.Keys(keys))
	case lists > 0 && objects == 0 && longest > 0:
		steps := make([]string, longest)
		for i := range steps {
			steps[i] = strconv.Itoa(i)
		}
		return steps
	}
	return nil
}

// at is one step into a document; for a mark of all of it, the mark.
func at(document any, step string) any {
	switch v := document.(type) {
	case map[string]any:
		return v[step]
	case []any:
		if i, err := strconv.Atoi(step); err == nil && i < len(v) {
			return v[i]
		}
	}
	return nil
}

func pathOf(steps []any) string {
	texts := make([]string, len(steps))
	for i, step := range steps {
		texts[i] = fmt.Sprint(step)
	}
	return strings.Join(texts, ".")
}

func same(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// holdsTrue says that a value, or any part of it, is true: how plans mark what is not
// known yet.
func holdsTrue(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case []any:
		return slices.ContainsFunc(v, holdsTrue)
	case map[string]any:
		for _, item := range v {
			if holdsTrue(item) {
				return true
			}
		}
	}
	return false
}
