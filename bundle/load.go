package bundle

import (
	_ "embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/Masterminds/semver/v3"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

//go:embed bundle.schema.json
var fileSchema []byte

// FileSchema is the JSON Schema of bundle.yaml.
func FileSchema() []byte { return slices.Clone(fileSchema) }

var compiledFileSchema = sync.OnceValue(func() *schema.Schema {
	node, problems := source.Parse("bundle.schema.json", fileSchema)
	if err := problems.Err(); err != nil {
		panic(err) // embedded: a mistake of the program
	}
	compiled, problems := schema.Compile(node.Value(), nil)
	if err := problems.Err(); err != nil {
		panic(err)
	}
	return compiled
})

// FileName is the file that makes a folder a bundle.
const FileName = "bundle.yaml"

// Load reads the bundle in the folder dir of fsys ("." for fsys itself). The error is
// tenon.Problems with every mistake of form; what needs a catalog is Lint's.
func Load(fsys fs.FS, dir string) (*Bundle, error) {
	b, problems := load(fsys, dir)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return b, nil
}

func load(fsys fs.FS, dir string) (*Bundle, tenon.Problems) {
	files, err := fs.Sub(fsys, dir)
	if err != nil {
		return nil, tenon.Problems{{Rule: "unreadable-file", File: dir, Message: err.Error()}}
	}
	label := path.Join(dir, FileName)
	node, problems := source.Read(files, FileName, label)
	if node == nil {
		return nil, problems
	}
	b := &Bundle{Dir: dir, Files: files, node: node}
	l := &loader{bundle: b, node: node, problems: problems}
	l.native()
	return b, l.problems.Sorted()
}

// loader fills a bundle from a native file. Another dialect is another loader that fills
// the same bundle.
type loader struct {
	bundle   *Bundle
	node     *source.Node
	problems tenon.Problems
}

type bundleFile struct {
	Bundle      string                    `json:"bundle"`
	Version     string                    `json:"version"`
	Title       string                    `json:"title"`
	Description string                    `json:"description"`
	Presets     map[string]presetFile     `json:"presets"`
	Connections map[string]connectionFile `json:"connections"`
	Artifacts   map[string]artifactFile   `json:"artifacts"`
	Steps       []stepFile                `json:"steps"`
	App         *appFile                  `json:"app"`
}

type presetFile struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type connectionFile struct {
	Type     string   `json:"type"`
	Optional bool     `json:"optional"`
	Grants   []string `json:"grants"`
}

type artifactFile struct {
	Type   string   `json:"type"`
	Grants []string `json:"grants"`
}

type stepFile struct {
	Name          string   `json:"name"`
	Path          string   `json:"path"`
	Driver        string   `json:"driver"`
	KeepOnDestroy bool     `json:"keepOnDestroy"`
	Moved         []string `json:"moved"`
}

type appFile struct {
	Identity string                   `json:"identity"`
	Secrets  map[string]appSecretFile `json:"secrets"`
}

type appSecretFile struct {
	Description string `json:"description"`
	Required    bool   `json:"required"`
}

func (l *loader) native() {
	if found := compiledFileSchema().Validate(l.node.Value(), nil); found != nil {
		l.problems.Add(l.node.Locate(found)...)
		return
	}
	var file bundleFile
	if err := l.node.Decode(&file); err != nil {
		l.problems.Add(l.node.Problem("bad-file", err.Error(), ""))
		return
	}
	b := l.bundle
	b.Name, b.Version, b.Title, b.Description = file.Bundle, file.Version, file.Title, file.Description
	version, err := semver.StrictNewVersion(file.Version)
	if err != nil {
		l.problems.Add(l.node.Get("version").Problem("bad-version", fmt.Sprintf("%q is not a version such as 1.4.0", file.Version), ""))
		version = semver.MustParse("0.0.0")
	}
	b.semver = version
	l.params()
	l.presets(file.Presets)
	l.connections(file.Connections)
	l.artifacts(file.Artifacts)
	l.steps(file.Steps)
	l.app(file.App)
}

func (l *loader) params() {
	node := l.node.Get("params")
	var document any = map[string]any{"type": "object"}
	if node != nil {
		document = node.Value()
	}
	compiled, found := schema.Compile(document, nil)
	if found.HasErrors() {
		l.problems.Add(node.Locate(found)...)
		compiled, _ = schema.Compile(map[string]any{}, nil)
	}
	l.bundle.Params = newParams(compiled, node)
}

func (l *loader) presets(files map[string]presetFile) {
	presets := l.node.Get("presets")
	for _, name := range presets.Keys() {
		node := presets.Get(name)
		values, _ := node.Get("values").Value().(map[string]any)
		l.bundle.Presets = append(l.bundle.Presets, Preset{Name: name, Title: files[name].Title, Description: files[name].Description, Values: values, node: node})
	}
}

// ref parses a reference to a type at a node.
func (l *loader) ref(node *source.Node, text string) artifacts.Ref {
	ref, err := artifacts.ParseRef(text)
	if err != nil {
		l.problems.Add(node.Problem("bad-reference", err.Error(), ""))
	}
	return ref
}

func (l *loader) connections(files map[string]connectionFile) {
	all := l.node.Get("connections")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, node := files[name], all.Get(name)
		c := Connection{Name: name, Type: l.ref(node.Get("type"), file.Type), Optional: file.Optional, Grants: file.Grants, File: node.File, node: node}
		c.Line, c.Column = all.KeyPlace(name)
		if where := node.Get("where"); where != nil {
			compiled, found := schema.Compile(where.Value(), nil)
			l.problems.Add(where.Locate(found)...)
			c.where, c.Where = compiled, where.Value()
		}
		l.bundle.Connections = append(l.bundle.Connections, c)
	}
}

