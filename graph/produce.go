package graph

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
)

// producer is what stands behind an address.
type producer struct {
	typ      *artifacts.Type
	exposed  map[string]artifacts.Grant
	instance *Instance // of this environment; else nil
	imported *Import
}

// produce finds what stands behind an address. With not-allowed comes the producer that
// the environment may not use.
func (r *resolver) produce(ref reference) (producer, *tenon.Problem) {
	before, ok := r.produced[ref]
	if !ok {
		before.producer, before.problem = r.look(ref)
		r.produced[ref] = before
	}
	return before.producer, before.problem
}

// produced is what produce found.
type produced struct {
	producer
	problem *tenon.Problem
}

func (r *resolver) look(ref reference) (producer, *tenon.Problem) {
	if ref.imported != "" {
		return r.imported(ref.imported)
	}
	if ref.project == r.project.Name && ref.environment == r.file.Name {
		i := r.env.byAddress[ref.instance()]
		if _, declared := r.project.Components[ref.component]; declared && !r.enabled(ref.component) {
			return producer{}, &tenon.Problem{Rule: "disabled-component", Message: fmt.Sprintf("%s is not enabled in %s", ref.component, r.env.address)}
		}
		if i == nil {
			return producer{}, &tenon.Problem{Rule: "unknown-component", Message: fmt.Sprintf("%s has no component %q", r.env.address, ref.component), Hint: nearest(r, ref.component, r.project.Components)}
		}
		return made(i.bundle, ref, i.types[ref.artifact], i)
	}
	other, ok := r.estate.projects[ref.project]
	if !ok {
		return producer{}, &tenon.Problem{Rule: "unknown-project", Message: fmt.Sprintf("%s: there is no project %q", ref, ref.project), Hint: tenon.DidYouMean(ref.project, r.estate.Projects())}
	}
	env, ok := other.environments[ref.environment]
	if !ok {
		return producer{}, &tenon.Problem{Rule: "unknown-environment", Message: fmt.Sprintf("%s: the project %q has no environment %q", ref, ref.project, ref.environment), Hint: nearest(r, ref.environment, other.environments)}
	}
	declared, ok := other.Components[ref.component]
	set := env.Instances[ref.component]
	if !ok || set.Enabled != nil && !*set.Enabled {
		return producer{}, &tenon.Problem{Rule: "unknown-component", Message: fmt.Sprintf("%s: %s/%s has no component %q", ref, ref.project, ref.environment, ref.component), Hint: nearest(r, ref.component, other.Components)}
	}
	quiet := &resolver{estate: r.estate}
	b := quiet.pick(other, declared.Bundle, other.node, set.Version, env.node)
	if b == nil {
		return producer{}, &tenon.Problem{Rule: "unknown-bundle", Message: fmt.Sprintf("%s: the bundle of that component is not there", ref)}
	}
	var t *artifacts.Type
	if a, ok := b.Artifact(ref.artifact); ok {
		t, _ = r.estate.catalog.Lookup(a.Type) // nil is said by made
	}
	p, problem := made(b, ref, t, nil)
	if problem == nil && !r.allowed(other) {
		problem = &tenon.Problem{Rule: "not-allowed", Message: fmt.Sprintf("%s: the project %q does not allow %s to use its artifacts", ref, ref.project, r.env.address), Hint: fmt.Sprintf("its project.yaml would say allow: [%s]", r.env.address)}
	}
	return p, problem
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
