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
	"github.com/tenon-sdk/tenon/internal/source"
)

// candidate is something that may fill a slot.
type candidate struct {
	ref    reference
	source Source
	at     *source.Node
	grants []string // asked for where it was chosen
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
			if _, err := r.estate.catalog.Lookup(c.Type); err != nil {
				r.unknownType(err, tenon.Problem{File: c.File, Line: c.Line, Column: c.Column, Path: tenon.At("connections", c.Name)})
				continue
			}
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

// place is a slot of a component.
type place struct{ component, slot string }

// links gives the link to each slot.
func (r *resolver) links() map[place]*candidate {
	linked := make(map[place]*candidate, len(r.project.links))
	for _, l := range r.project.links {
		unknown := false
		for _, name := range []string{l.from, l.to} {
			if _, ok := r.project.Components[name]; !ok {
				unknown = true
				r.add(l.node.Problem("unknown-component", fmt.Sprintf("the project has no component %q", name), nearest(r, name, r.project.Components)))
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
		key := place{l.to, l.slot}
		if before, exists := linked[key]; exists {
			r.add(l.node.Problem("double-link", fmt.Sprintf("%s.%s is linked in line %d as well", l.to, l.slot, before.at.Line), ""))
			continue
		}
		linked[key] = &candidate{
			ref: reference{project: r.project.Name, environment: r.file.Name, component: l.from, artifact: l.artifact}, source: FromLink, at: l.node, grants: l.grants,
		}
	}
	return linked
}

// choose picks what fills a slot: the instance's own choice, else a link, else the nearest
// default. Nothing for a slot that is not optional is a problem.
func (r *resolver) choose(i *Instance, c bundle.Connection, set instanceFile, setNode *source.Node, linked map[place]*candidate) *candidate {
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
	if link, ok := linked[place{i.component, c.Name}]; ok {
		if r.enabled(link.ref.component) {
			return link
		}
		if !c.Optional {
			r.add(link.at.Problem("disabled-component", fmt.Sprintf("%s is not enabled in %s, and %s needs it for %s", link.ref.component, r.env.address, i.component, c.Name), ""))
			i.missing = append(i.missing, c.Name)
			return nil
		}
	}
	chosen, said := r.byDefault(i, c)
	if chosen != nil || said || c.Optional {
		return chosen
	}
	r.add(r.missing(i, c, setNode))
	i.missing = append(i.missing, c.Name)
	return nil
}

// missing is the problem of a slot that nothing fills, with what could.
func (r *resolver) missing(i *Instance, c bundle.Connection, setNode *source.Node) tenon.Problem {
	could, more := r.makers(c.Type, i)
	hint := "nothing here makes one: add a component that does, a default, or an import"
	if len(could) > 0 {
		hint = fmt.Sprintf("link it: %s -> %s.%s", could[0], i.component, c.Name)
	}
	if len(could) > 1 {
		others := strings.Join(could[1:], ", ")
		if more > 0 {
			others += fmt.Sprintf(" and %d more", more)
		}
		hint += "; " + others + " would fit as well"
	}
	at := i.node
	if setNode != nil {
		at = setNode
	}
	return at.Problem("missing-connection", fmt.Sprintf("%s: nothing fills the connection %q, which wants %s", i.component, c.Name, c.Type), hint)
}

// maxNamed is how many of those that would fit are named.
const maxNamed = 4

// makers are the first artifacts of this environment that fit, as component.artifact,
// without those of the one that asks, and how many more there are.
func (r *resolver) makers(wants artifacts.Ref, asks *Instance) (named []string, more int) {
	all, ok := r.fitting[wants.String()]
	if !ok {
		for _, i := range r.env.byAddress {
			for name, t := range i.types {
				if r.estate.catalog.Fits(t, wants) {
					all = append(all, i.component+"."+name)
				}
			}
		}
		slices.Sort(all)
		r.fitting[wants.String()] = all
	}
	more = len(all)
	for _, t := range asks.types {
		if r.estate.catalog.Fits(t, wants) {
			more--
		}
	}
	for _, name := range all {
		if len(named) == maxNamed {
			break
		}
		if !strings.HasPrefix(name, asks.component+".") {
			named = append(named, name)
		}
	}
	return named, more - len(named)
}
