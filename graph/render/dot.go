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
	b.WriteString("  graph [fontname=\"Helvetica\", fontsize=12, labeljust=l, color=\"#3563a8\", style=rounded];\n")
	b.WriteString("  node [fontname=\"Helvetica\", fontsize=12, shape=box, margin=\"0.18,0.09\"];\n")
	b.WriteString("  edge [fontname=\"Helvetica\", fontsize=10, color=\"#555555\"];\n")
	for n, g := range d.groups {
		indent := "  "
		if g.name != "" {
			fmt.Fprintf(&b, "  subgraph cluster_%d {\n    label=%s;\n", n, dotText(g.name))
			if g.name != env.Address() {
				b.WriteString("    style=\"rounded,dashed\"; color=\"#8a8a8a\";\n")
			}
			indent = "    "
		}
		for _, n := range g.nodes {
			fmt.Fprintf(&b, "%s%s [label=%s, %s];\n", indent, ids[n.key], dotText(n.label()), dotStyles[n.kind])
		}
		if g.name != "" {
			b.WriteString("  }\n")
		}
	}
	for _, e := range d.edges {
		style := ""
		switch {
		case e.source == "":
			style = `, style=dashed, color="#c03434", fontcolor="#c03434"`
		case !e.drawn():
			style = ", style=dashed"
		}
		fmt.Fprintf(&b, "  %s -> %s [label=%s%s];\n", ids[e.from], ids[e.to], dotText(e.label()), style)
	}
	b.WriteString("}\n")
	return b.String()
}

// dotText quotes a label. A backslash begins an escape there, and a NUL would end the file.
func dotText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '"' || r == '\\':
			b.WriteRune('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
