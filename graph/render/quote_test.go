package render_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/graph/render"
	"github.com/tenon-sdk/tenon/internal/need"
)

var hostile = []string{
	`x"]; evil [label="y`,
	"a\n  click n0 \"javascript:alert(1)\"",
	`end`, `\`, `\"`, `\N`, `<script>alert(1)</script>`, `#quot;]`, "`**bold**`", "x\r\n}\ndigraph {",
	"nul\x00byte", "%% comment", "%%{init: {}}%%", "click n0 href \"javascript:x\"", `|"|`, "ends with \\",
}

var entities = regexp.MustCompile(`#[0-9]+;`)

// A label begins and ends with the only quotes of it, and stays on its line.
func TestQuotedLabels(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.SampledFrom(hostile)).Draw(t, "text")

		mermaid := render.MermaidText(text)
		inside := mermaid[1 : len(mermaid)-1]
		require.Equal(t, `"`+inside+`"`, mermaid)
		require.NotContains(t, strings.ReplaceAll(inside, "<br/>", ""), "<")
		require.False(t, strings.ContainsAny(entities.ReplaceAllString(inside, ""), "\"\n\r`|;{}#%\x00"), inside)

		dot := render.DOTText(text)
		inside = dot[1 : len(dot)-1]
		require.Equal(t, `"`+inside+`"`, dot)
		escaped := strings.NewReplacer(`\\`, "", `\"`, "", `\n`, "").Replace(inside)
		require.False(t, strings.ContainsAny(escaped, "\"\\\n\r\x00"), inside)
	})
}

// Graphviz reads each label as one, and nothing beside it.
func TestGraphvizReadsLabels(t *testing.T) {
	t.Parallel()
	dot := need.Tool(t, "dot")
	for _, text := range hostile {
		command := exec.CommandContext(t.Context(), dot, "-Tplain")
		command.Stdin = strings.NewReader("digraph { a [label=" + render.DOTText(text) + "]; }\n")
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s", text, output)
		require.Equal(t, 1, strings.Count("\n"+string(output), "\nnode "), "%s", output)
	}
}
