package artifacts

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Published definitions carry a $md block: $md.name is the type's name. Load reads them
// where they are dereferenced, beside types of Tenon's own form; Published is for the
// folder of a repository of definitions, whose files refer to one another.

// Published opens a folder of published definitions from source, for Load. Its files refer
// to one another by relative paths and by addresses that begin with one of the prefixes,
// such as https://raw.githubusercontent.com/acme/definitions/main/definitions/: what follows
// is a path in the folder. Files without a $md.name are parts of others. An address that no
// prefix maps, or that maps to nothing, is a warning, and any value fits there.
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
	id    int // tells folders apart
	from  *publishedFS
	files map[string]*source.Node
}

// parts finds the file of a reference in the file at dir; ok is false where it maps to
// nothing.
func (p *published) find(reference, dir string) (file string, ok bool) {
	if strings.Contains(reference, "://") {
		for _, prefix := range p.from.prefixes {
			if rest, found := strings.CutPrefix(reference, prefix); found {
				file := path.Clean(strings.TrimPrefix(rest, "/"))
				return file, p.files[file] != nil
			}
		}
		return "", false
	}
	file = path.Join(dir, reference)
	return file, p.files[file] != nil
}

// address is how a part of a folder is called within the catalog.
func (p *published) address(file string) string { return fmt.Sprintf("published:%d/%s", p.id, file) }

// mdOf reads a key of the $md block, nested or dotted.
func mdOf(object map[string]any, key string) (any, bool) {
	if v, ok := object["$md."+key]; ok {
		return v, true
	}
	block, _ := object["$md"].(map[string]any)
	v, ok := block[key]
	return v, ok
}

func isPublished(node *source.Node) bool {
	object, _ := node.Value().(map[string]any)
	_, named := mdOf(object, "name")
	return named
}

func readPublished(node *source.Node, a *assembly) {
	object, _ := node.Value().(map[string]any)
	text := func(key string) string { v, _ := mdOf(object, key); s, _ := v.(string); return s }
	at := node.Get("$md")
	if at == nil {
		at = node
	}
	name := text("name")
	if !validName.MatchString(name) {
		a.problems.Add(at.Problem("bad-name", fmt.Sprintf("%q is not the name of a type: 2 to 100 of a-z, 0-9 and -", name), ""))
		return
	}
	number := text("version")
	if v, ok := object["version"].(string); ok && number == "" {
		number = v
	}
	if number == "" {
		number = "0.0.0"
	}
	version, err := semver.StrictNewVersion(number)
	if err != nil {
		a.problems.Add(at.Problem("bad-version", fmt.Sprintf("%q is not a version such as 1.2.0", number), ""))
		return
	}
	title, _ := object["title"].(string)
	if label := text("label"); label != "" {
		title = label
	}
	if title == "" {
		title = name
	}
	description, _ := object["description"].(string)
	t := &Type{name: name, version: version, title: title, description: description, node: node, published: true}
	a.drafts = append(a.drafts, &draft{t: t, schema: node, examples: node.Get("examples"), document: a.rewritten(node), published: true, exports: a.publishedExports(object, at)})
}

// rewritten is the schema of a published file as the catalog compiles it: references to
// other files absolute, what stands beside them narrowing, and no $md block at its top.
func (a *assembly) rewritten(node *source.Node) any {
	folder, file := a.folderOf(node)
	object, _ := node.Value().(map[string]any)
	plain := make(map[string]any, len(object))
	for key, v := range object {
		if key != "$md" && !(strings.HasPrefix(key, "$md.") && key != "$md.sensitive") && key != "version" {
			plain[key] = v
		}
	}
	r := &rewriting{folder: folder, file: file, node: node, problems: a.problems, left: new(int)}
	*r.left = maxInlined
	return r.schema(plain, tenon.Path{})
}

// maxInlined is how many values the parts that stand in a schema may have in all; what is
// more, and what recurs, stays a reference.
const maxInlined = 100_000

// folderOf gives the folder of definitions that a file was read from, and its path in it.
func (a *assembly) folderOf(node *source.Node) (*published, string) {
	for _, folder := range a.catalog.published {
		for file, other := range folder.files {
			if other == node {
				return folder, file
			}
		}
	}
	return nil, ""
}

type rewriting struct {
	folder   *published
	file     string
	node     *source.Node
	problems *tenon.Problems
	left     *int
	within   []string // files that this one stands in
}

