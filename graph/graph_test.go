package graph_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

var update = flag.Bool("update", false, "write what is found into testdata")

func archive(t testing.TB, name string) *txtar.Archive {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return txtar.Parse(data)
}

// with is the estate of testdata with files of its own over it.
func with(t testing.TB, files ...txtar.File) *txtar.Archive {
	t.Helper()
	estate := archive(t, "estate.txtar")
	for _, f := range files {
		estate.Set(f.Name, f.Text)
	}
	return estate
}

// load reads an estate that must be without mistakes.
func load(t testing.TB, files *txtar.Archive) *graph.Estate {
	t.Helper()
	estate, err := graph.Load(files.FS(), nil)
	require.NoError(t, err)
	return estate
}

// resolve reads and resolves what must be without mistakes.
func resolve(t testing.TB, files *txtar.Archive, address string, opts *graph.Options) *graph.Environment {
	t.Helper()
	env, err := graph.Resolve(load(t, files), address, opts)
	require.NoError(t, err)
	return env
}

const want = "want"

// Every case is the estate with some files changed, and the words that the author reads.
func TestMistakes(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mistakes/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := archive(t, filepath.Join("mistakes", name+".txtar"))
			expected := changed.Get(want)
			var changes []txtar.File
			for _, f := range changed.Files {
				if f.Name != want {
					changes = append(changes, f)
				}
			}
			estate, err := graph.Load(with(t, changes...).FS(), nil)
			if err == nil {
				_, err = graph.Resolve(estate, "shop/dev", nil)
			}
			require.Error(t, err)
			got := err.Error() + "\n"
			if *update {
				changed.Set(want, got)
				require.NoError(t, os.WriteFile(file, changed.Bytes(), 0o644))
				return
			}
			require.Equal(t, expected, got)
		})
	}
}
