package graph

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Options for Resolve.
type Options struct {
	// Artifacts that are known, by address: shop/dev.db.database. Their data are checked
	// against what takes them.
	Artifacts map[string]*artifacts.Artifact
}

// Resolve fills every slot of an environment (project/environment), checks every type,
// binds every grant, merges and checks params, and decides names, tags and order. With an
// error (tenon.Problems; a cycle opens as *CycleError) the environment comes as far as it
// could be resolved, to be shown; only one without an error may be deployed. It is nil
// where there is no such environment.
func Resolve(estate *Estate, address string, opts *Options) (*Environment, error) {
	if opts == nil {
		opts = &Options{}
	}
	projectName, name, _ := strings.Cut(address, "/")
	p, ok := estate.projects[projectName]
	if !ok {
		return nil, tenon.Problems{{Rule: "unknown-project", Message: fmt.Sprintf("there is no project %q", projectName), Hint: tenon.DidYouMean(projectName, estate.Projects())}}
	}
	file, ok := p.environments[name]
	if !ok {
		names := slices.Sorted(maps.Keys(p.environments))
		hint := tenon.DidYouMean(name, names)
		if hint == "" && len(names) > 0 {
			hint = "there is " + strings.Join(names, ", ")
		}
		return nil, tenon.Problems{{Rule: "unknown-environment", Message: fmt.Sprintf("the project %q has no environment %q", projectName, name), Hint: hint}}
	}
	r := &resolver{
		estate: estate, project: p, file: file, known: opts.Artifacts,
		env: &Environment{address: address, protected: file.Protected, catalog: estate.catalog, byAddress: map[string]*Instance{}},
	}
	r.parents()
	r.instances()
	r.checkDefaults()
	r.slots()
	r.moved()
	r.tags()
	r.order()
	r.env.problems = r.problems.Sorted()
	if r.cycle != nil {
		return r.env, &cycleProblems{r.env.problems, r.cycle}
	}
	return r.env, r.problems.Err()
}

// resolver makes one environment.
type resolver struct {
	estate   *Estate
	project  *project
	file     *environment
	scopes   []*environment // the environment and its parents, nearest first
	known    map[string]*artifacts.Artifact
	env      *Environment
	problems tenon.Problems
	cycle    *CycleError
	imports  map[string]*Import
}

func (r *resolver) add(p tenon.Problem) { r.problems.Add(p) }

// parents follows parent: for defaults; a loop is a problem.
func (r *resolver) parents() {
	seen := map[string]bool{}
	for env := r.file; env != nil; {
		if seen[env.Name] {
			r.add(env.node.Get("parent").Problem("parent-cycle", fmt.Sprintf("the environment %q is its own parent", env.Name), ""))
			return
		}
		seen[env.Name] = true
		r.scopes = append(r.scopes, env)
		if env.Parent == "" {
			return
		}
		parent, ok := r.project.environments[env.Parent]
		if !ok {
			r.add(env.node.Get("parent").Problem("unknown-environment", fmt.Sprintf("the project has no environment %q", env.Parent), tenon.DidYouMean(env.Parent, slices.Collect(maps.Keys(r.project.environments)))))
		}
		env = parent
	}
}

func (r *resolver) enabled(component string) bool {
	file, ok := r.file.Instances[component]
	return !ok || file.Enabled == nil || *file.Enabled
}

func (r *resolver) instances() {
	components := slices.Sorted(maps.Keys(r.project.Components))
	for _, name := range slices.Sorted(maps.Keys(r.file.Instances)) {
		if !slices.Contains(components, name) {
			r.add(r.file.node.Get("instances").KeyProblem(name, "unknown-component", fmt.Sprintf("the project has no component %q", name), tenon.DidYouMean(name, components)))
		}
	}
	for _, name := range components {
		if !r.enabled(name) {
			continue
		}
		i := r.instance(name)
		if i != nil {
			r.env.byAddress[i.address] = i
		}
	}
}

func (r *resolver) instance(name string) *Instance {
	declared, set := r.project.Components[name], r.file.Instances[name]
	node := r.project.node.Get("components", name)
	setNode := r.file.node.Get("instances", name)
	b := r.pick(r.project, declared.Bundle, node.Get("bundle"), set.Version, setNode.Get("version"))
	if b == nil {
		return nil
	}
	i := &Instance{address: r.env.address + "." + name, component: name, bundle: b, secrets: set.Secrets, slots: map[string]*Slot{}, types: map[string]*artifacts.Type{}, node: node}
	r.params(i, set, node, setNode)
	for _, a := range b.Artifacts {
		t, err := r.estate.catalog.Lookup(a.Type)
		if err != nil {
			p := tenon.ProblemsOf(err)[0]
			r.add(tenon.Problem{Rule: p.Rule, File: a.File, Line: a.Line, Column: a.Column, Path: tenon.At("artifacts", a.Name), Message: p.Message, Hint: p.Hint})
			continue
		}
		i.types[a.Name] = t
	}
	r.secrets(i, set, setNode)
	return i
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
	var names, versions []string
	for _, b := range p.bundles {
		names = append(names, b.Name)
		if b.Name == name {
			versions = append(versions, b.Version)
			if accepts(b) {
				best = b
			}
		}
	}
	switch {
	case best != nil:
	case len(versions) > 0:
		r.add(at.Problem("unknown-version", fmt.Sprintf("no version of the bundle %q is in the range %s", name, rangeText), "there is "+strings.Join(versions, ", ")))
	default:
		r.add(at.Problem("unknown-bundle", fmt.Sprintf("there is no bundle %q", name), tenon.DidYouMean(name, names)))
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

// moved turns earlier names of components into earlier addresses.
func (r *resolver) moved() {
	for _, i := range r.env.byAddress {
		for n, old := range r.project.Components[i.component].Moved {
			if _, exists := r.project.Components[old]; exists {
				r.add(i.node.Get("moved", n).Problem("bad-move", fmt.Sprintf("the component %q is still there: %q cannot have moved from it", old, i.component), ""))
				continue
			}
			i.moved = append(i.moved, r.env.address+"."+old)
		}
	}
}

// access puts together what the slots of an instance add up to.
func (r *resolver) access(i *Instance, bindings []iam.Binding) {
	i.access = iam.Access{Instance: i.address, Bindings: bindings, Boundary: r.estate.organization.Access.AWS.Boundary, Path: r.estate.organization.Access.AWS.Path}
	if app := i.bundle.App; app != nil {
		i.access.Identity = iam.Identity(app.Identity)
	}
	i.access = i.access.Sorted()
}

// allowed says whether another project lets this environment use its artifacts.
func (r *resolver) allowed(other *project) bool {
	if other == r.project {
		return true
	}
	return slices.ContainsFunc(other.Allow, func(pattern string) bool {
		ok, err := path.Match(pattern, r.env.address)
		return err == nil && ok
	})
}
