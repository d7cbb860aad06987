package artifacts

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
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

//go:embed type.schema.json
var typeSchema []byte

//go:embed shared.schema.json
var sharedSchema []byte

// FileSchema is the JSON Schema of a type file.
func FileSchema() []byte { return slices.Clone(typeSchema) }

var fileSchemas = sync.OnceValue(func() map[string]*schema.Schema {
	compiled := map[string]*schema.Schema{}
	for name, data := range map[string][]byte{"type": typeSchema, "shared": sharedSchema} {
		node, problems := source.Parse(name+".schema.json", data)
		if err := problems.Err(); err != nil {
			panic(err) // embedded: a mistake of the program
		}
		s, problems := schema.Compile(node.Value(), nil)
		if err := problems.Err(); err != nil {
			panic(err)
		}
		compiled[name] = s
	}
	return compiled
})

func readFiles(fsys fs.FS) ([]*source.Node, tenon.Problems) {
	var files []*source.Node
	var problems tenon.Problems
	err := fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			problems.AddError("unreadable-file", err)
			return nil
		case name != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case entry.IsDir():
			return nil
		}
		switch path.Ext(name) {
		case ".yaml", ".yml", ".json":
			label := name
			if labeled, ok := fsys.(interface{ Label(string) string }); ok {
				label = labeled.Label(name)
			}
			node, found := source.Read(fsys, name, label)
			problems.Add(found...)
			if node != nil {
				files = append(files, node)
			}
		}
		return nil
	})
	problems.AddError("unreadable-file", err)
	return files, problems
}

// dialect is one way in which types are written down. A file belongs to the first that
// knows it.
type dialect struct {
	knows func(*source.Node) bool
	read  func(*source.Node, *assembly)
}

var dialects = []dialect{
	{func(n *source.Node) bool { return n.Get("artifact") != nil }, readNative},
	{func(n *source.Node) bool { return n.Get("definitions") != nil }, readShared},
}

// assembly is a catalog while it is put together.
type assembly struct {
	catalog  *Catalog
	problems *tenon.Problems
	drafts   []*draft
}

// draft is a type whose references are not resolved yet.
type draft struct {
	t        *Type
	schema   *source.Node
	grants   *source.Node
	examples *source.Node
}

func assemble(files []*source.Node, problems *tenon.Problems) *Catalog {
	a := &assembly{
		catalog:  &Catalog{files: files, byName: map[string][]*Type{}, shared: map[string]*source.Node{}},
		problems: problems,
	}
	for _, node := range files {
		known := false
		for _, d := range dialects {
			if known = d.knows(node); known {
				d.read(node, a)
				break
			}
		}
		if !known {
			problems.Add(node.Problem("unknown-file", "is not an artifact type", "a type begins with artifact: NAME, shared definitions with definitions:"))
		}
	}
	for _, d := range a.drafts {
		a.register(d)
	}
	for _, versions := range a.catalog.byName {
		slices.SortFunc(versions, func(x, y *Type) int { return x.version.Compare(y.version) })
	}
	for _, d := range a.drafts {
		a.compile(d)
	}
	for _, d := range a.drafts {
		a.check(d)
	}
	for _, name := range slices.Sorted(maps.Keys(a.catalog.byName)) {
		a.catalog.types = append(a.catalog.types, a.catalog.byName[name]...)
	}
	return a.catalog
}