func (l *loader) artifacts(files map[string]artifactFile) {
	all := l.node.Get("artifacts")
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file, node := files[name], all.Get(name)
		a := Artifact{Name: name, Type: l.ref(node.Get("type"), file.Type), Grants: file.Grants, File: node.File, node: node}
		a.Line, a.Column = all.KeyPlace(name)
		a.value = l.expression(node.Get("value"))
		if own := node.Get("ownGrants"); own != nil {
			grants, found := artifacts.ParseGrants(own.Value(), nil)
			l.problems.Add(own.Locate(found)...)
			for grant := range grants {
				g := grants[grant]
				g.File = node.File
				g.Line, g.Column = own.KeyPlace(grant)
				grants[grant] = g
			}
			a.OwnGrants = grants
		}
		l.bundle.Artifacts = append(l.bundle.Artifacts, a)
	}
}

func (l *loader) steps(files []stepFile) {
	for i, file := range files {
		node := l.node.Get("steps", i)
		s := Step{Name: file.Name, Path: path.Clean(file.Path), KeepOnDestroy: file.KeepOnDestroy, Moved: file.Moved, File: node.File, Line: node.Line, Column: node.Column, node: node}
		s.Driver, s.DriverVersion, _ = strings.Cut(file.Driver, ":")
		if !fs.ValidPath(s.Path) {
			l.problems.Add(node.Get("path").Problem("bad-path", fmt.Sprintf("%q leads out of the bundle", file.Path), "name a folder of this bundle"))
		}
		s.Config, _ = node.Get("config").Value().(map[string]any)
		if inputs := node.Get("inputs"); inputs != nil {
			s.HasInputs = true
			for _, name := range inputs.Keys() {
				s.inputs = append(s.inputs, input{name: name, tree: l.tree(inputs.Get(name))})
			}
			slices.SortFunc(s.inputs, func(a, b input) int { return strings.Compare(a.name, b.name) })
		} else {
			s.implicit = implicitInputs(l.bundle)
		}
		s.providers = l.providers(node.Get("providers"))
		l.bundle.Steps = append(l.bundle.Steps, s)
	}
}

func (l *loader) providers(node *source.Node) (list []provider) {
	for _, name := range slices.Sorted(slices.Values(node.Keys())) {
		one := node.Get(name)
		p := provider{name: name, node: one, settings: &tree{node: one, keys: map[string]*tree{}}}
		p.connection, _ = one.Get("connection").Value().(string)
		for _, key := range one.Keys() {
			if key != "connection" {
				p.settings.keys[key] = l.tree(one.Get(key))
			}
		}
		list = append(list, p)
	}
	return list
}

func (l *loader) app(file *appFile) {
	if file == nil {
		return
	}
	node := l.node.Get("app")
	app := &App{Identity: file.Identity, node: node}
	for _, name := range slices.Sorted(maps.Keys(file.Secrets)) {
		app.Secrets = append(app.Secrets, AppSecret{Name: name, Description: file.Secrets[name].Description, Required: file.Secrets[name].Required})
	}
	if image := node.Get("image"); image != nil {
		app.image = l.tree(image)
	}
	env := node.Get("env")
	for _, name := range slices.Sorted(slices.Values(env.Keys())) {
		app.env = append(app.env, input{name: name, tree: l.tree(env.Get(name))})
	}
	l.bundle.App = app
}
