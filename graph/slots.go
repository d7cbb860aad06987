package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

// candidate is something that may fill a slot.
type candidate struct {
	ref    reference
	source Source
	at     *source.Node
	grants []string // asked for where it was chosen
}

// producer is what stands behind an address.
type producer struct {
	typ      *artifacts.Type
	exposed  map[string]artifacts.Grant
	instance *Instance // of this environment; else nil
	imported *Import
}

// slots fills every connection of every instance.
func (r *resolver) slots() {
	linked := r.links()
	for _, address := range slices.Sorted(maps.Keys(r.env.byAddress)) {
		i := r.env.byAddress[address]
		set := r.file.Instances[i.component]
		setNode := r.file.node.Get("instances", i.component)
		var names []string
		var bindings []iam.Binding
		for _, c := range i.bundle.Connections {
			names = append(names, c.Name)
			slot := &Slot{Name: c.Name, Wants: c.Type, Optional: c.Optional}
			i.slots[c.Name] = slot
			chosen := r.choose(i, c, set, setNode, linked)
			if chosen == nil {
				continue
			}
			bindings = append(bindings, r.fill(i, c, slot, *chosen)...)
		}
		for _, name := range slices.Sorted(maps.Keys(set.Connections)) {
			if !slices.Contains(names, name) {
				r.add(setNode.Get("connections").KeyProblem(name, "unknown-connection", fmt.Sprintf("%s has no connection %q", i.bundle, name), tenon.DidYouMean(name, names)))
			}
		}
		r.access(i, bindings)
	}
}

// links gives the link to each slot: component.connection → candidate.
func (r *resolver) links() map[string]candidate {
	linked := map[string]candidate{}
	components := slices.Collect(maps.Keys(r.project.Components))
	for _, l := range r.project.links {
		unknown := false
		for _, name := range []string{l.from, l.to} {
			if _, ok := r.project.Components[name]; !ok {
				unknown = true
				r.add(l.node.Problem("unknown-component", fmt.Sprintf("the project has no component %q", name), tenon.DidYouMean(name, components)))
			}
		}
		if unknown {
			continue
		}
		to := r.env.byAddress[r.env.address+"."+l.to]
		if to == nil {
			continue // disabled, or its bundle did not load
		}
		if _, ok := to.bundle.Connection(l.slot); !ok {
			var names []string
			for _, c := range to.bundle.Connections {
				names = append(names, c.Name)
			}
			r.add(l.node.Problem("unknown-connection", fmt.Sprintf("%s has no connection %q", to.bundle, l.slot), tenon.DidYouMean(l.slot, names)))
			continue
		}
		key := l.to + "." + l.slot
		if before, exists := linked[key]; exists {
			r.add(l.node.Problem("double-link", fmt.Sprintf("%s is linked in line %d as well", key, before.at.Line), ""))
			continue
		}
		linked[key] = candidate{
			ref: reference{project: r.project.Name, environment: r.file.Name, component: l.from, artifact: l.artifact}, source: FromLink, at: l.node, grants: l.grants,
		}
	}
	return linked
}

// choose picks what fills a slot: the instance's own choice, else a link, else the nearest
// default. Nothing for a slot that is not optional is a problem.
func (r *resolver) choose(i *Instance, c bundle.Connection, set instanceFile, setNode *source.Node, linked map[string]candidate) *candidate {
	if own, ok := set.Connections[c.Name]; ok {
		at := setNode.Get("connections", c.Name)
		ref, err := parseReference(own.Ref)
		if err != nil {
			r.add(at.Problem("bad-address", err.Error(), ""))
			return nil
		}
		source := FromInstance
		if ref.imported != "" {
			source = FromImport
		}
		return &candidate{ref: ref, source: source, at: at, grants: own.Grants}
	}
	if link, ok := linked[i.component+"."+c.Name]; ok {
		if r.enabled(link.ref.component) {
			return &link
		}
		if !c.Optional {
			r.add(link.at.Problem("disabled-component", fmt.Sprintf("%s is not enabled in %s, and %s needs it for %s", link.ref.component, r.env.address, i.component, c.Name), ""))
			return nil
		}
	}
	chosen, ambiguous := r.byDefault(i, c)
	if chosen != nil || ambiguous || c.Optional {
		return chosen
	}
	r.add(r.missing(i, c, setNode))
	i.missing = append(i.missing, c.Name)
	return nil
}