type typeFile struct {
	Artifact    string   `json:"artifact"`
	Version     string   `json:"version"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	IsA         []string `json:"isA"`
}

func readNative(node *source.Node, a *assembly) {
	if found := fileSchemas()["type"].Validate(node.Value(), nil); found != nil {
		a.problems.Add(node.Locate(found)...)
		return
	}
	var file typeFile
	if err := node.Decode(&file); err != nil {
		a.problems.Add(node.Problem("bad-file", err.Error(), ""))
		return
	}
	version, err := semver.StrictNewVersion(file.Version)
	if err != nil {
		a.problems.Add(node.Get("version").Problem("bad-version", fmt.Sprintf("%q is not a version such as 1.2.0", file.Version), ""))
		return
	}
	t := &Type{name: file.Artifact, version: version, title: file.Title, description: file.Description, node: node}
	for i, text := range file.IsA {
		ref, err := ParseRef(text)
		if err != nil {
			a.problems.Add(node.Get("isA", i).Problem("bad-reference", err.Error(), ""))
			continue
		}
		t.isA = append(t.isA, ref)
	}
	a.drafts = append(a.drafts, &draft{t: t, schema: node.Get("schema"), grants: node.Get("grants"), examples: node.Get("examples")})
}

func readShared(node *source.Node, a *assembly) {
	if found := fileSchemas()["shared"].Validate(node.Value(), nil); found != nil {
		a.problems.Add(node.Locate(found)...)
		return
	}
	definitions := node.Get("definitions")
	for _, name := range definitions.Keys() {
		if before, exists := a.catalog.shared[name]; exists {
			a.problems.Add(definitions.KeyProblem(name, "duplicate-definition", fmt.Sprintf("the definition types:%s stands in %s:%d as well", name, before.File, before.Line), ""))
			continue
		}
		a.catalog.shared[name] = definitions.Get(name)
	}
}

func (a *assembly) register(d *draft) {
	t := d.t
	if before := a.catalog.Version(t.name, t.Version()); before != nil {
		a.problems.Add(t.node.Get("artifact").Problem("duplicate-type", fmt.Sprintf("%s is declared in %s:%d as well", t, before.node.File, before.node.Get("artifact").Line), ""))
		return
	}
	a.catalog.byName[t.name] = append(a.catalog.byName[t.name], t)
}

func (a *assembly) compile(d *draft) {
	compiled, found := schema.Compile(d.schema.Value(), &schema.Options{Shared: func(ref string) (any, bool) {
		node, ok := a.catalog.shared[strings.TrimPrefix(ref, "types:")]
		if !ok || !strings.HasPrefix(ref, "types:") {
			return nil, false
		}
		return node.Value(), true
	}})
	a.problems.Add(d.schema.Locate(found)...)
	if compiled == nil {
		return
	}
	d.t.schema = compiled
	d.t.sensitive = compiled.Marked(func(s map[string]any) bool { return s["x-sensitive"] == true })
}

// check does what needs the whole catalog: supertypes, grants, examples.
func (a *assembly) check(d *draft) {
	t := d.t
	if t.schema == nil {
		return
	}
	for i, ref := range t.isA {
		if _, err := a.catalog.Lookup(ref); err != nil {
			a.locate(err, t.node.Get("isA", i))
		} else if a.leadsTo(ref, t, map[*Type]bool{}) {
			a.problems.Add(t.node.Get("isA", i).Problem("isa-cycle", fmt.Sprintf("%s would be a subtype of itself", t), ""))
		}
	}
	if d.grants != nil {
		grants, found := ParseGrants(d.grants.Value(), t.Declares)
		a.problems.Add(d.grants.Locate(found)...)
		for name, grant := range grants {
			grant.File = t.node.File
			grant.Line, grant.Column = d.grants.KeyPlace(name)
			grants[name] = grant
		}
		t.grants = grants
	}
	for _, example := range d.examples.Items() {
		t.examples = append(t.examples, example.Value())
		a.example(t, example)
	}
}

// example must be valid under the type, and under each type that it says it is.
func (a *assembly) example(t *Type, example *source.Node) {
	if found := t.schema.Validate(example.Value(), nil); found != nil {
		a.problems.Add(example.Locate(found)...)
		return
	}
	for _, ref := range t.isA {
		super, err := a.catalog.Lookup(ref)
		if err != nil || super.schema == nil {
			continue
		}
		for _, p := range super.schema.Validate(example.Value(), nil) {
			p.Rule = "isa-broken"
			p.Message = fmt.Sprintf("%s is not a %s: %s", t, super, p.Message)
			a.problems.Add(example.Locate(tenon.Problems{p})...)
		}
	}
}

func (a *assembly) leadsTo(ref Ref, target *Type, seen map[*Type]bool) bool {
	t, err := a.catalog.Lookup(ref)
	if err != nil || seen[t] {
		return false
	}
	seen[t] = true
	if t == target {
		return true
	}
	for _, super := range t.isA {
		if a.leadsTo(super, target, seen) {
			return true
		}
	}
	return false
}

func (a *assembly) locate(err error, node *source.Node) {
	for _, p := range tenon.ProblemsOf(err) {
		at := node.Problem(p.Rule, p.Message, p.Hint)
		a.problems.Add(at)
	}
}
