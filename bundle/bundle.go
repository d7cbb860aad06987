package bundle

import (
	"io/fs"

	"github.com/Masterminds/semver/v3"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Bundle is one loaded bundle. Its fields are for reading.
type Bundle struct {
	Name        string
	Version     string
	Title       string
	Description string
	Dir         string       // its folder, as problems name it
	Files       fs.FS        // rooted at its folder
	Params      *Params      // never nil
	Presets     []Preset     // in the order of the file
	Connections []Connection // by name
	Artifacts   []Artifact   // by name
	Steps       []Step       // in order
	App         *App         // nil where it runs no workload

	semver *semver.Version
	node   *source.Node
}

// Semver is the version as a semantic version.
func (b *Bundle) Semver() *semver.Version { return b.semver }

// String is name and version: postgres@1.4.0.
func (b *Bundle) String() string { return b.Name + "@" + b.Version }

// Connection by name.
func (b *Bundle) Connection(name string) (Connection, bool) {
	return find(b.Connections, name, func(c Connection) string { return c.Name })
}

// Artifact by name.
func (b *Bundle) Artifact(name string) (Artifact, bool) {
	return find(b.Artifacts, name, func(a Artifact) string { return a.Name })
}

// Preset by name.
func (b *Bundle) Preset(name string) (Preset, bool) {
	return find(b.Presets, name, func(p Preset) string { return p.Name })
}

// Step by name.
func (b *Bundle) Step(name string) (Step, bool) {
	return find(b.Steps, name, func(s Step) string { return s.Name })
}

func find[T any](list []T, name string, nameOf func(T) string) (T, bool) {
	for _, element := range list {
		if nameOf(element) == name {
			return element, true
		}
	}
	var none T
	return none, false
}

// Preset is a named set of params from the author of the bundle. It may be partial: it is
// laid over the defaults and checked as a whole.
type Preset struct {
	Name        string
	Title       string
	Description string
	Values      map[string]any

	node *source.Node
}

// Connection is a typed slot that the bundle needs filled.
type Connection struct {
	Name         string
	Type         artifacts.Ref
	Optional     bool
	Grants       []string // what the bundle needs: always bound
	Where        any      // JSON Schema that narrows the type; nil without
	File         string
	Line, Column int

	where *schema.Schema
	node  *source.Node
}

// CheckWhere gives what in an artifact's document does not meet Where; nil where all
// does. sensitive says which values must not be shown; nil for none.
func (c Connection) CheckWhere(document any, sensitive func(tenon.Path) bool) tenon.Problems {
	if c.where == nil {
		return nil
	}
	return c.where.Validate(document, sensitive)
}
