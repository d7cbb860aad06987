package graph

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/tagging"
)

// Environment is a resolved environment. It is immutable.
type Environment struct {
	address   string
	protected bool
	tags      tagging.Tags
	instances []*Instance
	byAddress map[string]*Instance
	imports   []*Import
	catalog   *artifacts.Catalog
	problems  tenon.Problems
}

// Address is project/environment.
func (e *Environment) Address() string { return e.address }

// Protected environments are not destroyed without an explicit override.
func (e *Environment) Protected() bool { return e.protected }

// Tags that hold for the whole environment.
func (e *Environment) Tags() tagging.Tags { return maps.Clone(e.tags) }

// Catalog that it was resolved with.
func (e *Environment) Catalog() *artifacts.Catalog { return e.catalog }

// Instances in order: every producer before its consumers, ties by address.
func (e *Environment) Instances() []*Instance { return slices.Clone(e.instances) }

// Instance by address or by the name of its component; nil where there is none.
func (e *Environment) Instance(name string) *Instance {
	if i, ok := e.byAddress[name]; ok {
		return i
	}
	return e.byAddress[e.address+"."+name]
}

// Order of the instances' addresses.
func (e *Environment) Order() []string {
	order := make([]string, len(e.instances))
	for n, i := range e.instances {
		order[n] = i.address
	}
	return order
}

// Imports that its slots take, by name.
func (e *Environment) Imports() []*Import {
	return slices.SortedFunc(slices.Values(e.imports), func(a, b *Import) int { return strings.Compare(a.Name, b.Name) })
}

// Err is what is wrong with it (tenon.Problems); nil where it may be deployed.
func (e *Environment) Err() error { return e.problems.Err() }

// Warnings of resolving it.
func (e *Environment) Warnings() tenon.Problems { return e.problems.Warnings() }

type resolvedSlot struct {
	From   string   `json:"from"`
	Source Source   `json:"source"`
	Type   string   `json:"type"`
	Grants []string `json:"grants"`
}

type resolvedInstance struct {
	ID          string                  `json:"id"`
	Bundle      string                  `json:"bundle"`
	Version     string                  `json:"version"`
	Connections map[string]resolvedSlot `json:"connections"`
	Missing     []string                `json:"missing"`
}

// MarshalJSON writes {instances, order, problems}: what fills every slot. It holds no
// params and no data, and is the same for the same files byte for byte.
func (e *Environment) MarshalJSON() ([]byte, error) {
	instances := make([]resolvedInstance, 0, len(e.instances))
	for _, i := range e.instances {
		r := resolvedInstance{ID: i.address, Bundle: i.bundle.Name, Version: i.bundle.Version, Connections: map[string]resolvedSlot{}, Missing: append([]string{}, i.missing...)}
		for _, slot := range i.Slots() {
			if slot.Source != "" {
				r.Connections[slot.Name] = resolvedSlot{From: slot.From, Source: slot.Source, Type: slot.Type.String(), Grants: append([]string{}, slot.Grants...)}
			}
		}
		instances = append(instances, r)
	}
	return json.Marshal(struct {
		Environment string             `json:"environment"`
		Instances   []resolvedInstance `json:"instances"`
		Order       []string           `json:"order"`
		Problems    tenon.Problems     `json:"problems"`
	}{e.address, instances, e.Order(), e.problems})
}

// Instance is a component in an environment. What its methods give are copies.
type Instance struct {
	address   string
	component string
	bundle    *bundle.Bundle
	params    map[string]any
	slots     map[string]*Slot
	missing   []string
	access    iam.Access
	metadata  tagging.Metadata
	producers []string
	consumers []string
	moved     []string
	secrets   map[string]SecretRef
	types     map[string]*artifacts.Type
	node      *source.Node
	set       *source.Node // of the environment's file; may be nil
}

// Address is project/environment.component.
func (i *Instance) Address() string { return i.address }

// Component is its name in the project.
func (i *Instance) Component() string { return i.component }

// Bundle that it is an instance of.
func (i *Instance) Bundle() *bundle.Bundle { return i.bundle }

// Params merged and valid.
func (i *Instance) Params() map[string]any {
	params, _ := value.Clone(i.params).(map[string]any)
	return params
}

// Slots by name; Source is empty for an optional one that nothing fills.
func (i *Instance) Slots() []Slot {
	slots := make([]Slot, 0, len(i.slots))
	for _, name := range slices.Sorted(maps.Keys(i.slots)) {
		slot := *i.slots[name]
		slot.Grants = slices.Clone(slot.Grants)
		slots = append(slots, slot)
	}
	return slots
}

// Missing are the names of required slots that nothing fills; never of an environment
// without an error.
func (i *Instance) Missing() []string { return slices.Clone(i.missing) }

// Access is what its bindings add up to.
func (i *Instance) Access() iam.Access { return i.access.Sorted() }

// Metadata is the stable part of what its steps are told.
func (i *Instance) Metadata() tagging.Metadata {
	m := i.metadata
	m.Tags = maps.Clone(m.Tags)
	return m
}

// DependsOn are the addresses of the instances of this environment that it takes
// artifacts of.
func (i *Instance) DependsOn() []string { return slices.Clone(i.producers) }

// Dependents are the addresses of those that take its artifacts.
func (i *Instance) Dependents() []string { return slices.Clone(i.consumers) }

// Moved are its earlier addresses.
func (i *Instance) Moved() []string { return slices.Clone(i.moved) }

// ParamProblem is a problem of a param, at the place where its value was written: the
// instance, the component, or the component itself where nobody wrote it.
func (i *Instance) ParamProblem(path tenon.Path, rule, message, hint string) tenon.Problem {
	return locateParam(tenon.Problem{Rule: rule, Path: path, Message: message, Hint: hint}, i, i.node, i.set)
}

// Secrets of its app: where each value comes from.
func (i *Instance) Secrets() map[string]SecretRef { return maps.Clone(i.secrets) }

// ArtifactType is the version of the type that an artifact of it has; nil where it makes
// none of that name.
func (i *Instance) ArtifactType(name string) *artifacts.Type { return i.types[name] }

// Source says how what fills a slot was chosen.
type Source string

// How a slot is filled.
const (
	FromInstance Source = "instance"
	FromLink     Source = "link"
	FromDefault  Source = "default"
	FromImport   Source = "imported"
)

// Slot is a connection of an instance and what fills it.
type Slot struct {
	Name         string
	Wants        artifacts.Ref
	Optional     bool
	Source       Source          // empty: nothing fills it
	From         string          // address of the artifact
	Type         *artifacts.Type // of the artifact
	Grants       []string        // bound, sorted
	Local        bool            // its producer is an instance of this environment
	File         string          // where it was chosen
	Line, Column int
}

// Import is an artifact that was registered by hand. Data may hold values that its type
// marks sensitive; Secrets come later.
type Import struct {
	Name    string
	Address string // imported:NAME
	Type    *artifacts.Type
	Data    map[string]any
	Secrets map[string]SecretRef // key at the top of Data → where its value comes from
	File    string
}
