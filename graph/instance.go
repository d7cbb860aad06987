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

func (r *resolver) instance(name string) *Instance {
	declared, set := r.project.Components[name], r.file.Instances[name]
	node := r.project.node.Get("components", name)
	setNode := r.file.node.Get("instances", name)
	b := r.pick(r.project, declared.Bundle, node.Get("bundle"), set.Version, setNode.Get("version"))
	if b == nil {
		return nil
	}
	i := &Instance{address: r.env.address + "." + name, component: name, bundle: b, secrets: set.Secrets, slots: map[string]*Slot{}, types: map[string]*artifacts.Type{}, node: node, set: setNode}
	r.params(i, set, node, setNode)
	for _, a := range b.Artifacts {
		t, err := r.estate.catalog.Lookup(a.Type)
		if err != nil {
			r.unknownType(err, tenon.Problem{File: a.File, Line: a.Line, Column: a.Column, Path: tenon.At("artifacts", a.Name)})
			continue
		}
		i.types[a.Name] = t
		for _, name := range slices.Sorted(maps.Keys(a.OwnGrants)) {
			for _, p := range iam.CheckGrant(t, a.OwnGrants[name]) {
				if p.Severity == tenon.Error { // warnings are for the author of the bundle
					p.Path = tenon.At("artifacts", a.Name, "ownGrants", name).Join(p.Path)
					r.add(p)
				}
			}
		}
	}
	r.secrets(i, set, setNode)
	return i
}

// unknownType says at a place of a bundle what the catalog says of a reference.
func (r *resolver) unknownType(err error, at tenon.Problem) {
	p := tenon.ProblemsOf(err)[0]
	at.Rule, at.Message, at.Hint = p.Rule, p.Message, p.Hint
	r.add(at)
}

// pick is the bundle of a component: the highest version in range.
func (r *resolver) pick(p *project, ref string, at *source.Node, version string, versionAt *source.Node) *bundle.Bundle {
	name, rangeText, hasRange := strings.Cut(ref, "@")
	if version != "" {
		rangeText, hasRange, at = version, true, versionAt
	}
	accepts := func(*bundle.Bundle) bool { return true }
	if hasRange {
		constraint, err := artifacts.ParseRange(rangeText)
		if err != nil {
			r.add(at.Problem("bad-reference", err.Error(), ""))
			return nil
		}
		accepts = func(b *bundle.Bundle) bool { return constraint.Check(b.Semver()) }
	}
	var best *bundle.Bundle
	versions := p.byName[name] // ascending
	for _, b := range versions {
		if accepts(b) {
			best = b
		}
	}
	switch {
	case best != nil:
	case len(versions) > 0:
		there := make([]string, len(versions))
		for n, b := range versions {
			there[n] = b.Version
		}
		r.add(at.Problem("unknown-version", fmt.Sprintf("no version of the bundle %q is in the range %s", name, rangeText), "there is "+strings.Join(there, ", ")))
	default:
		r.add(at.Problem("unknown-bundle", fmt.Sprintf("there is no bundle %q", name), nearest(r, name, p.byName)))
	}
	return best
}

func (r *resolver) params(i *Instance, set instanceFile, node, setNode *source.Node) {
	var preset map[string]any
	if set.Preset != "" {
		found, ok := i.bundle.Preset(set.Preset)
		if !ok {
			var names []string
			for _, p := range i.bundle.Presets {
				names = append(names, p.Name)
			}
			hint := tenon.DidYouMean(set.Preset, names)
			if hint == "" && len(names) > 0 {
				hint = "there is " + strings.Join(names, ", ")
			}
			r.add(setNode.Get("preset").Problem("unknown-preset", fmt.Sprintf("%s has no preset %q", i.bundle, set.Preset), hint))
		}
		preset = found.Values
	}
	componentParams, _ := node.Get("params").Value().(map[string]any)
	instanceParams, _ := setNode.Get("params").Value().(map[string]any)
	merged, found := i.bundle.Params.Merge(preset, componentParams, instanceParams)
	i.params = merged
	for _, p := range found {
		r.add(locateParam(p, i, node, setNode))
	}
}

// locateParam puts a problem of merged params where the value was written: the instance,
// the component, or the component itself where nobody wrote it.
func locateParam(p tenon.Problem, i *Instance, node, setNode *source.Node) tenon.Problem {
	for _, layer := range []*source.Node{setNode.Get("params"), node.Get("params")} {
		if layer == nil {
			continue
		}
		if layer.Get(p.Path.Steps()...) != nil || p.Rule == "required" && p.Path.Len() > 1 && layer.Get(p.Path.Parent().Steps()...) != nil {
			p.Message = i.component + ": " + p.Message
			return layer.Locate(tenon.Problems{p})[0]
		}
	}
	path := tenon.At("components", i.component, "params").Join(p.Path)
	at := node.Problem(p.Rule, fmt.Sprintf("%s: param %s", i.component, p.Message), p.Hint)
	if p.Rule == "required" {
		at.Message = fmt.Sprintf("%s: the param %s is required by %s", i.component, p.Path, i.bundle)
	}
	at.Path = path
	return at
}

func (r *resolver) secrets(i *Instance, set instanceFile, setNode *source.Node) {
	var wanted []string
	if app := i.bundle.App; app != nil {
		for _, secret := range app.Secrets {
			wanted = append(wanted, secret.Name)
			if _, ok := set.Secrets[secret.Name]; !ok && secret.Required {
				at := i.node
				if setNode != nil {
					at = setNode
				}
				r.add(at.Problem("missing-secret", fmt.Sprintf("%s needs the secret %s", i.component, secret.Name), fmt.Sprintf("set it in the environment: secrets: {%s: {env: %s}}", secret.Name, secret.Name)))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set.Secrets)) {
		if !slices.Contains(wanted, name) {
			r.add(setNode.Get("secrets").KeyProblem(name, "unknown-secret", fmt.Sprintf("%s takes no secret %q", i.bundle, name), tenon.DidYouMean(name, wanted)))
		}
	}
}
