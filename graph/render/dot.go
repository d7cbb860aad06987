package render

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
)

var dotStyles = map[kind]string{
	own:      `style="rounded,filled", fillcolor="#eaf2ff", color="#3563a8"`,
	foreign:  `style="rounded,filled,dashed", fillcolor="#f4f4f4", color="#8a8a8a"`,
	imported: `shape=ellipse, style=filled, fillcolor="#f3ecff", color="#7a52b3"`,
	missing:  `style="filled,dotted", fillcolor="#ffecec", color="#c03434"`,
}

// DOT draws a graph in the language of Graphviz.
func DOT(env *graph.Environment) string {
	d := draw(env)
	ids := d.ids()
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(env.Address()))
	b.WriteString("  rankdir=LR; nodesep=0.35; ranksep=0.9;\n")
	b.WriteString("  graph [fontname=\"Helvetica\", fontsize=12, color=\"#bbbbbb\", style=rounded];\n")
	b.WriteString("  node [fontname=\"Helvetica\", fontsize=12, shape=box, margin=\"0.18,0.09\"];\n")
	b.WriteString("  edge [fontname=\"Helvetica\", fontsize=10, color=\"#555555\"];\n")
	for n, g := range d.groups {
		indent := "  "
		if g.name != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(g.name))
			indent = "    "
		}
		for _, n := range g.nodes {
			label := n.name
			if n.detail != "" {
				label += "\n" + n.detail
			}
			fmt.Fprintf(&b, "%s%s [label=%s, %s];\n", indent, ids[n.key], dotText(label), dotStyles[n.kind])
		}
		if g.name != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range d.edges {
		label, style := e.binding(), ""
		if e.artifactType != "" {
			label += "\n" + e.artifactType
		}
		if e.source != graph.FromLink && e.source != graph.FromInstance {
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", ids[e.from], ids[e.to], dotText(label), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a label.
func dotText(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", "").Replace(text) + `"`
}
