package artifacts

import (
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

// A reference to another file becomes what stands there, or, where that recurs, refers
// into itself or grows too large, a definition of the same document: the schema of a type
// is whole, and no reference in it leads out, except to the catalog's own definitions.
const (
	maxInlined = 20_000 // values of a schema past which parts become definitions
	maxWithin  = 20     // parts that stand in one another
)

// origin says that a part of a schema comes from another file.
type origin struct {
	at   tenon.Path // in the schema
	node *source.Node
}

// rewriting makes the schema of one type.
type rewriting struct {
	folder   *published
	file     string // of the type
	problems *tenon.Problems
	root     map[string]any // the document of the type
	keyword  string         // definitions, or $defs
	names    map[string]string
	defined  map[string]any
	origins  []origin
	values   int
}

// part is a file while it is rewritten.
type part struct {
	file   string
	node   *source.Node
	base   string   // pointer to where it stands as a definition; empty for the type's own file
	within []string // files that this one stands in, for a part that is no definition
}

// rewritten is the schema of a published file: without the $md block at its top, and with
// no reference to another file.
func (a *assembly) rewritten(node *source.Node) (document any, origins []origin) {
	folder, file := a.folderOf(node)
	object, _ := node.Value().(map[string]any)
	root := make(map[string]any, len(object))
	for key, v := range object {
		if key != "$md" && !strings.HasPrefix(key, "$md.") && key != "version" {
			root[key] = v
		}
	}
	if hidden, ok := mdOf(object, "sensitive"); ok {
		root["$md.sensitive"] = hidden
	}
	r := &rewriting{folder: folder, file: file, problems: a.problems, root: root, keyword: "definitions", names: map[string]string{}, defined: map[string]any{}}
	if text, _ := root["$schema"].(string); strings.Contains(text, "json-schema.org/draft/") {
		r.keyword = "$defs"
	}
	whole := r.schema(root, part{file: file, node: node}, tenon.Path{}, tenon.Path{})
	schema, isObject := whole.(map[string]any)
	if len(r.defined) > 0 && isObject {
		own, _ := schema[r.keyword].(map[string]any)
		all := maps.Clone(r.defined)
		maps.Copy(all, own)
		schema[r.keyword] = all
	}
	return whole, r.origins
}

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

// schema rewrites a schema that stands at a path of its file and of the type's document.
func (r *rewriting) schema(v any, p part, at, in tenon.Path) any {
	r.values++
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = r.schema(item, p, at.Append(i), in.Append(i))
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			object[key] = r.keywordOf(key, v[key], p, at.Append(key), in.Append(key))
		}
		text, ok := v["$ref"].(string)
		if !ok {
			return object
		}
		delete(object, "$ref")
		return r.reference(text, object, p, at, in)
	}
	return v
}

func (r *rewriting) keywordOf(key string, v any, p part, at, in tenon.Path) any {
	switch {
	case slices.Contains(holdsValues, key), key == "required", key == "$md", strings.HasPrefix(key, "$md."), strings.HasPrefix(key, "ui:"):
		return v
	case slices.Contains(namesSchemas, key):
		named, ok := v.(map[string]any)
		if !ok {
			return v
		}
		object := make(map[string]any, len(named))
		for _, name := range slices.Sorted(maps.Keys(named)) {
			object[name] = r.schema(named[name], p, at.Append(name), in.Append(name))
		}
		return object
	}
	return r.schema(v, p, at, in)
}

// reference gives what stands for a reference and the keywords beside it.
func (r *rewriting) reference(text string, keywords map[string]any, p part, at, in tenon.Path) any {
	name, fragment, _ := strings.Cut(text, "#")
	own := name == ""
	file := p.file
	if !own && r.folder != nil && !strings.HasPrefix(name, "types:") {
		found, ok := r.folder.find(name, path.Dir(p.file))
		if !ok {
			r.lost(text, p, at)
			return keywords
		}
		file, own = found, found == p.file
	} else if !own {
		if strings.Contains(name, "://") {
			r.lost(text, p, at)
			return keywords
		}
		return beside(map[string]any{"$ref": text}, keywords) // of the catalog, or a mistake that is said where it is compiled
	}
	var target string
	switch {
	case file == r.file:
		target = "#" + fragment
	case own && len(p.within) == 0:
		target = p.base + fragment
	case own:
		target = r.define(file) + fragment
	case !r.fits(text, file, fragment, p, at):
		return keywords
	case r.inlines(file, fragment, p):
		return r.inline(file, keywords, p, in)
	default:
		target = r.define(file) + fragment
	}
	return beside(map[string]any{"$ref": target}, keywords)
}