// byDefault looks through the scopes, the nearest first. Two that fit in one scope are a
// problem that names both.
func (r *resolver) byDefault(i *Instance, c bundle.Connection) (chosen *candidate, ambiguous bool) {
	for _, scope := range r.defaultScopes() {
		var fitting []candidate
		for _, label := range slices.Sorted(maps.Keys(scope.defaults)) {
			d := scope.defaults[label]
			ref, err := parseReference(d.Ref)
			if err != nil {
				continue // said once, by checkDefaults
			}
			if ref.instance() == i.address {
				continue // nothing fills its own slot
			}
			p, problem := r.produce(ref)
			if problem != nil || !r.estate.catalog.Fits(p.typ, c.Type) || !r.meetsWhere(c, ref, p, d.Where) {
				continue
			}
			fitting = append(fitting, candidate{ref: ref, source: FromDefault, at: scope.node.Get(label)})
		}
		switch len(fitting) {
		case 0:
			continue
		case 1:
			return &fitting[0], false
		}
		named := make([]string, len(fitting))
		for n, f := range fitting {
			named[n] = fmt.Sprintf("%s (%s:%d)", f.ref, f.at.File, f.at.Line)
		}
		p := fitting[0].at.Problem("ambiguous-default", fmt.Sprintf("%s: the connection %q (%s) could be filled by %s", i.component, c.Name, c.Type, strings.Join(named, " and ")), "set the connection on the instance, or keep one default")
		r.add(p)
		return nil, true
	}
	return nil, false
}

type defaultScope struct {
	defaults map[string]defaultRef
	node     *source.Node
}

func (r *resolver) defaultScopes() []defaultScope {
	var scopes []defaultScope
	for _, env := range r.scopes {
		scopes = append(scopes, defaultScope{env.Defaults, env.node.Get("defaults")})
	}
	scopes = append(scopes, defaultScope{r.project.Defaults, r.project.node.Get("defaults")})
	org := r.estate.organization
	return append(scopes, defaultScope{org.Defaults, org.node.Get("defaults")})
}

// checkDefaults says what is wrong with defaults whether or not a slot takes them.
func (r *resolver) checkDefaults() {
	for _, scope := range r.defaultScopes() {
		for label, d := range scope.defaults {
			ref, err := parseReference(d.Ref)
			if err != nil {
				r.add(scope.node.Get(label).Problem("bad-address", err.Error(), ""))
				continue
			}
			if _, problem := r.produce(ref); problem != nil {
				r.add(scope.node.Get(label).Problem(problem.Rule, problem.Message, problem.Hint))
			}
		}
	}
}

// meetsWhere looks at the data that are known; what is not known yet is not held against
// a default.
func (r *resolver) meetsWhere(c bundle.Connection, ref reference, p producer, where any) bool {
	data, ok := r.data(ref, p)
	if !ok {
		return true
	}
	if len(c.CheckWhere(data, nil)) > 0 {
		return false
	}
	if where == nil {
		return true
	}
	compiled, problems := schema.Compile(where, nil)
	return !problems.HasErrors() && compiled.Valid(data)
}

// missing is the problem of a slot that nothing fills, with what could.
func (r *resolver) missing(i *Instance, c bundle.Connection, setNode *source.Node) tenon.Problem {
	var could []string
	for _, other := range r.env.byAddress {
		for name, t := range other.types {
			if other != i && r.estate.catalog.Fits(t, c.Type) {
				could = append(could, other.component+"."+name)
			}
		}
	}
	slices.Sort(could)
	hint := "nothing here makes one: add a component that does, a default, or an import"
	if len(could) > 0 {
		hint = fmt.Sprintf("link it: %s -> %s.%s", could[0], i.component, c.Name)
		if len(could) > 1 {
			hint += "; " + strings.Join(could[1:], ", ") + " would fit as well"
		}
	}
	at := i.node
	if setNode != nil {
		at = setNode
	}
	return at.Problem("missing-connection", fmt.Sprintf("%s: nothing fills the connection %q, which wants %s", i.component, c.Name, c.Type), hint)
}

