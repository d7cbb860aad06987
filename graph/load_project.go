package graph

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

func (l *loading) project(dir string) {
	p := &project{dir: dir, environments: map[string]*environment{}, imports: map[string]*importFile{}}
	node := l.file("project", path.Join(dir, "project.yaml"), p)
	p.node = node
	if node != nil {
		l.declare(p)
	}
	l.environments(p)
	l.imports(p)
}

// declare takes a project in, with its links.
func (l *loading) declare(p *project) {
	node := p.node
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
}

func (l *loading) environments(p *project) {
	for _, name := range l.documents(path.Join(p.dir, "environments")) {
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
}

func (l *loading) imports(p *project) {
	folders := []string{path.Join(p.dir, "imports")}
	if p.dir != "." {
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
	if stem := stem(name); imported.Name != stem {
		l.problems.Add(imported.node.Get("import").Problem("bad-name", fmt.Sprintf("the file is named %q, the import %q", stem, imported.Name), "use one name"))
	}
	if before, exists := p.imports[imported.Name]; exists {
		if path.Dir(before.node.File) == path.Dir(name) {
			l.problems.Add(imported.node.Get("import").Problem("duplicate-import", fmt.Sprintf("%s is the import %q as well", before.node.File, imported.Name), ""))
		}
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