// lost says that a reference leads to nothing: an address is a warning, a path a mistake.
func (r *rewriting) lost(text string, p part, at tenon.Path) {
	problem := tenon.Problem{Rule: "unmapped-reference", Severity: tenon.Warning, Path: at.Append("$ref"), Message: fmt.Sprintf("%q maps to nothing: any value fits there", text)}
	if !strings.Contains(text, "://") {
		name, _, _ := strings.Cut(text, "#")
		problem.Rule, problem.Severity, problem.Message = "unknown-reference", tenon.Error, fmt.Sprintf("nothing is known as %q", text)
		others := slices.DeleteFunc(slices.Sorted(maps.Keys(r.folder.files)), func(file string) bool { return file == p.file })
		problem.Hint = tenon.DidYouMean(path.Join(path.Dir(p.file), name), others)
	}
	r.problems.Add(p.node.Locate(tenon.Problems{problem})...)
}

// fits says that the file of a reference is a schema in which the fragment leads to
// something, and that it leads on to more than references.
func (r *rewriting) fits(text, file, fragment string, p part, at tenon.Path) bool {
	message := ""
	switch r.folder.files[file].Value().(type) {
	case map[string]any, bool:
		switch {
		case strings.HasPrefix(fragment, "/") && !leadsIn(r.folder.files[file].Value(), fragment):
			message = fmt.Sprintf("nothing is at %q", text)
		case fragment == "" && r.circles(file):
			message = fmt.Sprintf("%q leads back to itself without getting anywhere", text)
		}
	default:
		message = fmt.Sprintf("%q is no schema", text)
	}
	if message != "" {
		r.problems.Add(p.node.Locate(tenon.Problems{{Rule: "unknown-reference", Path: at.Append("$ref"), Message: message}})...)
	}
	return message == ""
}

// circles says that references to whole files lead from a file back to one of them.
func (r *rewriting) circles(file string) bool {
	seen := map[string]bool{}
	for !seen[file] {
		seen[file] = true
		object, _ := r.folder.files[file].Value().(map[string]any)
		text, ok := object["$ref"].(string)
		if !ok || strings.Contains(text, "#") {
			return false
		}
		if file, ok = r.folder.find(text, path.Dir(file)); !ok {
			return false
		}
	}
	return true
}

// leadsIn says that a JSON Pointer leads to something in a document.
func leadsIn(document any, pointer string) bool {
	for _, step := range strings.Split(pointer, "/")[1:] {
		if plain, err := url.PathUnescape(step); err == nil {
			step = plain
		}
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch v := document.(type) {
		case map[string]any:
			next, ok := v[step]
			if !ok {
				return false
			}
			document = next
		case []any:
			return true // an index: where the schema is compiled it is checked
		default:
			return false
		}
	}
	return true
}

// inlines says that a part means the same wherever it stands, and may stand here.
func (r *rewriting) inlines(file, fragment string, p part) bool {
	object, ok := r.folder.files[file].Value().(map[string]any)
	return ok && fragment == "" && r.values < maxInlined && len(p.within) < maxWithin &&
		!slices.Contains(p.within, file) && !refersToItself(object)
}

// inline gives the part itself and the keywords beside the reference to it.
func (r *rewriting) inline(file string, keywords map[string]any, p part, in tenon.Path) any {
	node := r.folder.files[file]
	object, _ := node.Value().(map[string]any)
	at := in
	if !together(object, keywords) {
		own, _ := keywords["allOf"].([]any)
		at = in.Append("allOf", len(own))
	}
	r.origins = append(r.origins, origin{at, node})
	inner, _ := r.schema(object, part{file: file, node: node, within: append(slices.Clip(p.within), p.file)}, tenon.Path{}, at).(map[string]any)
	if at.Len() > in.Len() {
		return apart(inner, keywords)
	}
	return beside(inner, keywords)
}

// define makes a definition of a part and gives the pointer to it.
func (r *rewriting) define(file string) string {
	if name, ok := r.names[file]; ok {
		return pointerTo(r.keyword, name)
	}
	own, _ := r.root[r.keyword].(map[string]any)
	name := file
	for taken := true; taken; {
		if _, taken = own[name]; taken {
			name += "'"
		}
	}
	r.names[file] = name
	node := r.folder.files[file]
	in := tenon.At(r.keyword, name)
	r.origins = append(r.origins, origin{in, node})
	r.defined[name] = r.schema(node.Value(), part{file: file, node: node, base: pointerTo(r.keyword, name)}, tenon.Path{}, in)
	return pointerTo(r.keyword, name)
}

func pointerTo(keyword, name string) string {
	return "#/" + keyword + "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
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