// produce finds what stands behind an address.
func (r *resolver) produce(ref reference) (producer, *tenon.Problem) {
	if ref.imported != "" {
		return r.imported(ref.imported)
	}
	if ref.project == r.project.Name && ref.environment == r.file.Name {
		i := r.env.byAddress[ref.instance()]
		if i == nil {
			return producer{}, &tenon.Problem{Rule: "unknown-component", Message: fmt.Sprintf("%s has no component %q", r.env.address, ref.component), Hint: tenon.DidYouMean(ref.component, slices.Collect(maps.Keys(r.project.Components)))}
		}
		return made(i.bundle, ref, i.types[ref.artifact], i)
	}
	other, ok := r.estate.projects[ref.project]
	if !ok {
		return producer{}, &tenon.Problem{Rule: "unknown-project", Message: fmt.Sprintf("%s: there is no project %q", ref, ref.project), Hint: tenon.DidYouMean(ref.project, r.estate.Projects())}
	}
	env, ok := other.environments[ref.environment]
	if !ok {
		return producer{}, &tenon.Problem{Rule: "unknown-environment", Message: fmt.Sprintf("%s: the project %q has no environment %q", ref, ref.project, ref.environment), Hint: tenon.DidYouMean(ref.environment, slices.Collect(maps.Keys(other.environments)))}
	}
	if !r.allowed(other) {
		return producer{}, &tenon.Problem{Rule: "not-allowed", Message: fmt.Sprintf("%s: the project %q does not allow %s to use its artifacts", ref, ref.project, r.env.address), Hint: fmt.Sprintf("its project.yaml would say allow: [%s]", r.env.address)}
	}
	declared, ok := other.Components[ref.component]
	set := env.Instances[ref.component]
	if !ok || set.Enabled != nil && !*set.Enabled {
		return producer{}, &tenon.Problem{Rule: "unknown-component", Message: fmt.Sprintf("%s: %s/%s has no component %q", ref, ref.project, ref.environment, ref.component), Hint: tenon.DidYouMean(ref.component, slices.Collect(maps.Keys(other.Components)))}
	}
	quiet := &resolver{estate: r.estate}
	b := quiet.pick(other, declared.Bundle, other.node, set.Version, env.node)
	if b == nil {
		return producer{}, &tenon.Problem{Rule: "unknown-bundle", Message: fmt.Sprintf("%s: the bundle of that component is not there", ref)}
	}
	a, ok := b.Artifact(ref.artifact)
	if !ok {
		return made(b, ref, nil, nil)
	}
	t, err := r.estate.catalog.Lookup(a.Type)
	if err != nil {
		p := tenon.ProblemsOf(err)[0]
		return producer{}, &p
	}
	return made(b, ref, t, nil)
}

func made(b *bundle.Bundle, ref reference, t *artifacts.Type, i *Instance) (producer, *tenon.Problem) {
	a, ok := b.Artifact(ref.artifact)
	if !ok {
		var names []string
		for _, other := range b.Artifacts {
			names = append(names, other.Name)
		}
		hint := tenon.DidYouMean(ref.artifact, names)
		if hint == "" && len(names) > 0 {
			hint = "it makes " + strings.Join(names, ", ")
		}
		return producer{}, &tenon.Problem{Rule: "unknown-artifact", Message: fmt.Sprintf("%s (%s) makes no artifact %q", ref.component, b, ref.artifact), Hint: hint}
	}
	if t == nil {
		return producer{}, &tenon.Problem{Rule: "unknown-type", Message: fmt.Sprintf("%s: its type %s is not in the catalog", ref, a.Type)}
	}
	return producer{typ: t, exposed: a.Exposed(t), instance: i}, nil
}

// fill puts what was chosen into a slot, after every check.
func (r *resolver) fill(i *Instance, c bundle.Connection, slot *Slot, chosen candidate) []iam.Binding {
	p, problem := r.produce(chosen.ref)
	if problem != nil {
		if chosen.ref.instance() != "/." && r.brokenHere(chosen.ref) {
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

// brokenHere says that a component of this environment could not be made at all.
func (r *resolver) brokenHere(ref reference) bool {
	if ref.imported != "" || ref.project != r.project.Name || ref.environment != r.file.Name {
		return false
	}
	_, declared := r.project.Components[ref.component]
	return declared && r.env.byAddress[ref.instance()] == nil
}

// fits checks the type by name, and by the data that are known. Containment of the
// schemas belongs here, between the two.
func (r *resolver) fits(i *Instance, c bundle.Connection, chosen candidate, p producer) bool {
	if !r.estate.catalog.Fits(p.typ, c.Type) {
		r.add(chosen.at.Problem("wrong-type", fmt.Sprintf("%s: the connection %q wants %s, %s is %s", i.component, c.Name, c.Type, chosen.ref, p.typ), ""))
		return false
	}
	data, ok := r.data(chosen.ref, p)
	if !ok {
		return true
	}
	wanted, err := r.estate.catalog.Lookup(c.Type)
	if err != nil {
		return true // the bundle's own problem
	}
	sensitive := func(path tenon.Path) bool { return within(p.typ.SensitiveIn(data), path) }
	if p.imported == nil {
		for _, q := range problemsOf(wanted.Validate(data)) {
			r.add(chosen.at.Problem("wrong-data", fmt.Sprintf("%s: %s does not fit the connection %q: %s: /%s: %s", i.component, chosen.ref, c.Name, wanted, strings.TrimPrefix(q.Path.Pointer(), "/"), q.Message), q.Hint))
		}
	}
	for _, q := range c.CheckWhere(data, sensitive) {
		r.add(chosen.at.Problem("wrong-data", fmt.Sprintf("%s: %s does not meet what the connection %q asks for: %s: %s", i.component, chosen.ref, c.Name, q.Path, q.Message), q.Hint))
	}
	return true
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
