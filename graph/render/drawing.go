// Package render draws a resolved environment: for documentation (Mermaid), for Graphviz
// (DOT) and for a terminal (Text).
//
//	fmt.Print(render.Mermaid(env))
//
// Producers stand before their consumers. What belongs to other environments, what was
// imported and what is missing is drawn as such. The functions are pure; the same environment
// gives the same text.
package render

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
)

type kind string

const (
	own      kind = "instance"
	foreign  kind = "foreign" // of another environment
	imported kind = "imported"
	missing  kind = "missing" // nothing that could fill a slot
)

// node is an instance, or something that fills a slot from outside.
type node struct {
	key    string // address
	kind   kind
	name   string
	detail string // bundle and version; the type that is missing; empty for another environment's
}

// edge leads from a producer to the slot of its consumer.
type edge struct {
	from, to           string // keys
	slot, artifactType string
	grants             []string
	source             graph.Source
}

// drawing is an environment in the form that all renderers share.
type drawing struct {
	groups []group
	edges  []edge
}

// group is a box: the environment itself, last, or another one.
type group struct {
	name  string // address of an environment; empty for imports
	nodes []node
}

func draw(env *graph.Environment) drawing {
	var d drawing
	outside := map[string]map[string]node{}
	inside := group{name: env.Address()}
	for _, i := range env.Instances() {
		inside.nodes = append(inside.nodes, node{i.Address(), own, i.Component(), i.Bundle().String()})
		for _, slot := range i.Slots() {
			if slot.Source == "" {
				if !slot.Optional {
					lost := node{i.Address() + " " + slot.Name, missing, "missing", slot.Wants.String()}
					inside.nodes = append(inside.nodes, lost)
					d.edges = append(d.edges, edge{from: lost.key, to: i.Address(), slot: slot.Name})
				}
				continue
			}
			e := edge{from: producerOf(slot.From), to: i.Address(), slot: slot.Name, artifactType: slot.Type.String(), grants: slot.Grants, source: slot.Source}
			if !slot.Local {
				n := stranger(e.from)
				box := boxOf(n)
				if outside[box] == nil {
					outside[box] = map[string]node{}
				}
				outside[box][n.key] = n
			}
			d.edges = append(d.edges, e)
		}
	}
	for _, box := range slices.Sorted(maps.Keys(outside)) {
		g := group{name: box}
		for _, key := range slices.Sorted(maps.Keys(outside[box])) {
			g.nodes = append(g.nodes, outside[box][key])
		}
		d.groups = append(d.groups, g)
	}
	d.groups = append(d.groups, inside)
	return d
}

// producerOf is what makes an artifact: the address of an instance, or of an import.
func producerOf(artifact string) string {
	if strings.HasPrefix(artifact, importPrefix) {
		return artifact
	}
	return artifact[:strings.LastIndex(artifact, ".")]
}

const importPrefix = "imported:"

func stranger(key string) node {
	if name, ok := strings.CutPrefix(key, importPrefix); ok {
		return node{key, imported, name, "imported"}
	}
	_, component, _ := strings.Cut(key, ".")
	return node{key, foreign, component, ""}
}

// boxOf is the group of a node from outside.
func boxOf(n node) string {
	if n.kind == imported {
		return ""
	}
	environment, _, _ := strings.Cut(n.key, ".")
	return environment
}

// drawn says that somebody chose this line by hand: no default, no import, no gap.
func (e edge) drawn() bool { return e.source == graph.FromLink || e.source == graph.FromInstance }

// label is what an edge carries, in one or two lines.
func (e edge) label() string {
	if e.artifactType == "" {
		return e.binding()
	}
	return e.binding() + "\n" + e.artifactType
}

// label of a node, in one or two lines.
func (n node) label() string {
	if n.detail == "" {
		return n.name
	}
	return n.name + "\n" + n.detail
}

// binding is what stands on an edge: slot and grants.
func (e edge) binding() string {
	if len(e.grants) == 0 {
		return e.slot
	}
	return e.slot + " [" + strings.Join(e.grants, ", ") + "]"
}

// ids gives each node a short name that no renderer has to quote.
func (d drawing) ids() map[string]string {
	ids := map[string]string{}
	for _, g := range d.groups {
		for _, n := range g.nodes {
			ids[n.key] = "n" + strconv.Itoa(len(ids))
		}
	}
	return ids
}