// annotations say something about a value and assert nothing.
var annotations = []string{"title", "description", "examples", "default", "$comment", "message", "deprecated", "readOnly", "writeOnly"}

// plainKeywords mean the same whatever stands beside them.
var plainKeywords = []string{
	"required", "type", "enum", "const", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
}

func (r *rewriting) schema(v any, at tenon.Path) any {
	*r.left--
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = r.schema(item, at.Append(i))
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			if key == "enum" || key == "const" || key == "default" || key == "examples" || key == "required" {
				object[key] = element
				continue
			}
			object[key] = r.schema(element, at.Append(key))
		}
		text, ok := v["$ref"].(string)
		if !ok {
			return object
		}
		delete(object, "$ref")
		return beside(r.reference(text, at), object)
	}
	return v
}

// beside puts keywords next to what a reference stands for: draft-07 would ignore them, and
// here they narrow. What is said in both places is said by the nearer one.
func beside(target, keywords map[string]any) map[string]any {
	if len(keywords) == 0 {
		return target
	}
	_, apart := target["$ref"]
	for key := range keywords {
		says := slices.Contains(annotations, key) || strings.HasPrefix(key, "$md.") || strings.HasPrefix(key, "ui:") || key == "$md"
		there, both := target[key]
		if !says && (both && !value.Equal(there, keywords[key]) || !slices.Contains(plainKeywords, key)) {
			apart = true
		}
	}
	if apart {
		return map[string]any{"allOf": []any{target, keywords}}
	}
	together := make(map[string]any, len(target)+len(keywords))
	maps.Copy(together, target)
	maps.Copy(together, keywords)
	return together
}

func (r *rewriting) reference(text string, at tenon.Path) map[string]any {
	name, fragment, _ := strings.Cut(text, "#")
	switch {
	case name == "":
		return map[string]any{"$ref": text}
	case strings.HasPrefix(name, "types:"):
		return map[string]any{"$ref": text}
	case r.folder != nil:
		if file, ok := r.folder.find(name, path.Dir(r.file)); ok {
			if inlined, ok := r.inline(file, fragment); ok {
				return inlined
			}
			reference := r.folder.address(file)
			if fragment != "" {
				reference += "#" + fragment
			}
			return map[string]any{"$ref": reference}
		}
	}
	if !strings.Contains(name, "://") {
		return map[string]any{"$ref": text} // a mistake, said where the schema is compiled
	}
	for _, p := range r.node.Locate(tenon.Problems{{
		Rule: "unmapped-reference", Severity: tenon.Warning, Path: at.Append("$ref"), Message: fmt.Sprintf("%q maps to nothing: any value fits there", text),
	}}) {
		r.problems.Add(p)
	}
	return map[string]any{}
}

// inline gives the part itself, rewritten, where it does not recur and means the same
// wherever it stands.
func (r *rewriting) inline(file, fragment string) (map[string]any, bool) {
	object, ok := r.folder.files[file].Value().(map[string]any)
	if !ok || fragment != "" || *r.left <= 0 || file == r.file || slices.Contains(r.within, file) || refersToItself(object) {
		return nil, false
	}
	var unheard tenon.Problems
	part := &rewriting{folder: r.folder, file: file, node: r.folder.files[file], problems: &unheard, left: r.left, within: append(slices.Clip(r.within), r.file)}
	inlined, ok := part.schema(object, tenon.Path{}).(map[string]any)
	for _, p := range unheard {
		r.problems.Add(p)
	}
	return inlined, ok
}

// refersToItself says that a reference in a part leads into the part.
func refersToItself(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		if text, ok := v["$ref"].(string); ok && strings.HasPrefix(text, "#") {
			return true
		}
		for _, element := range v {
			if refersToItself(element) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, refersToItself)
	}
	return false
}

// part gives the document behind published:N/FILE, rewritten.
func (a *assembly) part(reference string) (any, bool) {
	for _, folder := range a.catalog.published {
		file, ok := strings.CutPrefix(reference, folder.address(""))
		if !ok {
			continue
		}
		node := folder.files[file]
		if node == nil {
			return nil, false
		}
		var unheard tenon.Problems // said where the file itself is read
		own := *a
		own.problems = &unheard
		return own.rewritten(node), true
	}
	return nil, false
}
