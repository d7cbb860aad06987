package artifacts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Report is what changed between two versions of a type.
type Report struct {
	schema.Report
	Old, New string // name@version of the types
	// Declared is the step between their versions. Below 1.0.0 a step of the minor
	// version may break.
	Declared schema.Bump
}

// Diff says what changes from one version of a type to the next, whom it breaks, and the
// least step of the version that is honest. Beside the documents these are changes: what
// is sensitive, grants, exports, supertypes. Their paths are empty but for what is
// sensitive.
func Diff(before, after *Type) Report {
	r := Report{Report: schema.Diff(before.made().contract, after.made().contract), Old: before.String(), New: after.String(), Declared: declared(before, after)}
	d := &typeDiff{report: &r}
	d.sensitive(before, after)
	d.grants(before, after)
	d.names("export", exportNames(before), exportNames(after))
	d.names("isa", refNames(before), refNames(after))
	slices.SortStableFunc(r.Changes, func(x, y schema.Change) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Kind, y.Kind), strings.Compare(x.Message, y.Message))
	})
	if (before.title != after.title || before.description != after.description) && r.Bump == schema.None {
		r.Changes = append(r.Changes, schema.Change{Kind: "annotation", Breaks: []schema.Side{}, Message: "title or description changed"})
		r.Bump = schema.Patch
	}
	return r
}

// Check says that the step between the versions is honest. The error is a tenon.Problem of
// rule dishonest-version.
func (r Report) Check() error {
	order := []schema.Bump{schema.None, schema.Patch, schema.Minor, schema.Major}
	if slices.Index(order, r.Declared) >= slices.Index(order, r.Bump) {
		return nil
	}
	step := fmt.Sprintf("is a %s step", r.Declared)
	if r.Declared == schema.None {
		step = "is no step forward"
	}
	return tenon.Problem{
		Rule: "dishonest-version", Message: fmt.Sprintf("from %s to %s %s, and the change is a %s one", r.Old, r.New, step, r.Bump),
		Hint: "raise the version by a " + string(r.Bump) + " step",
	}
}

func declared(before, after *Type) schema.Bump {
	a, b := before.version, after.version
	switch {
	case !b.GreaterThan(a):
		return schema.None
	case b.Major() > a.Major() || a.Major() == 0 && b.Minor() > a.Minor():
		return schema.Major
	case b.Minor() > a.Minor():
		return schema.Minor
	}
	return schema.Patch
}

type typeDiff struct{ report *Report }

func (d *typeDiff) add(path, kind string, bump schema.Bump, breaks []schema.Side, format string, arguments ...any) {
	if breaks == nil {
		breaks = []schema.Side{}
	}
	d.report.Changes = append(d.report.Changes, schema.Change{Path: path, Kind: kind, Breaks: breaks, Message: fmt.Sprintf(format, arguments...)})
	order := []schema.Bump{schema.None, schema.Patch, schema.Minor, schema.Major}
	if slices.Index(order, bump) > slices.Index(order, d.report.Bump) {
		d.report.Bump = bump
	}
}

var breaksConsumers = []schema.Side{schema.Consumers}

func (d *typeDiff) sensitive(before, after *Type) {
	hides := func(t *Type, path tenon.Path) bool {
		return t.Forbids(path) || slices.ContainsFunc(t.made().sensitive, func(pattern tenon.Path) bool { return covers(pattern, path) })
	}
	for _, path := range before.made().sensitive {
		if !hides(after, path) {
			// Whoever counts on its being hidden shows it from now on.
			d.add(path.Pointer(), "sensitive-removed", schema.Major, breaksConsumers, "is no longer sensitive")
		}
	}
	for _, path := range after.made().sensitive {
		if !hides(before, path) && before.Declares(path) {
			d.add(path.Pointer(), "sensitive-added", schema.Minor, nil, "is sensitive now")
		}
	}
}

func (d *typeDiff) grants(before, after *Type) {
	d.names("grant", grantNames(before), grantNames(after))
	for _, grant := range before.Grants() {
		next, ok := after.Grant(grant.Name)
		if !ok {
			continue
		}
		for _, platform := range grant.Platforms() {
			if !slices.Contains(next.Platforms(), platform) {
				d.add("", "grant-changed", schema.Major, breaksConsumers, "grant %s has nothing for %s any more", grant.Name, platform)
			}
		}
		if string(grantText(before, grant.Name)) != string(grantText(after, grant.Name)) {
			d.add("", "grant-changed", schema.Minor, nil, "grant %s allows something else", grant.Name)
		}
	}
}

func (d *typeDiff) names(kind string, before, after []string) {
	for _, name := range before {
		if !slices.Contains(after, name) {
			d.add("", kind+"-removed", schema.Major, breaksConsumers, "%s %s is gone", kindWord(kind), name)
		}
	}
	for _, name := range after {
		if !slices.Contains(before, name) {
			d.add("", kind+"-added", schema.Minor, nil, "%s %s is new", kindWord(kind), name)
		}
	}
}

func kindWord(kind string) string {
	if kind == "isa" {
		return "supertype"
	}
	return kind
}

func grantNames(t *Type) []string {
	var names []string
	for _, grant := range t.Grants() {
		names = append(names, grant.Name)
	}
	return names
}

// grantText is the grant as it was written, without its words.
func grantText(t *Type, name string) []byte {
	block, _ := t.node.Get("grants", name).Value().(map[string]any)
	plain := map[string]any{}
	for key, v := range block {
		if key != "description" {
			plain[key] = v
		}
	}
	return value.Canonical(plain)
}

func exportNames(t *Type) []string {
	var names []string
	for _, e := range t.made().exports {
		names = append(names, e.Name)
	}
	return names
}

func refNames(t *Type) []string {
	var names []string
	for _, ref := range t.isA {
		names = append(names, ref.String())
	}
	slices.Sort(names)
	return names
}
