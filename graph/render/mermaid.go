package render

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
)

// Mermaid draws a flowchart in the language of Mermaid.
func Mermaid(env *graph.Environment) string {
	d := draw(env)
	ids := d.ids()
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	for n, g := range d.groups {
		indent := "  "
		if g.name != "" {
			fmt.Fprintf(&b, "  subgraph g%d[%s]\n", n, mermaidText(g.name))
			indent = "    "
		}
		for _, n := range g.nodes {
			open, closing := "[", "]"
			if n.kind == imported {
				open, closing = "([", "])"
			}
			fmt.Fprintf(&b, "%s%s%s%s%s:::%s\n", indent, ids[n.key], open, mermaidText(n.label()), closing, n.kind)
		}
		if g.name != "" {
			b.WriteString("  end\n")
		}
	}
	for _, e := range d.edges {
		arrow := "-->"
		if !e.drawn() {
			arrow = "-.->"
		}
		fmt.Fprintf(&b, "  %s %s|%s| %s\n", ids[e.from], arrow, mermaidText(e.label()), ids[e.to])
	}
	for n, g := range d.groups {
		if g.name != "" && g.name != env.Address() {
			fmt.Fprintf(&b, "  style g%d fill:none,stroke:#8a8a8a,stroke-dasharray:4 3\n", n)
		}
	}
	b.WriteString("  classDef instance fill:#eaf2ff,stroke:#3563a8,color:#10233f\n")
	b.WriteString("  classDef foreign fill:#f4f4f4,stroke:#8a8a8a,color:#333,stroke-dasharray:4 3\n")
	b.WriteString("  classDef imported fill:#f3ecff,stroke:#7a52b3,color:#2f1a52\n")
	b.WriteString("  classDef missing fill:#ffecec,stroke:#c03434,color:#5c0f0f,stroke-dasharray:2 2\n")
	return b.String()
}

// mermaidText quotes a label: characters that mean something to Mermaid or HTML are written
// as entity codes. A %% begins a comment even between quotes.
func mermaidText(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '\n':
			b.WriteString("<br/>")
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		case strings.ContainsRune("\"#%&<>`\\;|{}", r):
			fmt.Fprintf(&b, "#%d;", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
