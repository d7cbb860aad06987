package artifacts

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Published definitions carry a $md block: $md.name is the type's name. Load reads them
// where they are dereferenced, beside types of Tenon's own form; Published is for the
// folder of a repository of definitions, whose files refer to one another.

// Published opens a folder of published definitions from source, for Load. Its files refer
// to one another by relative paths and by addresses that begin with one of the prefixes,
// such as https://raw.githubusercontent.com/acme/definitions/main/definitions/: what follows
// is a path in the folder. Files without a $md block that describes a type are parts of
// others. An address that no prefix maps, or that maps to nothing, is a warning, and any
// value fits there. What stands beside a reference narrows what it stands for.
func Published(fsys fs.FS, prefixes ...string) fs.FS {
	return &publishedFS{FS: fsys, prefixes: slices.Clone(prefixes)}
}

type publishedFS struct {
	fs.FS
	prefixes []string
}

// Label is the name of a file in problems.
func (p *publishedFS) Label(name string) string {
	if labeled, ok := p.FS.(interface{ Label(string) string }); ok {
		return labeled.Label(name)
	}
	return name
}

// published are the files of a folder of definitions.
type published struct {
	from  *publishedFS
	files map[string]*source.Node
}

// find gives the file of a reference in a file at dir; ok is false where it maps to nothing.
func (p *published) find(reference, dir string) (file string, ok bool) {
	if !strings.Contains(reference, "://") {
		file = path.Join(dir, reference)
		return file, p.files[file] != nil
	}
	for _, prefix := range p.from.prefixes {
		if rest, found := strings.CutPrefix(reference, prefix); found {
			file = path.Clean(strings.TrimPrefix(rest, "/"))
			if p.files[file] != nil {
				return file, true
			}
		}
	}
	return "", false
}

// mdOf reads a key of the $md block, nested or dotted.
func mdOf(object map[string]any, key string) (any, bool) {
	if v, ok := object["$md."+key]; ok {
		return v, true
	}
	block, _ := object["$md"].(map[string]any)
	v, ok := block[key]
	return v, ok
}

// mdNode is the same with its place; nil where there is none.
func mdNode(node *source.Node, key string) *source.Node {
	if dotted := node.Get("$md." + key); dotted != nil {
		return dotted
	}
	return node.Get("$md", key)
}

// describesType are the keys of a $md block that a part of a schema does not have.
var describesType = []string{"name", "label", "icon", "ui", "export", "version"}

// isPublished says that a file is meant as a type: it may lack a name by mistake.
func isPublished(node *source.Node) bool {
	object, _ := node.Value().(map[string]any)
	if block, ok := object["$md"]; ok {
		if _, isBlock := block.(map[string]any); !isBlock {
			return true
		}
	}
	return slices.ContainsFunc(describesType, func(key string) bool { _, ok := mdOf(object, key); return ok })
}

func readPublished(node *source.Node, a *assembly) {
	block := node.Get("$md")
	if _, isBlock := block.Value().(map[string]any); block != nil && !isBlock {
		a.problems.Add(block.Problem("bad-definition", "$md must be an object, with the name of the type", ""))
		return
	}
	word := func(key string) string { text, _ := mdNode(node, key).Value().(string); return text }
	at := mdNode(node, "name")
	if at == nil {
		place := block
		if place == nil {
			place = node
		}
		a.problems.Add(place.Problem("bad-name", "a published definition has the name of its type as name in $md", ""))
		return
	}
	name := word("name")
	if !validName.MatchString(name) {
		a.problems.Add(at.Problem("bad-name", fmt.Sprintf("%q is not the name of a type: 2 to 100 of a-z, 0-9 and -", fmt.Sprint(at.Value())), ""))
		return
	}
	version, ok := a.publishedVersion(node)
	if !ok {
		return
	}
	title, _ := node.Get("title").Value().(string)
	if label := word("label"); label != "" {
		title = label
	}
	if title == "" {
		title = name
	}
	description, _ := node.Get("description").Value().(string)
	t := &Type{name: name, version: version, title: title, description: description, node: node, published: true}
	document, origins := a.rewritten(node)
	a.drafts = append(a.drafts, &draft{
		t: t, schema: node, examples: node.Get("examples"), published: true,
		document: document, origins: origins, exports: a.publishedExports(node),
	})
}

// publishedVersion is 0.0.0 where a definition says none.
func (a *assembly) publishedVersion(node *source.Node) (*semver.Version, bool) {
	at := mdNode(node, "version")
	if at == nil {
		at = node.Get("version")
	}
	if at == nil {
		return semver.New(0, 0, 0, "", ""), true
	}
	text, isText := at.Value().(string)
	version, err := semver.StrictNewVersion(text)
	if !isText || err != nil {
		a.problems.Add(at.Problem("bad-version", fmt.Sprintf("%q is not a version such as 1.2.0", fmt.Sprint(at.Value())), ""))
		return nil, false
	}
	return version, true
}

// nameNode is where a type says its name.
func (t *Type) nameNode() *source.Node {
	for _, at := range []*source.Node{t.node.Get("artifact"), mdNode(t.node, "name")} {
		if at != nil {
			return at
		}
	}
	return t.node
}

// checkParts looks for marks of secrets in the parts of the folders that are none; those
// of types are looked at where they are compiled.
func (a *assembly) checkParts() {
	for _, folder := range a.catalog.published {
		for _, node := range folder.files {
			if !isPublished(node) {
				checkMarks(node, a.problems)
			}
		}
	}
}

// locate gives problems of a schema their place: in the file of the part that they
// are about.
func (d *draft) locate(problems tenon.Problems) tenon.Problems {
	located := make(tenon.Problems, 0, len(problems))
	for _, p := range problems {
		node := d.schema
		steps, skip := p.Path.Steps(), 0
		for _, o := range d.origins { // the innermost part
			if n := o.at.Len(); n >= skip && o.at.Contains(p.Path) {
				node, skip = o.node, n
			}
		}
		p.Path = tenon.At(steps[skip:]...)
		located.Add(node.Locate(tenon.Problems{p})...)
	}
	return located
}
