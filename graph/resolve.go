package graph

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
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
		env:     &Environment{address: address, protected: file.Protected, catalog: estate.catalog, byAddress: map[string]*Instance{}},
		imports: map[string]*Import{}, produced: map[reference]produced{}, fitting: map[string][]string{}, revealed: map[string]revealed{}, checked: map[check]tenon.Problems{},
	}
	r.parents()
	r.instances()
	r.readImports()
	r.readDefaults()
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
	imports  map[string]*Import  // that the environment lists; nil where one cannot be used
	defaults [][]standing        // of each scope, the nearest first
	fitting  map[string][]string // reference to a type → artifacts of this environment that fit
	revealed map[string]revealed // data of artifacts that others made, by address
	checked  map[check]tenon.Problems
	produced map[reference]produced
	narrowed map[narrowed]bool // nothing that is made can meet what is asked for
	compared int               // names, for hints
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
			r.add(env.node.Get("parent").Problem("unknown-environment", fmt.Sprintf("the project has no environment %q", env.Parent), nearest(r, env.Parent, r.project.environments)))
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
		if _, declared := r.project.Components[name]; !declared {
			r.add(r.file.node.Get("instances").KeyProblem(name, "unknown-component", fmt.Sprintf("the project has no component %q", name), nearest(r, name, r.project.Components)))
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

// moved turns earlier names of components into earlier addresses.
func (r *resolver) moved() {
	owner := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.project.Components)) {
		i := r.env.byAddress[r.env.address+"."+name]
		if i == nil {
			continue
		}
		for n, old := range r.project.Components[name].Moved {
			if before, taken := owner[old]; taken && before != name {
				r.add(i.node.Get("moved", n).Problem("bad-move", fmt.Sprintf("both %q and %q say that they were called %q", before, name, old), "it can be one of them"))
				continue
			}
			owner[old] = name
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
