package render_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
	"github.com/tenon-sdk/tenon/graph/render"
	"github.com/tenon-sdk/tenon/internal/need"
)

var update = flag.Bool("update", false, "write what is drawn into testdata")

// drawn are the files of an archive that hold what is expected; the others are an estate.
var drawn = []struct {
	name string
	draw func(*graph.Environment) string
}{
	{"want/text", render.Text},
	{"want/mermaid", render.Mermaid},
	{"want/dot", render.DOT},
}

// environment resolves shop/prod of an archive. It may be wrong, and is drawn as far as it goes.
func environment(t *testing.T, archive *txtar.Archive) *graph.Environment {
	t.Helper()
	estate, err := graph.Load(archive.FS(), nil)
	require.NoError(t, err)
	env, _ := graph.Resolve(estate, "shop/prod", nil)
	require.NotNil(t, env)
	return env
}

func archives(t *testing.T, visit func(t *testing.T, file string, archive *txtar.Archive)) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			visit(t, file, txtar.Parse(data))
		})
	}
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	archives(t, func(t *testing.T, file string, archive *txtar.Archive) {
		env := environment(t, archive)
		for _, d := range drawn {
			got := d.draw(env)
			require.Equal(t, got, d.draw(environment(t, archive)), "the same files give the same drawing")
			if *update {
				archive.Set(d.name, got)
				continue
			}
			require.Equal(t, archive.Get(d.name), got, d.name)
		}
		if *update {
			require.NoError(t, os.WriteFile(file, archive.Bytes(), 0o644))
		}
	})
}

// Graphviz itself reads every drawing, and finds in it each instance.
func TestGraphviz(t *testing.T) {
	t.Parallel()
	dot := need.Tool(t, "dot")
	archives(t, func(t *testing.T, _ string, archive *txtar.Archive) {
		env := environment(t, archive)
		command := exec.CommandContext(t.Context(), dot, "-Tplain")
		command.Stdin = strings.NewReader(render.DOT(env))
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
		require.NotContains(t, string(output), "arning", "no warnings")
		for _, i := range env.Instances() {
			require.Contains(t, string(output), i.Component())
		}
	})
}

var tiny = fstest.MapFS{
	"project.yaml":               {Data: []byte("project: shop\ncomponents: {events: {bundle: queue}, worker: {bundle: worker}}\nlinks: [\"events.queue -> worker.jobs [consume]\"]\n")},
	"environments/dev.yaml":      {Data: []byte("environment: dev\n")},
	"bundles/queue/bundle.yaml":  {Data: []byte("bundle: queue\nversion: 1.0.0\nartifacts: {queue: {type: aws-sqs-queue@1, value: .outputs.queue, grants: [consume]}}\nsteps: [{name: main, path: src, driver: terraform}]\n")},
	"bundles/worker/bundle.yaml": {Data: []byte("bundle: worker\nversion: 2.3.0\nconnections: {jobs: {type: queue@1}}\nsteps: [{name: main, path: src, driver: terraform}]\n")},
}

func resolveTiny() *graph.Environment {
	estate, err := graph.Load(tiny, nil)
	if err != nil {
		panic(err)
	}
	env, err := graph.Resolve(estate, "shop/dev", nil)
	if err != nil {
		panic(err)
	}
	return env
}

func ExampleText() {
	fmt.Print(render.Text(resolveTiny()))
	// Output:
	// shop/dev
	//   events  queue@1.0.0
	//   worker  worker@2.3.0
	//             jobs ← events.queue [consume]
}

func ExampleMermaid() {
	fmt.Print(render.Mermaid(resolveTiny()))
	// Output:
	// flowchart LR
	//   subgraph g0["shop/dev"]
	//     n0["events<br/>queue@1.0.0"]:::instance
	//     n1["worker<br/>worker@2.3.0"]:::instance
	//   end
	//   n0 -->|"jobs [consume]<br/>aws-sqs-queue@1.0.0"| n1
	//   classDef instance fill:#eaf2ff,stroke:#3563a8,color:#10233f
	//   classDef foreign fill:#f4f4f4,stroke:#8a8a8a,color:#333,stroke-dasharray:4 3
	//   classDef imported fill:#f3ecff,stroke:#7a52b3,color:#2f1a52
	//   classDef missing fill:#ffecec,stroke:#c03434,color:#5c0f0f,stroke-dasharray:2 2
}

func ExampleDOT() {
	fmt.Print(render.DOT(resolveTiny()))
	// Output:
	// digraph "shop/dev" {
	//   rankdir=LR; nodesep=0.35; ranksep=0.9;
	//   graph [fontname="Helvetica", fontsize=12, labeljust=l, color="#3563a8", style=rounded];
	//   node [fontname="Helvetica", fontsize=12, shape=box, margin="0.18,0.09"];
	//   edge [fontname="Helvetica", fontsize=10, color="#555555"];
	//   subgraph cluster_0 {
	//     label="shop/dev";
	//     n0 [label="events\nqueue@1.0.0", style="rounded,filled", fillcolor="#eaf2ff", color="#3563a8"];
	//     n1 [label="worker\nworker@2.3.0", style="rounded,filled", fillcolor="#eaf2ff", color="#3563a8"];
	//   }
	//   n0 -> n1 [label="jobs [consume]\naws-sqs-queue@1.0.0"];
	// }
}
