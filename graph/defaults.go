package graph

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

// standing is a default that can be used, looked at once for all slots.
type standing struct {
	candidate
	producer
	data    any  // where it is known
	known   bool // data is
	refused *tenon.Problem
}

// readDefaults looks at the defaults of every scope: the environment, its parents, the
// project, the organization. What is wrong with one is said whether or not a slot takes
// it. But a default that others than this environment share may be closed to it: that is
// said only where a slot would take it.
func (r *resolver) readDefaults() {
	for n, env := range r.scopes {
		r.readScope(env.Defaults, env.node.Get("defaults"), n > 0)
	}
	r.readScope(r.project.Defaults, r.project.node.Get("defaults"), true)
	org := r.estate.organization
	r.readScope(org.Defaults, org.node.Get("defaults"), true)
}

func (r *resolver) readScope(defaults map[string]defaultRef, node *source.Node, shared bool) {
	var scope []standing
	for _, label := range slices.Sorted(maps.Keys(defaults)) {
		at := node.Get(label)
		ref, err := parseReference(defaults[label].Ref)
		if err != nil {
			r.add(at.Problem("bad-address", err.Error(), ""))
			continue
		}
		p, problem := r.produce(ref)
		if problem != nil {
			found := at.Problem(problem.Rule, problem.Message, problem.Hint)
			closed := problem.Rule == "not-allowed" || problem.Rule == "not-imported"
			if !r.brokenHere(ref) && !(shared && closed) {
				r.add(found)
			}
			if p.typ == nil {
				continue
			}
			scope = append(scope, standing{candidate: candidate{ref: ref, source: FromDefault, at: at}, producer: p, refused: &found})
			continue
		}
		s := standing{candidate: candidate{ref: ref, source: FromDefault, at: at}, producer: p}
		s.data, s.known = r.data(ref, p)
		if r.meets(s, defaults[label].Where, at) {
			scope = append(scope, s)
		}
	}
	r.defaults = append(r.defaults, scope)
}

// meets says whether a default keeps its own where. Data that are not known yet are not
// held against it.
func (r *resolver) meets(s standing, where any, at *source.Node) bool {
	if where == nil {
		return true
	}
	compiled, problems := schema.Compile(where, nil)
	if problems.HasErrors() {
		r.problems.Add(at.Get("where").Locate(problems)...)
		return false
	}
	return !s.known || compiled.Valid(s.data)
}

// byDefault looks through the scopes, the nearest first. Two that fit in one scope are a
// problem that names both.
func (r *resolver) byDefault(i *Instance, c bundle.Connection) (chosen *candidate, said bool) {
	for _, scope := range r.defaults {
		var fitting []standing
		for _, s := range scope {
			if s.instance == i || !r.estate.catalog.Fits(s.typ, c.Type) || s.known && len(c.CheckWhere(s.data, nil)) > 0 {
				continue
			}
			fitting = append(fitting, s)
		}
		switch {
		case len(fitting) == 0:
			continue
		case len(fitting) > 1:
			r.add(ambiguous(i, c, fitting))
			return nil, true
		case fitting[0].refused != nil:
			r.add(*fitting[0].refused)
			return nil, true
		}
		return &fitting[0].candidate, false
	}
	return nil, false
}

func ambiguous(i *Instance, c bundle.Connection, fitting []standing) tenon.Problem {
	named := make([]string, len(fitting))
	for n, f := range fitting {
		named[n] = fmt.Sprintf("%s (%s:%d)", f.ref, f.at.File, f.at.Line)
	}
	return fitting[0].at.Problem("ambiguous-default", fmt.Sprintf("%s: the connection %q (%s) could be filled by %s", i.component, c.Name, c.Type, strings.Join(named, " and ")), "set the connection on the instance, or keep one default")
}
