package graph

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

//go:embed schemas
var schemaFiles embed.FS

// FileSchema is the JSON Schema of a kind of file: project, environment, organization,
// import.
func FileSchema(kind string) ([]byte, bool) {
	data, err := schemaFiles.ReadFile("schemas/" + kind + ".schema.json")
	return data, err == nil
}

var fileSchemas = sync.OnceValue(func() map[string]*schema.Schema {
	compiled := map[string]*schema.Schema{}
	for _, kind := range []string{"organization", "project", "environment", "import"} {
		data, _ := FileSchema(kind)
		node, problems := source.Parse(kind+".schema.json", data)
		if err := problems.Err(); err != nil {
			panic(err) // embedded: a mistake of the program
		}
		s, problems := schema.Compile(node.Value(), nil)
		if err := problems.Err(); err != nil {
			panic(err)
		}
		compiled[kind] = s
	}
	return compiled
})

// Load reads the organization and its projects, or one project alone, from the root of
// fsys. The error is tenon.Problems with every mistake of every file; files in them are
// named by their path in fsys.
func Load(fsys fs.FS, opts *LoadOptions) (*Estate, error) {
	if opts == nil {
		opts = &LoadOptions{}
	}
	l := &loading{fsys: fsys, estate: &Estate{organization: &organization{}, projects: map[string]*project{}}, bundles: map[string]*bundle.Bundle{}}
	dirs := l.organization()
	for _, dir := range dirs {
		l.project(dir)
	}
	l.catalog(opts, dirs)
	for _, p := range l.estate.projects {
		l.bundlesOf(p)
	}
	if err := l.problems.Err(); err != nil {
		return nil, err
	}
	return l.estate, nil
}

type loading struct {
	fsys     fs.FS
	estate   *Estate
	bundles  map[string]*bundle.Bundle // by folder; nil where one did not load
	problems tenon.Problems
}

func (l *loading) exists(name string) bool {
	_, err := fs.Stat(l.fsys, name)
	return err == nil
}

// file reads a file of a kind into a value; nil where it cannot be used.
func (l *loading) file(kind, name string, into any) *source.Node {
	node, found := source.Read(l.fsys, name, name)
	l.problems.Add(found...)
	if node == nil {
		return nil
	}
	if found := fileSchemas()[kind].Validate(node.Value(), nil); found != nil {
		l.problems.Add(node.Locate(found)...)
		return nil
	}
	if err := node.Decode(into); err != nil {
		l.problems.Add(node.Problem("bad-file", err.Error(), ""))
		return nil
	}
	return node
}

// organization gives the folders of the projects.
func (l *loading) organization() []string {
	if !l.exists("organization.yaml") {
		if !l.exists("project.yaml") {
			l.problems.Add(tenon.Problem{Rule: "no-project", Message: "there is neither an organization.yaml nor a project.yaml"})
			return nil
		}
		return []string{"."}
	}
	org := l.estate.organization
	node := l.file("organization", "organization.yaml", org)
	if node == nil {
		return nil
	}
	org.node = node
	patterns := org.Projects
	if len(patterns) == 0 {
		patterns = []string{"projects/*"}
	}
	var dirs []string
	for i, pattern := range patterns {
		found, err := fs.Glob(l.fsys, path.Clean(pattern))
		if err != nil {
			l.problems.Add(node.Get("projects", i).Problem("bad-pattern", fmt.Sprintf("%q is not a pattern of folders", pattern), ""))
			continue
		}
		for _, dir := range found {
			if l.exists(path.Join(dir, "project.yaml")) {
				dirs = append(dirs, dir)
			}
		}
	}
	if len(dirs) == 0 {
		l.problems.Add(node.Problem("no-project", "no project was found", fmt.Sprintf("looked for project.yaml in %s", strings.Join(patterns, ", "))))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (l *loading) project(dir string) {
	p := &project{dir: dir, environments: map[string]*environment{}, imports: map[string]*importFile{}}
	node := l.file("project", path.Join(dir, "project.yaml"), p)
	if node == nil {
		return
	}
	p.node = node
	if before, exists := l.estate.projects[p.Name]; exists {
		l.problems.Add(node.Get("project").Problem("duplicate-project", fmt.Sprintf("%s is the project %q as well", before.node.File, p.Name), ""))
		return
	}
	l.estate.projects[p.Name] = p
	for i, text := range p.Links {
		parsed, err := parseLink(text)
		at := node.Get("links", i)
		if err != nil {
			l.problems.Add(at.Problem("bad-link", err.Error(), ""))
			continue
		}
		parsed.node = at
		p.links = append(p.links, parsed)
	}
	for _, name := range l.documents(path.Join(dir, "environments")) {
		env := &environment{}
		if env.node = l.file("environment", name, env); env.node == nil {
			continue
		}
		if stem := stem(name); env.Name != stem {
			l.problems.Add(env.node.Get("environment").Problem("bad-name", fmt.Sprintf("the file is named %q, the environment %q", stem, env.Name), "use one name"))
		}
		if before, exists := p.environments[env.Name]; exists {
			l.problems.Add(env.node.Get("environment").Problem("duplicate-environment", fmt.Sprintf("%s is the environment %q as well", before.node.File, env.Name), ""))
			continue
		}
		p.environments[env.Name] = env
	}
	folders := []string{path.Join(dir, "imports")}
	if dir != "." {
		folders = append(folders, "imports") // those of the organization
	}
	for _, folder := range folders {
		for _, name := range l.documents(folder) {
			l.importFile(p, name)
		}
	}
}

func (l *loading) importFile(p *project, name string) {
	imported := &importFile{}
	if imported.node = l.file("import", name, imported); imported.node == nil {
		return
	}
	if _, exists := p.imports[imported.Name]; exists {
		return // the project's own comes before the organization's
	}
	if imported.From != "" {
		from := path.Join(path.Dir(name), imported.From)
		node, found := source.Read(l.fsys, from, from)
		l.problems.Add(found...)
		object, ok := node.Value().(map[string]any)
		if node != nil && !ok {
			l.problems.Add(node.Problem("bad-file", "an artifact is an object", ""))
		}
		imported.Data = object
	}
	p.imports[imported.Name] = imported
}

// documents are the .yaml, .yml and .json files of a folder, sorted.
func (l *loading) documents(dir string) []string {
	entries, err := fs.ReadDir(l.fsys, dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		l.problems.Add(tenon.Problem{Rule: "unreadable-file", File: dir, Message: err.Error()})
	}
	var names []string
	for _, entry := range entries {
		switch path.Ext(entry.Name()) {
		case ".yaml", ".yml", ".json":
			if !entry.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
				names = append(names, path.Join(dir, entry.Name()))
			}
		}
	}
	return names
}

func stem(name string) string {
	base := path.Base(name)
	return strings.TrimSuffix(base, path.Ext(base))
}

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
