package artifacts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// mark is the key of a schema that says that values are secret; published definitions say
// it with theirs, or with sensitive in a $md block.
const (
	mark          = "x-sensitive"
	publishedMark = "$md.sensitive"
)

// isMarked says that a schema carries the mark, or that of published definitions.
func isMarked(schema map[string]any) bool {
	if schema[mark] == true {
		return true
	}
	published, _ := mdOf(schema, "sensitive")
	return published == true
}

// What stands below a keyword: by name, so that a key is no keyword, or no schema at all.
var (
	namesSchemas = []string{"properties", "patternProperties", "definitions", "$defs", "dependencies", "dependentSchemas"}
	holdsValues  = []string{"const", "enum", "default", "examples", "message"}
)

// checkMarks finds marks that look like one and are none: what they stand for would be
// shown to everybody.
func checkMarks(node *source.Node, problems *tenon.Problems) {
	for _, item := range node.Items() {
		checkMarks(item, problems)
	}
	for _, key := range node.Keys() {
		at := node.Get(key)
		switch {
		case key == mark, key == publishedMark:
			if _, ok := at.Value().(bool); !ok {
				problems.Add(at.Problem("bad-sensitive", key+" is true or false, not "+value.Describe(at.Value()), ""))
			}
		case key == "$md":
			checkBlock(at, problems)
		case at.Value() == true && meantMark(key):
			problems.Add(node.KeyProblem(key, "bad-sensitive", fmt.Sprintf("the key %s hides nothing", strconv.Quote(key)), `did you mean "`+meant(key)+`"?`))
		case slices.Contains(holdsValues, key), strings.HasPrefix(key, "$md."):
		case slices.Contains(namesSchemas, key):
			for _, name := range at.Keys() {
				checkMarks(at.Get(name), problems)
			}
		default:
			checkMarks(at, problems)
		}
	}
}

// checkBlock is checkMarks for a $md block.
func checkBlock(block *source.Node, problems *tenon.Problems) {
	for _, key := range block.Keys() {
		at := block.Get(key)
		switch _, isBool := at.Value().(bool); {
		case key == "sensitive" && !isBool:
			problems.Add(at.Problem("bad-sensitive", publishedMark+" is true or false, not "+value.Describe(at.Value()), ""))
		case key != "sensitive" && at.Value() == true && strings.HasPrefix(key, "sens") && tenon.DidYouMean(key, []string{"sensitive"}) != "":
			problems.Add(block.KeyProblem(key, "bad-sensitive", fmt.Sprintf("the key %s hides nothing", strconv.Quote(key)), `did you mean "sensitive"?`))
		}
	}
}

// meantMark says that key is the mark, misspelled; x-case-sensitive is not.
func meantMark(key string) bool {
	if rest, ok := strings.CutPrefix(key, "$md."); ok {
		key = "x-" + rest
	}
	return strings.HasPrefix(strings.TrimLeft(strings.ToLower(key), "x-_"), "sens") && tenon.DidYouMean(key, []string{mark}) != ""
}

func meant(key string) string {
	if strings.HasPrefix(key, "$md.") {
		return publishedMark
	}
	return mark
}

// lessSensitive are the paths that are sensitive in super and may be shown in t.
func lessSensitive(t, super *Type) []tenon.Path {
	return slices.DeleteFunc(slices.Clone(super.made().sensitive), func(path tenon.Path) bool {
		return t.Forbids(path) || slices.ContainsFunc(t.made().sensitive, func(pattern tenon.Path) bool { return covers(pattern, path) })
	})
}

// covers says that whatever lies at path lies at or below pattern.
func covers(pattern, path tenon.Path) bool {
	p, q := pattern.Steps(), path.Steps()
	if len(p) > len(q) {
		return false
	}
	for i, step := range p {
		if step != "*" && step != q[i] {
			return false
		}
	}
	return true
}

// Redacted stands in the place of a sensitive value.
const Redacted = "(sensitive)"

// Redact gives document with Redacted in the place of every sensitive leaf; its shape,
// keys and lengths stay. What encoding/json cannot write becomes Redacted as a whole.
func (t *Type) Redact(document any) any {
	normal, err := value.Normal(document)
	if err != nil {
		return Redacted
	}
	return redact(normal, t.made().marks.In(normal))
}

func redact(document any, sensitive []tenon.Path) any {
	root := &veil{}
	for _, path := range sensitive {
		root.add(path.Steps())
	}
	return root.over(document)
}

// veil is the tree of the sensitive paths.
type veil struct {
	whole bool
	below map[any]*veil // by key or index
}

func (v *veil) add(steps []any) {
	for _, step := range steps {
		next := v.below[step]
		if next == nil {
			if v.below == nil {
				v.below = map[any]*veil{}
			}
			next = &veil{}
			v.below[step] = next
		}
		v = next
	}
	v.whole = true
}

// over gives the document as it may be shown; what is not sensitive is shared with it.
func (v *veil) over(document any) any {
	if v == nil || !v.whole && len(v.below) == 0 {
		return document
	}
	inside := func(step any) *veil {
		if v.whole {
			return v
		}
		return v.below[step]
	}
	switch d := document.(type) {
	case nil:
		return nil
	case map[string]any:
		shown := make(map[string]any, len(d))
		for key, element := range d {
			shown[key] = inside(key).over(element)
		}
		return shown
	case []any:
		shown := make([]any, len(d))
		for i, element := range d {
			shown[i] = inside(i).over(element)
		}
		return shown
	}
	if v.whole {
		return Redacted
	}
	return document
}
