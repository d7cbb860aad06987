package artifacts_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/need"
)

func pathsOf(t *artifacts.Type) []string {
	var paths []string
	for _, path := range t.Sensitive() {
		paths = append(paths, path.String())
	}
	return paths
}

// All published definitions of the corpus, dereferenced and from source: the same types.
func TestPublishedCorpus(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(need.Env(t, "corpus", "TENON_CORPUS"), "massdriver")
	whole, err := artifacts.Load(os.DirFS(filepath.Join(folder, "definitions")))
	require.NoError(t, err)
	parts, err := artifacts.Load(artifacts.Published(os.DirFS(filepath.Join(folder, "definitions-src"))))
	require.NoError(t, err)
	require.Len(t, whole.Types(), 59)
	require.Len(t, parts.Types(), 59)
	require.Empty(t, whole.Warnings())
	require.Empty(t, parts.Warnings())
	hidden := 0
	for i, one := range whole.Types() {
		two := parts.Types()[i]
		require.Equal(t, one.String(), two.String())
		require.Equal(t, one.Title(), two.Title())
		require.Equal(t, one.Description(), two.Description())
		require.Equal(t, pathsOf(one), pathsOf(two), one)
		require.Equal(t, one.Fields(), two.Fields(), one)
		hidden += len(one.Sensitive())
		require.Equal(t, schema.Yes, artifacts.Compatible(one, two).Answer, one)
		require.Equal(t, schema.Yes, artifacts.Compatible(two, one).Answer, one)
		require.Equal(t, schema.None, artifacts.Diff(one, one).Bump)
		require.Equal(t, one.Schema(), two.Schema(), one)
		require.Len(t, two.Exports(), len(one.Exports()))
		for i, export := range one.Exports() {
			other := two.Exports()[i]
			require.Equal(t, []string{export.Name, export.File, export.Label, export.Format}, []string{other.Name, other.File, other.Label, other.Format}, one)
		}
		require.Equal(t, schema.None, artifacts.Diff(one, two).Bump, one)
		for seed := range uint64(20) {
			sample, err := one.Sample(&schema.SampleOptions{Seed: seed})
			require.NoError(t, err, one)
			require.NoError(t, two.Validate(sample), one)
		}
	}
	require.Equal(t, 17, hidden)

	// The one with an export: a kubeconfig that is YAML.
	cluster := whole.Version("kubernetes-cluster", "0.0.0")
	require.Equal(t, "Kube Config", cluster.Exports()[0].Label)
	document := map[string]any{
		"data":  map[string]any{"authentication": map[string]any{"cluster": map[string]any{"server": "https://10.0.0.1", "certificate-authority-data": "Q0E="}, "user": map[string]any{"token": "sesame"}}},
		"specs": map[string]any{},
	}
	artifact, err := artifacts.New(cluster, document)
	require.NoError(t, err)
	file, err := artifact.Export(t.Context(), "kube-config", "to log in", &taker{})
	require.NoError(t, err)
	require.Equal(t, "kube-config.yaml", file.Name)
	var config struct {
		Clusters []struct{ Cluster struct{ Server string } }
		Users    []struct{ User struct{ Token string } }
	}
	require.NoError(t, yaml.Unmarshal(file.Content, &config))
	require.Equal(t, "https://10.0.0.1", config.Clusters[0].Cluster.Server)
	require.Equal(t, "sesame", config.Users[0].User.Token)
}

