package artifacts

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Catalog is a closed set of types: what refers to what is resolved and checked.
type Catalog struct {
	files []*source.Node // what it was made of, for With
	types []*Type        // by name, then version

	proven    map[*source.Node]bool // files that were checked before
	published []*published          // folders of definitions that refer to one another

	byName map[string][]*Type // versions ascending
	shared map[string]*source.Node

	warnings tenon.Problems
	verdicts sync.Map // of two types: whether one fits the other
}

// Load reads every .yaml, .yml and .json file of the sources, at any depth, as a type or
// as shared definitions, and checks them together. Files and folders that start with a
// dot are left out. The error is tenon.Problems with every mistake.
//
// A source with a method Proven() bool that says true, such as the standard catalog, was
// checked by its own tests: its types are not checked again, and each is compiled when it
// is first used, which panics where the source was wrong.
func Load(sources ...fs.FS) (*Catalog, error) { return (&Catalog{}).With(sources...) }

// With is the catalog with the types of more sources, all checked together.
func (c *Catalog) With(sources ...fs.FS) (*Catalog, error) {
	files, folders, proven := slices.Clone(c.files), slices.Clone(c.published), maps.Clone(c.proven)
	if proven == nil {
		proven = map[*source.Node]bool{}
	}
	var problems tenon.Problems
	for _, fsys := range sources {
		checked, _ := fsys.(interface{ Proven() bool })
		read := readFiles
		if checked != nil && checked.Proven() {
			read = readProven
		}
		names, found, mistakes := read(fsys)
		problems.Add(mistakes...)
		from, isPublishedFS := fsys.(*publishedFS)
		for _, name := range names {
			if !isPublishedFS || isPublished(found[name]) {
				files = append(files, found[name])
				proven[found[name]] = checked != nil && checked.Proven()
			}
		}
		if isPublishedFS {
			folders = append(folders, &published{from: from, files: found})
		}
	}
	next := assemble(files, folders, proven, &problems)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	next.warnings = problems.Warnings()
	return next, nil
}

// Warnings about the files that the catalog was made of, sorted: keywords of a schema that
// do nothing where they stand.
func (c *Catalog) Warnings() tenon.Problems { return slices.Clone(c.warnings) }

// Types of the catalog, by name, then version.
func (c *Catalog) Types() []*Type { return slices.Clone(c.types) }

// Lookup gives the highest version that ref accepts; without a range, a version such as
// 2.0.0-rc.1 only where there is no other. The error is a tenon.Problem: rule
// unknown-type, with what may have been meant, or unknown-version, with the versions that
// there are.
func (c *Catalog) Lookup(ref Ref) (*Type, error) {
	versions := c.byName[ref.name]
	var early *Type // the highest that is not released
	for _, t := range slices.Backward(versions) {
		switch {
		case !ref.Accepts(t):
		case ref.constraint != nil || t.version.Prerelease() == "":
			return t, nil
		case early == nil:
			early = t
		}
	}
	if early != nil {
		return early, nil
	}
	if len(versions) > 0 {
		there := make([]string, len(versions))
		for i, t := range versions {
			there[i] = t.Version()
		}
		return nil, tenon.Problem{
			Rule: "unknown-version", Message: fmt.Sprintf("no version of artifact type %q is in the range of %q", ref.name, ref.text),
			Hint: "there is " + strings.Join(there, ", "),
		}
	}
	names := make([]string, 0, len(c.byName))
	for name := range c.byName {
		names = append(names, name)
	}
	return nil, tenon.Problem{
		Rule: "unknown-type", Message: fmt.Sprintf("unknown artifact type %q", ref.name), Hint: tenon.DidYouMean(ref.name, names),
	}
}

// Version gives exactly one version of a type; nil where the catalog lacks it.
func (c *Catalog) Version(name, version string) *Type {
	for _, t := range c.byName[name] {
		if t.Version() == version {
			return t
		}
	}
	return nil
}

// Fits says that an artifact of type t may fill a slot that wants ref: t has that name
// and range, or one of the types that it is (isA, through all levels) has.
func (c *Catalog) Fits(t *Type, ref Ref) bool { return c.fits(t, ref, map[*Type]bool{}) }

func (c *Catalog) fits(t *Type, ref Ref, seen map[*Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if ref.Accepts(t) {
		return true
	}
	for _, super := range t.isA {
		if above, err := c.Lookup(super); err == nil && c.fits(above, ref, seen) {
			return true
		}
	}
	return false
}

// Shared gives a copy of the shared definition behind types:NAME.
func (c *Catalog) Shared(ref string) (any, bool) {
	node, ok := c.shared[strings.TrimPrefix(ref, "types:")]
	if !ok || !strings.HasPrefix(ref, "types:") {
		return nil, false
	}
	return value.Clone(node.Value()), true
}
