package value

import (
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
)

// Overlaps says that one of the paths lies at, below or above the other, where the key
// "*" in either matches any step.
func Overlaps(a, b tenon.Path) bool {
	s, t := a.Steps(), b.Steps()
	for i := range min(len(s), len(t)) {
		if s[i] != t[i] && s[i] != "*" && t[i] != "*" {
			return false
		}
	}
	return true
}

// Walk calls visit for each leaf (scalar, empty map, empty list) in order of path; keys
// sorted.
func Walk(v any, visit func(path tenon.Path, leaf any)) { walk(tenon.Path{}, v, visit) }

func walk(path tenon.Path, v any, visit func(tenon.Path, any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(path.Append(key), v[key], visit)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, element := range v {
			walk(path.Append(i), element, visit)
		}
		if len(v) > 0 {
			return
		}
	}
	visit(path, v)
}

// Set gives a copy of document with the value at path replaced: maps and lists on the
// way are copied, missing maps are made. An index past the end of a list changes nothing.
func Set(document any, path tenon.Path, v any) any { return set(document, path.Steps(), v) }

func set(document any, steps []any, v any) any {
	if len(steps) == 0 {
		return v
	}
	switch step := steps[0].(type) {
	case int:
		list, ok := document.([]any)
		if !ok || step >= len(list) {
			return document
		}
		list = slices.Clone(list)
		list[step] = set(list[step], steps[1:], v)
		return list
	case string:
		object, _ := document.(map[string]any)
		if object = maps.Clone(object); object == nil {
			object = map[string]any{}
		}
		object[step] = set(object[step], steps[1:], v)
		return object
	}
	return document
}

// Expand gives the concrete paths in document that pattern (with "*" steps) matches, in
// order of path.
func Expand(document any, pattern tenon.Path) []tenon.Path {
	var found []tenon.Path
	expand(document, tenon.Path{}, pattern.Steps(), &found)
	return found
}

func expand(document any, at tenon.Path, steps []any, found *[]tenon.Path) {
	if len(steps) == 0 {
		*found = append(*found, at)
		return
	}
	switch v := document.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if steps[0] == "*" || steps[0] == key {
				expand(v[key], at.Append(key), steps[1:], found)
			}
		}
	case []any:
		for i, element := range v {
			if steps[0] == "*" || steps[0] == i {
				expand(element, at.Append(i), steps[1:], found)
			}
		}
	}
}