func TestPublished(t *testing.T) {
	t.Parallel()
	const prefix = "https://raw.example.com/acme/definitions/main/"
	files := func(list ...string) fstest.MapFS {
		fsys := fstest.MapFS{}
		for i := 0; i < len(list); i += 2 {
			fsys[list[i]] = &fstest.MapFile{Data: []byte(list[i+1])}
		}
		return fsys
	}
	load := func(list ...string) (*artifacts.Catalog, error) {
		return artifacts.Load(artifacts.Published(files(list...), prefix))
	}
	port := []string{"types/port.json", `{"type": "integer", "minimum": 1, "title": "Port"}`}

	t.Run("references", func(t *testing.T) {
		t.Parallel()
		catalog, err := load(append(port, "artifacts/x.json", `{"$md": {"name": "xx", "label": "An X", "version": "1.2.0"}, "type": "object", "required": ["a"], "properties": {
		  "a": {"$ref": "../types/port.json", "maximum": 9}, "b": {"$ref": "`+prefix+`types/port.json", "title": "B"}, "c": {"type": "string", "$md.sensitive": true}, "d": {"$md": {"sensitive": true}},
		  "e": {"$ref": "https://elsewhere.example.com/x.json"}, "f": {"$ref": "../types/node.json"}}}`,
			"types/node.json", `{"type": "object", "properties": {"next": {"$ref": "node.json"}, "port": {"$ref": "./port.json"}}}`)...)
		require.NoError(t, err)
		x := catalog.Version("xx", "1.2.0")
		require.Equal(t, "An X", x.Title())
		require.Equal(t, []string{"c", "d"}, pathsOf(x))
		require.NoError(t, x.Validate(map[string]any{"a": 9, "b": 10, "e": []any{}}))
		require.Error(t, x.Validate(map[string]any{"a": 10}), "what stands beside a reference narrows")
		require.Error(t, x.Validate(map[string]any{"a": 0}))
		require.Error(t, x.Validate(map[string]any{"a": 1, "f": map[string]any{"next": map[string]any{"next": map[string]any{"port": 0}}}}))
		require.Len(t, catalog.Warnings(), 1)
		require.Contains(t, catalog.Warnings()[0].String(), `artifacts/x.json:3:`)
		require.Contains(t, catalog.Warnings()[0].String(), `"https://elsewhere.example.com/x.json" maps to nothing: any value fits there`)
		again, err := catalog.With(files("y.yaml", "artifact: yy\nversion: 1.0.0\ntitle: Y\nisA: [xx@1]\nschema: {type: object, required: [a], properties: {a: {const: 3}, b: {const: 4}, c: {type: string, x-sensitive: true}, d: {x-sensitive: true}, f: {const: {}}}}\nexamples: [{a: 3}]\n"))
		require.NoError(t, err)
		require.Len(t, again.Types(), 2)
	})
	for name, c := range map[string]struct {
		text, want string
	}{
		"no such file":      {`{"$md": {"name": "xx"}, "properties": {"a": {"$ref": "../types/lost.json"}}}`, `a.json:1:54: properties.a.$ref: nothing is known as "../types/lost.json"`},
		"a bad name":        {`{"$md": {"name": "X Y"}}`, `a.json:1:18: $md.name: "X Y" is not the name of a type`},
		"a bad version":     {`{"$md": {"name": "xx", "version": "one"}}`, `"one" is not a version such as 1.2.0`},
		"a bad schema":      {`{"$md": {"name": "xx"}, "type": "strin"}`, `a.json:1:33: type: must be`},
		"no list of export": {`{"$md": {"name": "xx", "export": {}}}`, `$md.export must be a list`},
		"no template":       {`{"$md": {"name": "xx", "export": [{}]}}`, `$md.export[0]: has no template`},
		"another language":  {`{"$md": {"name": "xx", "export": [{"template": "x", "templateLang": "jinja"}]}}`, `the language "jinja" is not known`},
		"inclusion":         {`{"$md": {"name": "xx", "export": [{"template": "{% include 'x' %}"}]}}`, `cannot use the tag "include"`},
		"assignment":        {`{"$md": {"name": "xx", "export": [{"template": "{% assign a = 1 %}"}]}}`, `cannot use the tag "assign"`},
		"endless":           {`{"$md": {"name": "xx", "export": [{"template": "{% for i in (1..1000000000) %}{% endfor %}"}]}}`, `loops over lists only`},
		"a filter":          {`{"$md": {"name": "xx", "export": [{"template": "{{ artifact.a | replace: 'a', 'aa' }}"}]}}`, `cannot use the filter "replace"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := load("a.json", c.text)
			require.ErrorContains(t, err, c.want)
			require.NotEmpty(t, tenon.ProblemsOf(err))
		})
	}
	t.Run("without the folder", func(t *testing.T) {
		t.Parallel()
		_, err := artifacts.Load(files("a.json", `{"$md": {"name": "xx"}, "properties": {"a": {"$ref": "../types/port.json"}}}`))
		require.ErrorContains(t, err, "nothing is known as")
		require.True(t, strings.Contains(err.Error(), "a.json:1:"))
	})
}
