package graph

import (
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam"
)

// fill puts what was chosen into a slot, after every check.
func (r *resolver) fill(i *Instance, c bundle.Connection, slot *Slot, chosen candidate) []iam.Binding {
	p, problem := r.produce(chosen.ref)
	if problem != nil {
		if r.brokenHere(chosen.ref) {
			return nil // its own problem is said already
		}
		r.add(chosen.at.Problem(problem.Rule, problem.Message, problem.Hint))
		return nil
	}
	if p.instance == i {
		r.add(chosen.at.Problem("self-connection", fmt.Sprintf("%s would fill its own connection %q", i.component, c.Name), ""))
		return nil
	}
	if !r.fits(i, c, chosen, p) {
		return nil
	}
	slot.Source, slot.From, slot.Type, slot.Local = chosen.source, chosen.ref.String(), p.typ, p.instance != nil
	slot.File, slot.Line, slot.Column = chosen.at.File, chosen.at.Line, chosen.at.Column
	if p.instance != nil {
		i.producers = append(i.producers, p.instance.address)
	}
	if p.imported != nil && !slices.Contains(r.env.imports, p.imported) {
		r.env.imports = append(r.env.imports, p.imported)
	}
	own, problems := iam.Bind(c.Name, slot.From, p.typ.String(), p.exposed, c.Grants)
	for n := range own {
		own[n].File, own[n].Line, own[n].Column = c.File, c.Line, c.Column
	}
	for _, q := range problems {
		r.add(tenon.Problem{Rule: q.Rule, File: c.File, Line: c.Line, Column: c.Column, Path: q.Path, Message: q.Message, Hint: q.Hint})
	}
	added := slices.DeleteFunc(slices.Clone(chosen.grants), func(name string) bool { return slices.Contains(c.Grants, name) })
	more, problems := iam.Bind(c.Name, slot.From, p.typ.String(), p.exposed, added)
	for n := range more {
		more[n].File, more[n].Line, more[n].Column = slot.File, slot.Line, slot.Column
	}
	for _, q := range problems {
		r.add(chosen.at.Problem(q.Rule, q.Message, q.Hint))
	}
	bindings := slices.Concat(own, more)
	for _, b := range bindings {
		slot.Grants = append(slot.Grants, b.Grant.Name)
	}
	slices.Sort(slot.Grants)
	return bindings
}

// brokenHere says that what is meant is of this environment and could not be made, which
// has been said: an import, a component, or an artifact without a type.
func (r *resolver) brokenHere(ref reference) bool {
	if made, listed := r.imports[ref.imported]; listed {
		return made == nil
	}
	if ref.imported != "" || ref.project != r.project.Name || ref.environment != r.file.Name {
		return false
	}
	if i := r.env.byAddress[ref.instance()]; i != nil {
		_, declared := i.bundle.Artifact(ref.artifact)
		return declared && i.types[ref.artifact] == nil
	}
	_, declared := r.project.Components[ref.component]
	return declared && r.enabled(ref.component)
}

// fits checks the type by name, then by containment of the schemas, then by the data that
// are known.
func (r *resolver) fits(i *Instance, c bundle.Connection, chosen candidate, p producer) bool {
	if !r.estate.catalog.Fits(p.typ, c.Type) {
		r.add(chosen.at.Problem("wrong-type", fmt.Sprintf("%s: the connection %q wants %s, %s is %s", i.component, c.Name, c.Type, chosen.ref, p.typ), ""))
		return false
	}
	wanted, err := r.estate.catalog.Lookup(c.Type)
	if err != nil {
		return true // the bundle's own problem
	}
	data, ok := r.data(chosen.ref, p)
	if !ok {
		r.contained(i, c, chosen, p.typ, wanted)
		return true
	}
	for _, q := range r.violations(check{chosen.ref.String(), wanted}, p, data) {
		r.add(chosen.at.Problem("wrong-data", fmt.Sprintf("%s: %s does not fit the connection %q: %s: %s", i.component, chosen.ref, c.Name, wanted, q.String()), ""))
	}
	for _, q := range c.CheckWhere(data, func(path tenon.Path) bool { return within(p.typ.SensitiveIn(data), path) }) {
		r.add(chosen.at.Problem("wrong-data", fmt.Sprintf("%s: %s does not meet what the connection %q asks for: %s", i.component, chosen.ref, c.Name, q.String()), ""))
	}
	return true
}

// check is a document held against a type.
type check struct {
	address string
	wanted  *artifacts.Type
}

// violations are what in a known document is not of the type that is wanted, looked at
// once for all that take it. What its own type calls sensitive is not shown, even where
// the wanted type does not know of it. An import was held against its own file before.
func (r *resolver) violations(c check, p producer, data any) tenon.Problems {
	found, ok := r.checked[c]
	if !ok && p.imported == nil {
		secret := p.typ.SensitiveIn(data)
		for _, q := range problemsOf(c.wanted.Validate(data)) {
			if within(secret, q.Path) {
				q.Message, q.Hint = "is not what the type asks for", ""
			}
			found.Add(tenon.Problem{Path: q.Path, Message: q.Message, Hint: q.Hint})
		}
		r.checked[c] = found
	}
	return found
}

func problemsOf(err error) tenon.Problems {
	if err == nil {
		return nil
	}
	return tenon.ProblemsOf(err)
}

func within(paths []tenon.Path, path tenon.Path) bool {
	return slices.ContainsFunc(paths, func(p tenon.Path) bool { return p.Contains(path) })
}
