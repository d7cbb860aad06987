package bundle_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	b, err := bundle.Load(testBundles, "good")
	require.NoError(t, err)
	require.Equal(t, "postgres@1.4.0", b.String())
	require.Equal(t, uint64(4), b.Semver().Minor())
	require.Equal(t, "PostgreSQL", b.Title)
	require.Equal(t, "good", b.Dir)
	require.Equal(t, "partial", b.Presets[0].Name, "in the order of the file")
	require.Equal(t, "Production", b.Presets[1].Title)

	var names []string
	for _, c := range b.Connections {
		names = append(names, c.Name)
	}
	require.Equal(t, []string{"backups-to", "events", "network"}, names, "by name")
	backups, _ := b.Connection("backups-to")
	require.True(t, backups.Optional)
	require.Equal(t, []string{"write"}, backups.Grants)
	require.Equal(t, "good/bundle.yaml", backups.File)
	require.Equal(t, 20, backups.Line)

	jobs, _ := b.Artifact("jobs")
	require.Equal(t, []string{"publish", "consume"}, jobs.Grants)
	require.Equal(t, 31, jobs.OwnGrants["redrive"].Line)

	require.Len(t, b.Steps, 2)
	key, _ := b.Step("key")
	require.True(t, key.KeepOnDestroy)
	require.Equal(t, "kms", key.Path)
	main, _ := b.Step("main")
	require.Equal(t, []string{"primary"}, main.Moved)
	require.Equal(t, "opentofu", main.Driver)
	require.Equal(t, "1.10", main.DriverVersion)
	_, ok := b.Step("none")
	require.False(t, ok)
	require.Equal(t, "container", b.App.Identity)
}

// Anchors and merge keys are YAML's; a bundle may use them.
func TestLoadWithAnchors(t *testing.T) {
	t.Parallel()
	b := parse(t, `x-common: &common {path: src, driver: terraform}
steps:
  - {<<: *common, name: one}
  - {<<: *common, name: two, driver: command}
`)
	require.Equal(t, "terraform", b.Steps[0].Driver)
	require.Equal(t, "command", b.Steps[1].Driver)
	require.Empty(t, b.Params.Names())
}

func TestLoadMistakes(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, text, want string }{
		{"no file", "", "no/bundle.yaml: file does not exist"},
		{"empty", " ", "no/bundle.yaml:1:1: the file is empty"},
		{"a list", "[]", "no/bundle.yaml:1:1: must be an object, got a list"},
		{"a key twice", "bundle: a\nbundle: b\n", "no/bundle.yaml:2:1: bundle: the key stands twice, first in line 1"},
		{"two documents", "bundle: a\n---\nbundle: b\n", "no/bundle.yaml:2:1: the file holds more than one document"},
		{"not UTF-8", "bundle: \xff\n", "no/bundle.yaml:1:9: the file is not valid UTF-8"},
		{"no steps", "bundle: a\nversion: 1.0.0\nsteps: []\n", "no/bundle.yaml:3:8: steps: must have at least 1 item"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			if c.text != "" {
				files["no/bundle.yaml"] = &fstest.MapFile{Data: []byte(c.text)}
			}
			b, err := bundle.Load(files, "no")
			require.EqualError(t, err, c.want)
			require.Nil(t, b)
		})
	}
	_, err := bundle.Load(fstest.MapFS{}, "../out")
	require.Error(t, err)
}

func TestFileSchema(t *testing.T) {
	t.Parallel()
	first := bundle.FileSchema()
	require.True(t, json.Valid(first))
	first[0] = 'x'
	require.True(t, json.Valid(bundle.FileSchema()), "a copy")
}

// Whatever stands in a bundle.yaml: no panic, problems with a place, and the same twice.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/bundles/*/bundle.yaml")
	require.NoError(f, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	types := catalog(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		fsys := fstest.MapFS{"b/bundle.yaml": {Data: data}, "b/src/main.tf": {}}
		problems := bundle.Check(fsys, "b", types)
		require.Equal(t, problems, bundle.Check(fsys, "b", types))
		for _, p := range problems {
			require.NotEmpty(t, p.Rule)
			require.NotEmpty(t, p.Message)
			require.Equal(t, "b/bundle.yaml", p.File)
			if p.Rule != "syntax" { // the parser does not always tell where it stopped
				require.Positive(t, p.Line, p.Message)
			}
		}
		b, err := bundle.Load(fsys, "b")
		if err != nil {
			var list tenon.Problems
			require.ErrorAs(t, err, &list)
			return
		}
		_, digestErr := b.Digest()
		require.NoError(t, digestErr)
		params, _ := b.Params.Merge()
		scope := &bundle.Scope{Params: params}
		for _, s := range b.Steps {
			values, err := s.Inputs(t.Context(), scope)
			if err != nil {
				require.NotEmpty(t, err.Error())
				continue
			}
			for _, v := range values {
				_, err := json.Marshal(v.Value)
				require.NoError(t, err)
			}
		}
		for _, a := range b.Artifacts {
			_, _ = a.Evaluate(t.Context(), scope) // an expression may fail, and must end
		}
	})
}
