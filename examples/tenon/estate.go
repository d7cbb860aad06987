package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
)

// estate is what DIR and ENV of a command lead to.
type estate struct {
	*graph.Estate
	root        string // folder of organization.yaml, else of project.yaml
	environment string // project/environment
}

// open loads the estate that DIR belongs to. DIR is the folder of an organization or of a
// project; ENV is a name, or project/name.
func (a *app) open(dir, env string) (*estate, error) {
	root, project, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	loaded, err := a.load(root)
	if err != nil {
		return nil, err
	}
	name := ""
	if project != "" {
		var listed bool
		if name, listed = loaded.ProjectAt(project); !listed { // of some other organization: by itself
			if root, loaded, err = a.loadAlone(dir); err != nil {
				return nil, err
			}
		}
	}
	address, err := findEnvironment(loaded, name, env)
	if err != nil {
		return nil, err
	}
	return &estate{Estate: loaded, root: root, environment: address}, nil
}

func (a *app) load(root string) (*graph.Estate, error) {
	types, err := a.catalogFolders()
	if err != nil {
		return nil, err
	}
	loaded, err := graph.Load(os.DirFS(root), &graph.LoadOptions{Types: types, NoStandard: a.noStandard})
	return loaded, relocateError(err, append([]string{root}, a.catalogs...)...)
}

func (a *app) loadAlone(dir string) (string, *graph.Estate, error) {
	loaded, err := a.load(dir)
	return dir, loaded, err
}

// findRoot gives the folder to load and, where DIR is a project below it, that project's
// folder as seen from there.
func findRoot(dir string) (root, project string, err error) {
	if _, err := os.Stat(dir); err != nil {
		return "", "", err
	}
	if isFile(filepath.Join(dir, "organization.yaml")) {
		return dir, "", nil
	}
	if !isFile(filepath.Join(dir, "project.yaml")) {
		return "", "", usage("%s: holds neither project.yaml nor organization.yaml", dir)
	}
	full := absolute(dir)
	for above := filepath.Dir(full); above != filepath.Dir(above); above = filepath.Dir(above) {
		if isFile(filepath.Join(above, "organization.yaml")) {
			project, err := filepath.Rel(above, full)
			return above, filepath.ToSlash(project), err
		}
	}
	return dir, "", nil
}

var projectName = regexp.MustCompile(`(?m)^project:\s*["']?([a-z][a-z0-9-]*)`)

// leftBehind is what DIR and ENV lead to by name alone; nil where that cannot be said.
func leftBehind(dir, env string) *estate {
	root, _, err := findRoot(dir)
	if err != nil {
		return nil
	}
	if strings.Contains(env, "/") {
		return &estate{root: root, environment: env}
	}
	text, err := os.ReadFile(filepath.Join(dir, "project.yaml"))
	name := projectName.FindSubmatch(text)
	if err != nil || name == nil {
		return nil
	}
	return &estate{root: root, environment: string(name[1]) + "/" + env}
}

// findEnvironment gives the address of ENV. In the folder of an organization a bare name
// is enough where only one project has it.
func findEnvironment(loaded *graph.Estate, project, env string) (string, error) {
	all := loaded.Environments()
	var fits []string
	for _, address := range all {
		if address == env || address == project+"/"+env || project == "" && strings.HasSuffix(address, "/"+env) {
			fits = append(fits, address)
		}
	}
	switch {
	case len(fits) == 1:
		return fits[0], nil
	case len(fits) > 1:
		return "", usage("environment %q is in several projects: say one of %s", env, strings.Join(fits, ", "))
	}
	hint := tenon.DidYouMean(env, append(names(all, project), all...))
	if hint == "" {
		hint = "there is none yet: write environments/" + env + ".yaml in the project"
	}
	if len(all) > 0 && !strings.HasPrefix(hint, "did") {
		hint = "there are " + strings.Join(all, ", ")
	}
	return "", tenon.Problem{Rule: "unknown-environment", Message: "unknown environment \"" + env + "\"", Hint: hint}
}

// names gives the bare names of the environments of a project, of all where it is empty.
func names(addresses []string, project string) []string {
	var bare []string
	for _, address := range addresses {
		owner, name, _ := strings.Cut(address, "/")
		if project == "" || owner == project {
			bare = append(bare, name)
		}
	}
	return bare
}

// place gives problems of the estate's files the names they have from the current folder.
func (e *estate) place(problems tenon.Problems) tenon.Problems {
	return relocate(problems, e.root)
}
