package graph_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/graph"
)

func ExampleImpact() {
	files := fstest.MapFS{}
	write := func(name, text string) { files[name] = &fstest.MapFile{Data: []byte(text)} }
	write("project.yaml", "project: notes\ncomponents: {writer: {bundle: writer}, reader: {bundle: reader}}\nlinks: [writer.pad -> reader.pad]\n")
	write("environments/dev.yaml", "environment: dev\ninstances: {}\n")
	write("types/pad.yaml", "artifact: pad\nversion: 1.0.0\ntitle: Pad\nschema: {type: object, required: [size], properties: {size: {type: integer}}}\nexamples: [{size: 1}]\n")
	write("bundles/writer/bundle.yaml", "bundle: writer\nversion: 1.0.0\ndescription: Writes.\nparams: {}\nconnections: {}\nartifacts: {pad: {type: pad@1, value: '{size: .outputs.size}'}}\nsteps: [{name: main, path: src, driver: memory}]\n")
	write("bundles/reader/bundle.yaml", "bundle: reader\nversion: 1.0.0\ndescription: Reads.\nparams: {}\nconnections: {pad: {type: pad@1}}\nartifacts: {}\nsteps: [{name: main, path: src, driver: memory}]\n")
	estate, err := graph.Load(files, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	next, err := artifacts.Load(fstest.MapFS{"pad.yaml": {Data: []byte(strings.NewReplacer("1.0.0", "1.1.0", "type: integer", "type: [integer, string]").Replace(string(files["types/pad.yaml"].Data)))}})
	if err != nil {
		fmt.Println(err)
		return
	}
	affected, _ := graph.Impact(estate, estate.Catalog().Version("pad", "1.0.0"), next.Version("pad", "1.1.0"))
	for _, a := range affected {
		fmt.Println(a.Environment, a.Side, a.Link(), a.Why)
	}
	// Output:
	// notes/dev consumers notes/dev.writer.pad -> reader.pad it may get {"size":""}, which is no pad@1.0.0: /size: expected integer, but got string
}

func TestImpact(t *testing.T) {
	t.Parallel()
	estate := load(t, with(t))
	before := estate.Catalog().Version("postgresql", "1.0.0")
	require.NotNil(t, before)
	for name, c := range map[string]struct {
		version, schema string
		sides           []schema.Side
	}{
		"the same":      {"1.0.1", `{allOf: [{$ref: "types:credentials"}], type: object, required: [host, port, database, username], properties: {host: {$ref: "types:hostname"}, port: {$ref: "types:port"}, database: {type: string, minLength: 1, maxLength: 63}, username: {type: string, minLength: 1, maxLength: 63}, engine: {const: postgresql}, engineVersion: {type: string, minLength: 1}, tls: {type: boolean}}}`, nil},
		"another major": {"2.0.0", `{allOf: [{$ref: "types:credentials"}], type: object, required: [host, port, database, username], properties: {host: {$ref: "types:hostname"}, port: {$ref: "types:port"}, database: {type: string, minLength: 1, maxLength: 63}, username: {type: string, minLength: 1, maxLength: 63}, engine: {const: postgresql}, engineVersion: {type: string, minLength: 1}, tls: {type: boolean}}}`, []schema.Side{schema.Consumers}},
		"demands more":  {"1.1.0", `{allOf: [{$ref: "types:credentials"}], type: object, required: [host, port, database, username, tls], properties: {host: {$ref: "types:hostname"}, port: {$ref: "types:port"}, database: {type: string, minLength: 1, maxLength: 63}, username: {type: string, minLength: 1, maxLength: 63}, engine: {const: postgresql}, engineVersion: {type: string, minLength: 1}, tls: {type: boolean}}}`, []schema.Side{schema.Producers}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "artifact: postgresql\nversion: " + c.version + "\ntitle: PostgreSQL\nschema: " + c.schema + "\nexamples: [{host: db, port: 5432, database: shop, username: shop, password: x, tls: true}]\n"
			shared, err := fs.ReadFile(standard.FS(), "shared.yaml")
			require.NoError(t, err)
			catalog, err := artifacts.Load(fstest.MapFS{"shared.yaml": {Data: shared}, "postgresql.yaml": {Data: []byte(text)}})
			require.NoError(t, err)
			affected, failed := graph.Impact(estate, before, catalog.Version("postgresql", c.version))
			require.Empty(t, failed)
			seen := map[schema.Side]bool{}
			for _, a := range affected {
				seen[a.Side] = true
				require.NotEmpty(t, a.Why)
				require.NotEmpty(t, a.Component)
				require.Equal(t, a.Side == schema.Consumers, a.Link() != "")
			}
			require.Len(t, seen, len(c.sides), "%+v", affected)
			for _, side := range c.sides {
				require.True(t, seen[side], "%+v", affected)
			}
		})
	}
}
