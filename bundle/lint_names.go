package bundle

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/source"
)

func types(l *linting) {
	for _, c := range l.bundle.Connections {
		l.known(c.Type, c.node.Get("type"))
	}
	for _, a := range l.bundle.Artifacts {
		l.known(a.Type, a.node.Get("type"))
	}
}

func (l *linting) known(ref artifacts.Ref, at *source.Node) {
	if ref.IsZero() {
		return // it did not read, which was said
	}
	if _, err := l.catalog.Lookup(ref); err != nil {
		p := tenon.ProblemsOf(err)[0]
		l.add(at.Problem(l.rule, p.Message, p.Hint))
	}
}

func collisions(l *linting) {
	params := l.bundle.Params.Names()
	for _, c := range l.bundle.Connections {
		if slices.Contains(params, c.Name) {
			l.add(l.bundle.node.Get("connections").KeyProblem(c.Name, l.rule, fmt.Sprintf("%q is the name of a param as well", c.Name), "rename one of them"))
		}
		if c.Name == "metadata" {
			l.add(l.bundle.node.Get("connections").KeyProblem(c.Name, l.rule, `"metadata" is what every step is told about where it runs`, "rename the connection"))
		}
	}
	if slices.Contains(params, "metadata") {
		l.add(l.bundle.node.Get("params", "properties").KeyProblem("metadata", l.rule, `"metadata" is what every step is told about where it runs`, "rename the param"))
	}
}

func required(l *linting) {
	names := l.bundle.Params.Names()
	for i, name := range l.bundle.Params.Required() {
		if !slices.Contains(names, name) {
			l.add(l.bundle.node.Get("params", "required", i).Problem(l.rule, fmt.Sprintf("the required param %q is not among the properties", name), tenon.DidYouMean(name, names)))
		}
	}
}

func accounts(l *linting) {
	var names []string
	for _, c := range l.bundle.Connections {
		names = append(names, c.Name)
	}
	for _, s := range l.bundle.Steps {
		for _, p := range s.providers {
			if !slices.Contains(names, p.connection) {
				l.add(p.node.Get("connection").Problem(l.rule, fmt.Sprintf("the bundle has no connection %q", p.connection), tenon.DidYouMean(p.connection, names)))
			}
		}
	}
}

func stepFolders(l *linting) {
	for _, s := range l.bundle.Steps {
		if info, err := fs.Stat(l.bundle.Files, s.Path); err != nil || !info.IsDir() {
			l.add(s.node.Get("path").Problem(l.rule, fmt.Sprintf("the step %q has no folder %q", s.Name, s.Path), ""))
		}
	}
}

func stepNames(l *linting) {
	seen := map[string]int{}
	for _, s := range l.bundle.Steps {
		if line, exists := seen[s.Name]; exists {
			l.add(s.node.Get("name").Problem(l.rule, fmt.Sprintf("the step in line %d is called %q as well", line, s.Name), ""))
			continue
		}
		seen[s.Name] = s.Line
	}
	movedTo := map[string]string{}
	for _, s := range l.bundle.Steps {
		for i, old := range s.Moved {
			if _, exists := seen[old]; exists {
				l.add(s.node.Get("moved", i).Problem(l.rule, fmt.Sprintf("the step %q is still there: %q cannot have moved from it", old, s.Name), ""))
			}
			if other, claimed := movedTo[old]; claimed && other != s.Name {
				l.add(s.node.Get("moved", i).Problem(l.rule, fmt.Sprintf("%q has moved from %q as well: what it made can go to one of them only", other, old), ""))
			}
			movedTo[old] = s.Name
		}
	}
}

func missingValues(l *linting) {
	for _, a := range l.bundle.Artifacts {
		if a.node.Get("value") == nil {
			l.add(l.bundle.node.Get("artifacts").KeyProblem(a.Name, l.rule, fmt.Sprintf("the artifact %q has no value", a.Name), "say what it is made of, such as value: '{host: .outputs.host}'"))
		}
	}
}

func incompleteValues(l *linting) {
	for _, a := range l.bundle.Artifacts {
		t := l.typeOf(a.Type)
		if t == nil || a.value == nil {
			continue
		}
		keys, known := a.value.Keys()
		if !known {
			continue
		}
		var missing []string
		for _, name := range t.Required() {
			if !slices.Contains(keys, name) {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			l.add(a.ValueProblem(l.rule, fmt.Sprintf("the value lacks %s, which %s requires", strings.Join(missing, ", "), t), ""))
		}
		for _, key := range keys {
			if t.Forbids(tenon.At(key)) {
				l.add(a.ValueProblem(l.rule, fmt.Sprintf("the value has %q, which %s does not allow", key, t), ""))
			}
		}
	}
}

// notActedOn names what an author may believe in and this version leaves alone.
func notActedOn(l *linting) {
	warn := func(key, what string) {
		if l.bundle.node.Get(key) != nil {
			l.warn(l.bundle.node.KeyProblem(key, l.rule, what, ""))
		}
	}
	warn("verify", "verify steps are not run by this version")
	warn("policies", "policies are not evaluated by this version")
	warn("deployer", "what the deployer needs is not checked by this version")
}
