package graph

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
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
	if len(dirs) == 0 && node != nil {
		l.problems.Add(node.Problem("no-project", "no project was found", fmt.Sprintf("looked for project.yaml in %s", strings.Join(patterns, ", "))))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
