package artifacts

import (
	_ "embed"
	"fmt"
	"io/fs"
	"path"
	"reflect"
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

// provenFiles are sources that do not change, by the source, read.
var provenFiles sync.Map

type filesRead struct {
	names []string
	files map[string]*source.Node
	found tenon.Problems
}

// readProven is readFiles for a source that says it is proven: it is read once, where the
// source can be told from others. Nodes are not changed by who uses them.
func readProven(fsys fs.FS) (names []string, files map[string]*source.Node, found tenon.Problems) {
	if !reflect.ValueOf(fsys).Comparable() {
		return readFiles(fsys)
	}
	if known, ok := provenFiles.Load(fsys); ok {
		read := known.(filesRead)
		return read.names, read.files, slices.Clone(read.found)
	}
	names, files, found = readFiles(fsys)
	provenFiles.Store(fsys, filesRead{names, files, found})
	return names, files, found
}

// readFiles gives the files of a source by their paths in it, in their order.
func readFiles(fsys fs.FS) (names []string, files map[string]*source.Node, found tenon.Problems) {
	files = map[string]*source.Node{}
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
				names = append(names, name)
				files[name] = node
			}
		}
		return nil
	})
	problems.AddError("unreadable-file", err)
	return names, files, problems
}

// dialect is one way in which types are written down. A file belongs to the first that
// knows it.
type dialect struct {
	knows func(*source.Node) bool
	read  func(*source.Node, *assembly)
}

var dialects = []dialect{
	{func(n *source.Node) bool { return n.Get("artifact") != nil }, readNative},
	{isPublished, readPublished},
	{func(n *source.Node) bool { return n.Get("definitions") != nil }, readShared},
}

type typeFile struct {
	Artifact    string   `json:"artifact"`
	Version     string   `json:"version"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	IsA         []string `json:"isA"`
}

func readNative(node *source.Node, a *assembly) {
	proven := a.catalog.proven[node]
	if !proven {
		if found := fileSchemas()["type"].Validate(node.Value(), nil); found != nil {
			a.problems.Add(node.Locate(found)...)
			return
		}
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
	a.drafts = append(a.drafts, &draft{t: t, schema: node.Get("schema"), grants: node.Get("grants"), examples: node.Get("examples"), proven: proven})
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
		checkMarks(definitions.Get(name), a.problems)
	}
}
