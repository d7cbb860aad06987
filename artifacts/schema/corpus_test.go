package schema_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

// published are the definitions of the corpus, by name.
func published(t testing.TB) (names []string, schemas []*schema.Schema) {
	t.Helper()
	folder := os.Getenv("TENON_CORPUS")
	if folder == "" {
		t.Skip("corpus: TENON_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(folder, "massdriver", "definitions", "*.json"))
	require.NoError(t, err)
	require.Len(t, files, 59)
	slices.Sort(files)
	for _, file := range files {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		s, err := schema.Parse(data, nil)
		require.NoError(t, err, file)
		names = append(names, filepath.Base(file))
		schemas = append(schemas, s)
	}
	return names, schemas
}

// Every pair of published definitions is decided.
func TestPublishedMatrix(t *testing.T) {
	t.Parallel()
	names, schemas := published(t)
	for i, producer := range schemas {
		for j, consumer := range schemas {
			verdict := schema.Compatible(producer, consumer)
			if i == j {
				require.Equal(t, schema.Yes, verdict.Answer, names[i])
			}
			if verdict.Answer == schema.Unknown {
				t.Errorf("%s → %s: %v", names[i], names[j], verdict.Undecided)
			}
		}
	}
}

// Samples of every published definition are valid.
func TestPublishedSamples(t *testing.T) {
	t.Parallel()
	names, schemas := published(t)
	count := uint64(1000)
	if underRace { // the detector makes it ten times slower, and looks for something else
		count = 50
	}
	for i, s := range schemas {
		t.Run(names[i], func(t *testing.T) {
			t.Parallel()
			for seed := range count {
				sample, err := s.Sample(&schema.SampleOptions{Seed: seed})
				require.NoError(t, err)
				require.NoError(t, s.Validate(sample))
			}
		})
	}
}
