package graph

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/source"
)

// labeled is a folder of types whose files are called by their path in the whole.
type labeled struct {
	fs.FS
	dir string
}

// Label is how problems call a file of the folder.
func (l labeled) Label(name string) string { return path.Join(l.dir, name) }

func (l *loading) catalog(opts *LoadOptions, dirs []string) {
	var sources []fs.FS
	if !opts.NoStandard {
		sources = append(sources, standard.FS())
	}
	sources = append(sources, opts.Types...)
	folders := map[string]*source.Node{}
	add := func(dir string, names []string, node *source.Node) {
		if len(names) == 0 {
			names = []string{"types"}
			node = nil
		}
		for i, name := range names {
			if node == nil && !l.exists(path.Join(dir, name)) {
				continue
			}
			folders[path.Join(dir, name)] = node.Get("types", i)
		}
	}
	add(".", l.estate.organization.Types, l.estate.organization.node)
	for _, dir := range dirs {
		for _, p := range l.estate.projects {
			if p.dir == dir {
				add(dir, p.Types, p.node)
			}
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		sub, err := fs.Sub(l.fsys, dir)
		if err != nil || !l.exists(dir) {
			l.problems.Add(folders[dir].Problem("no-folder", fmt.Sprintf("there is no folder %s", dir), ""))
			continue
		}
		sources = append(sources, labeled{sub, dir})
	}
	catalog, err := artifacts.Load(sources...)
	l.problems.AddError("bad-type", err)
	if catalog != nil {
		for _, p := range iam.CheckNew(catalog) {
			if p.Severity == tenon.Error { // warnings are for the author of a type
				l.problems.Add(p)
			}
		}
	}
	l.estate.catalog = catalog
}

func (l *loading) bundlesOf(p *project) {
	type place struct {
		dir  string
		node *source.Node
	}
	var places []place
	add := func(dir string, names []string, node *source.Node) {
		if len(names) == 0 && l.exists(path.Join(dir, "bundles")) {
			places = append(places, place{path.Join(dir, "bundles"), nil})
		}
		for i, name := range names {
			at := node.Get("bundles", i)
			if strings.Contains(name, "://") {
				l.problems.Add(at.Problem("unsupported-source", fmt.Sprintf("bundles cannot be read from %s by this version", name), "name a folder"))
				continue
			}
			where := path.Join(dir, name)
			if !fs.ValidPath(where) || !l.exists(where) {
				l.problems.Add(at.Problem("no-folder", fmt.Sprintf("there is no folder %s", where), ""))
				continue
			}
			places = append(places, place{where, at})
		}
	}
	add(p.dir, p.Bundles, p.node)
	if p.dir != "." {
		add(".", l.estate.organization.Bundles, l.estate.organization.node)
	}
	for _, where := range places {
		l.bundlesIn(p, where.dir)
	}
	slices.SortFunc(p.bundles, func(a, b *bundle.Bundle) int {
		if c := strings.Compare(a.Name, b.Name); c != 0 {
			return c
		}
		return a.Semver().Compare(b.Semver())
	})
	p.byName = map[string][]*bundle.Bundle{}
	for _, b := range p.bundles {
		p.byName[b.Name] = append(p.byName[b.Name], b)
	}
	for i := 1; i < len(p.bundles); i++ {
		a, b := p.bundles[i-1], p.bundles[i]
		if a.Name == b.Name && a.Version == b.Version {
			l.problems.Add(tenon.Problem{Rule: "duplicate-bundle", File: path.Join(b.Dir, bundle.FileName), Message: fmt.Sprintf("%s is in %s as well", b, a.Dir)})
		}
	}
}

// bundlesIn loads the bundle in a folder, or those in the folders below it.
func (l *loading) bundlesIn(p *project, dir string) {
	dirs := []string{dir}
	if !l.exists(path.Join(dir, bundle.FileName)) {
		entries, err := fs.ReadDir(l.fsys, dir)
		l.problems.AddError("unreadable-file", err)
		dirs = nil
		for _, entry := range entries {
			if entry.IsDir() && l.exists(path.Join(dir, entry.Name(), bundle.FileName)) {
				dirs = append(dirs, path.Join(dir, entry.Name()))
			}
		}
	}
	for _, dir := range dirs {
		b, known := l.bundles[dir]
		if !known {
			var err error
			b, err = bundle.Load(l.fsys, dir)
			l.problems.AddError("bad-bundle", err)
			l.bundles[dir] = b
		}
		if b != nil && !slices.Contains(p.bundles, b) {
			p.bundles = append(p.bundles, b)
		}
	}
}
