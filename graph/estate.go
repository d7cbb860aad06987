package graph

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Estate is everything that the files say.
type Estate struct {
	organization *organization
	projects     map[string]*project
	catalog      *artifacts.Catalog
}

// LoadOptions for Load.
type LoadOptions struct {
	Types      []fs.FS // more folders of types
	NoStandard bool    // leave out the standard catalog
}

// Catalog of all types that the estate knows.
func (e *Estate) Catalog() *artifacts.Catalog { return e.catalog }

// Organization is its name; empty where there is none.
func (e *Estate) Organization() string { return e.organization.Name }

// Store is where the organization keeps Tenon's records; empty where it does not say.
func (e *Estate) Store() string { return e.organization.Store }

// Projects by name.
func (e *Estate) Projects() []string { return slices.Sorted(maps.Keys(e.projects)) }

// ProjectAt is the project in a folder, named by its slash path from the root that Load
// was given.
func (e *Estate) ProjectAt(dir string) (name string, ok bool) {
	for name, p := range e.projects {
		if p.dir == dir {
			return name, true
		}
	}
	return "", false
}

// Environments as project/environment, sorted.
func (e *Estate) Environments() []string {
	var addresses []string
	for _, p := range e.projects {
		for name := range p.environments {
			addresses = append(addresses, p.Name+"/"+name)
		}
	}
	slices.Sort(addresses)
	return addresses
}

// Bundles of all projects by folder, each once.
func (e *Estate) Bundles() []*bundle.Bundle {
	found := map[string]*bundle.Bundle{}
	for _, p := range e.projects {
		for _, b := range p.bundles {
			found[b.Dir] = b
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b *bundle.Bundle) int { return cmp.Compare(a.Dir, b.Dir) })
}

// tag is a tag as it stands in a file: a text, or {value, locked}.
type tag struct {
	Value  string
	Locked bool
}

// defaultRef is a default as it stands in a file: an address, or {ref, where}.
type defaultRef struct {
	Ref   string
	Where any
}

type organization struct {
	Name      string                `json:"organization"`
	Projects  []string              `json:"projects"`
	Tags      map[string]tag        `json:"tags"`
	TagPolicy tagPolicy             `json:"tagPolicy"`
	Naming    naming                `json:"naming"`
	Defaults  map[string]defaultRef `json:"defaults"`
	Store     string                `json:"store"`
	Access    access                `json:"access"`
	Types     []string              `json:"types"`
	Bundles   []string              `json:"bundles"`

	node *source.Node // nil without an organization.yaml
}

type tagPolicy struct {
	Required []string `json:"required"`
}

type naming struct {
	Convention string `json:"convention"`
	TagPrefix  string `json:"tagPrefix"`
}

type access struct {
	AWS struct {
		Boundary string `json:"boundary"`
		Path     string `json:"path"`
	} `json:"aws"`
}

type project struct {
	Name       string                `json:"project"`
	Tags       map[string]tag        `json:"tags"`
	Allow      []string              `json:"allow"`
	Components map[string]component  `json:"components"`
	Links      []string              `json:"links"`
	Defaults   map[string]defaultRef `json:"defaults"`
	Types      []string              `json:"types"`
	Bundles    []string              `json:"bundles"`

	dir          string
	node         *source.Node
	links        []link
	bundles      []*bundle.Bundle // by name, then version
	byName       map[string][]*bundle.Bundle
	environments map[string]*environment
	imports      map[string]*importFile
}

type component struct {
	Bundle string         `json:"bundle"`
	Params map[string]any `json:"params"`
	Tags   map[string]tag `json:"tags"`
	Moved  []string       `json:"moved"`
}

type environment struct {
	Name      string                  `json:"environment"`
	Parent    string                  `json:"parent"`
	Tags      map[string]tag          `json:"tags"`
	Protected bool                    `json:"protected"`
	Account   string                  `json:"account"`
	Region    string                  `json:"region"`
	Defaults  map[string]defaultRef   `json:"defaults"`
	Imports   []string                `json:"imports"`
	Instances map[string]instanceFile `json:"instances"`

	node *source.Node
}

type instanceFile struct {
	Enabled     *bool                     `json:"enabled"`
	Preset      string                    `json:"preset"`
	Params      map[string]any            `json:"params"`
	Version     string                    `json:"version"`
	Tags        map[string]tag            `json:"tags"`
	Connections map[string]connectionFile `json:"connections"`
	Secrets     map[string]SecretRef      `json:"secrets"`
}

// connectionFile is what fills a slot of an instance: an address, or {ref, grants}.
type connectionFile struct {
	Ref    string
	Grants []string
}

type importFile struct {
	Name    string               `json:"import"`
	Type    string               `json:"type"`
	Data    map[string]any       `json:"data"`
	From    string               `json:"from"`
	Secrets map[string]SecretRef `json:"secrets"`

	node *source.Node
}

// SecretRef says where the value of a secret comes from: exactly one field is set.
type SecretRef struct {
	Env     string   `json:"env,omitempty"`
	File    string   `json:"file,omitempty"`
	Command []string `json:"command,omitempty"`
}
