package bundle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/source"
)

func grants(l *linting) {
	for _, c := range l.bundle.Connections {
		l.grantNames(l.typeOf(c.Type), c.node.Get("grants"), c.Grants)
	}
	for _, a := range l.bundle.Artifacts {
		l.grantNames(l.typeOf(a.Type), a.node.Get("grants"), a.Grants)
	}
}

func (l *linting) grantNames(t *artifacts.Type, node *source.Node, names []string) {
	if t == nil {
		return
	}
	var there []string
	for _, grant := range t.Grants() {
		there = append(there, grant.Name)
	}
	for i, name := range names {
		if slices.Contains(there, name) {
			continue
		}
		hint := "it has none"
		if len(there) > 0 {
			hint = "it has " + strings.Join(there, ", ")
		}
		l.add(node.Get(i).Problem(l.rule, fmt.Sprintf("%s has no grant %q", t, name), hint))
	}
}

// templates looks at those of the bundle's own grants: what they read must exist.
func (l *linting) templates() {
	for _, a := range l.bundle.Artifacts {
		t, own := l.typeOf(a.Type), a.node.Get("ownGrants")
		if t == nil || own == nil {
			continue
		}
		_, found := artifacts.ParseGrants(own.Value(), t.Declares)
		for _, p := range own.Locate(found) {
			if p.Rule == l.rule { // the rest was said when the file was read
				l.add(p)
			}
		}
	}
}

// ownGrants holds the bundle's own grants to what those of a type are held to.
func ownGrants(l *linting) {
	for _, a := range l.bundle.Artifacts {
		t := l.typeOf(a.Type)
		if t == nil {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(a.OwnGrants)) {
			at := a.node.Get("ownGrants", name)
			for _, p := range at.Locate(iam.CheckGrant(t, a.OwnGrants[name])) {
				p.Rule = l.rule
				l.add(p)
			}
		}
	}
}
