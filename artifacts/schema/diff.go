package schema

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Side that a change breaks.
type Side string

// Sides of a contract.
const (
	// Consumers were written for documents of the old schema: they break where documents
	// of the new one may be something else.
	Consumers Side = "consumers"
	// Producers make documents of the old schema: they break where the new one asks for
	// more.
	Producers Side = "producers"
)

// Bump is the least step of a semantic version that is honest.
type Bump string

// Bumps, the least first.
const (
	None  Bump = "none"  // the documents are the same, and so are the words
	Patch Bump = "patch" // the same documents are valid
	Minor Bump = "minor" // nobody breaks
	Major Bump = "major" // somebody breaks, or it cannot be ruled out
)

// Change is one thing that differs between two schemas.
type Change struct {
	// Path of the value that it is about, as a JSON pointer into documents; * stands for
	// any item or any other key.
	Path string `json:"path"`
	// Kind: type, property-added, property-removed, required-added, required-removed,
	// additional-properties, pattern-properties, property-names, items, enum, minimum,
	// maximum, multiple-of, length, pattern, format, item-count, unique-items, contains,
	// property-count, alternatives, documents, undecided, annotation.
	Kind    string `json:"kind"`
	Breaks  []Side `json:"breaks"` // sorted; empty where nobody breaks
	Message string `json:"message"`
}

// Report is what changed between two schemas.
type Report struct {
	Bump    Bump     `json:"bump"`
	Changes []Change `json:"changes"` // by path, then kind
	// Consumers says whether every document of the new schema is one of the old; Producers
	// whether every document of the old one, but for keys that the old one did not name and
	// the new one does, is one of the new.
	Consumers Verdict `json:"consumers"`
	Producers Verdict `json:"producers"`
}

// String is a line for each change.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Bump)
	for _, c := range r.Changes {
		fmt.Fprintf(&b, "%s: %s", cmp.Or(c.Path, "/"), c.Message)
		if len(c.Breaks) > 0 {
			sides := make([]string, len(c.Breaks))
			for i, side := range c.Breaks {
				sides[i] = string(side)
			}
			fmt.Fprintf(&b, " (breaks %s)", strings.Join(sides, " and "))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Diff says what changes from one schema to the next, and for whom it breaks.
//
// A key that the old schema does not name and the new one describes, without requiring it,
// breaks nobody: those who make documents of the old schema did not know it. All else is
// taken strictly.
func Diff(before, after *Schema) Report {
	c := &comparison{known: map[[2]key]*delta{}}
	whole := c.compare(before.root, after.root, 0)
	c.changes = whole.changes
	r := Report{Consumers: Compatible(after, before), Producers: producers(before, after, whole.absent())}
	c.missed(r.Consumers, Consumers)
	c.missed(r.Producers, Producers)
	if len(c.changes) == 0 && !equal(before.document, after.document) {
		c.changes = append(c.changes, Change{Kind: "annotation", Message: "the same documents are valid; it is written differently"})
	}
	slices.SortStableFunc(c.changes, func(x, y Change) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Message, y.Message))
	})
	for i := range c.changes {
		if c.changes[i].Breaks == nil {
			c.changes[i].Breaks = []Side{}
		}
	}
	r.Changes = c.changes
	r.Bump = bumpOf(r)
	return r
}

func bumpOf(r Report) Bump {
	bump := None
	raise := func(to Bump) {
		order := []Bump{None, Patch, Minor, Major}
		if slices.Index(order, to) > slices.Index(order, bump) {
			bump = to
		}
	}
	for _, c := range r.Changes {
		switch {
		case len(c.Breaks) > 0 || c.Kind == "undecided":
			raise(Major)
		case c.Kind == "annotation":
			raise(Patch)
		default:
			raise(Minor)
		}
	}
	if r.Consumers.Answer != Yes || r.Producers.Answer != Yes {
		raise(Major)
	}
	return bump
}

// comparison is a walk through two schemas at once.
type comparison struct {
	changes []Change
	known   map[[2]key]*delta
}

// delta is what changes from one assertion about a value to another.
type delta struct {
	changes []Change // paths from the value on
	// unknown are assertions about the value: keys that the old schema did not name are not
	// there, in it or below.
	unknown []*node
	target  *target // stands for the assertions, where the value recurs below itself
}

// maxChanges that are listed of one value; they say that there are more.
const maxChanges = 500

func (d *delta) absent() *node { return all(d.unknown...) }

// add puts a change down, a list of them at most once over its limit.
func (d *delta) add(changes ...Change) {
	if len(d.changes) > maxChanges {
		return
	}
	if d.changes = append(d.changes, changes...); len(d.changes) > maxChanges {
		d.changes = append(d.changes[:maxChanges:maxChanges], Change{Kind: "documents", Message: "there are more changes than are listed"})
	}
}

// below takes in what changes at a step down; wrap puts an assertion about what is there
// into one about the value.
func (d *delta) below(steps string, kid *delta, wrap func(*node) *node) {
	for _, change := range kid.changes {
		change.Path = steps + change.Path
		d.add(change)
	}
	if n := kid.absent(); n.op != opTrue {
		d.unknown = append(d.unknown, wrap(n))
	}
}

// missed adds what no single change tells.
func (c *comparison) missed(v Verdict, side Side) {
	told := slices.ContainsFunc(c.changes, func(change Change) bool { return slices.Contains(change.Breaks, side) })
	switch {
	case v.Answer == No && !told:
		c.changes = append(c.changes, Change{
			Path: v.Path, Kind: "documents", Breaks: []Side{side},
			Message: fmt.Sprintf("%s was %s", canonical(v.Witness), map[Side]string{Consumers: "not valid and is now", Producers: "valid and is no longer"}[side]),
		})
	case v.Answer == Unknown:
		c.changes = append(c.changes, Change{
			Kind: "undecided", Message: fmt.Sprintf("whether it breaks %s cannot be decided: %s", side, strings.Join(v.Undecided, ", ")),
		})
	}
}

// producers asks whether documents of the old schema are some of the new one, where keys
// that only the new one names are not there.
func producers(before, after *Schema, absent *node) Verdict {
	if absent.op == opTrue {
		return Compatible(before, after)
	}
	r := newSolver(defaultBudget).solve(absent, before.root, not(after.root))
	switch r.answer {
	case empty:
		return Verdict{Answer: Yes}
	case unknown:
		return unclear(r.why)
	}
	witness := smaller(clone(r.value), func(v any) bool {
		return eval(absent, v) == yes && eval(before.root, v) == yes && eval(after.root, v) == no
	})
	refused := after.check(witness)
	if before.check(witness) != nil || refused == nil {
		return unclear([]string{"a witness that the library does not take for one"})
	}
	path, why := deepest(refused)
	return Verdict{Answer: No, Witness: witness, Path: path, Reason: why}
}

// change puts down a change from one assertion to another, with the sides that it breaks.
func (d *delta) change(path, kind string, before, after *node, format string, arguments ...any) {
	if before.key == after.key {
		return
	}
	change := Change{Path: path, Kind: kind, Message: fmt.Sprintf(format, arguments...)}
	fits := func(a, b *node) bool { return newSolver(defaultBudget).solve(a, not(b)).answer == empty }
	if !fits(after, before) {
		change.Breaks = append(change.Breaks, Consumers)
	}
	if !fits(before, after) {
		change.Breaks = append(change.Breaks, Producers)
	}
	d.add(change)
}
