package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
)

// alternatives explains why none of several branches holds: where they only want other
// types, or other keys, one problem names them all, else the branch that the document is
// nearest to is explained.
func (w *words) alternatives(e *jsonschema.ValidationError) {
	path := pathOf(e.InstanceLocation, w.document)
	branches := make([]tenon.Problems, len(e.Causes))
	for i, cause := range e.Causes {
		branch := &words{schema: w.schema, document: w.document, sensitive: w.sensitive}
		branch.explain(cause)
		branches[i] = branch.problems.Sorted()
	}
	if w.otherTypes(path, e, branches) || w.otherKeys(path, branches) {
		return
	}
	best := slices.MinFunc(branches, func(a, b tenon.Problems) int { return distance(path, a) - distance(path, b) })
	w.problems.Add(best...)
}

// distance says how far the document is from a branch with these problems: far where the
// value itself is of another kind, less far where a key that tells branches apart has
// another value.
func distance(path tenon.Path, problems tenon.Problems) int {
	sum := 0
	for _, p := range problems {
		sum += 10 - min(p.Path.Len(), 9)
		switch {
		case p.Path == path && (p.Rule == "type" || p.Rule == "const" || p.Rule == "enum"):
			sum += 1000
		case p.Rule == "const":
			sum += 100
		}
	}
	return sum
}

func (w *words) otherTypes(path tenon.Path, e *jsonschema.ValidationError, branches []tenon.Problems) bool {
	wanted := make([]string, len(branches))
	for i, problems := range branches {
		if len(problems) != 1 || problems[0].Rule != "type" || problems[0].Path != path {
			return false
		}
		leaf := leaves(e.Causes[i])[0]
		parent, _ := w.schema.at(strings.TrimSuffix(leaf.AbsoluteKeywordLocation, "/type")).(map[string]any)
		wanted[i] = describe(parent)
	}
	w.add("type", path, "must be "+alternatives(wanted)+w.got(path, true), "")
	return true
}

func (w *words) otherKeys(path tenon.Path, branches []tenon.Problems) bool {
	wanted := make([]string, len(branches))
	for i, problems := range branches {
		names := make([]string, len(problems))
		for j, p := range problems {
			steps := p.Path.Steps()
			if p.Rule != "required" || len(steps) == 0 || p.Path.Parent() != path {
				return false
			}
			names[j] = strconv.Quote(fmt.Sprint(steps[len(steps)-1]))
		}
		wanted[i] = joined(names, "and")
	}
	w.add("required", path, "needs "+alternatives(wanted), "")
	return true
}

// several explains that more than one branch of oneOf holds: by the keys that they
// require, where both do.
func (w *words) several(path tenon.Path, operand any, e *jsonschema.ValidationError) {
	var i, j int
	list, _ := operand.([]any)
	if _, err := fmt.Sscanf(e.Message, "valid against schemas at indexes %d and %d", &i, &j); err == nil && i < len(list) && j < len(list) {
		first, second := requiredBy(list[i]), requiredBy(list[j])
		if first != "" && second != "" && first != second {
			w.add("oneOf", path, "has both "+first+" and "+second+", may have only one", "")
			return
		}
	}
	w.add("oneOf", path, "fits more than one of the alternatives, must fit exactly one", "")
}

func requiredBy(schema any) string {
	object, _ := schema.(map[string]any)
	list, _ := object["required"].([]any)
	names := make([]string, 0, len(list))
	for _, name := range list {
		if text, ok := name.(string); ok {
			names = append(names, strconv.Quote(text))
		}
	}
	return joined(names, "and")
}
