package artifacts_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

const database = `
artifact: database
version: 1.2.0
title: Database
schema:
  type: object
  required: [host, port]
  properties:
    host: {type: string}
    port: {$ref: "types:port"}
    password: {type: string, x-sensitive: true}
    replicas:
      type: array
      items: {type: object, properties: {host: {type: string}, token: {type: string, x-sensitive: true}}}
grants:
  read:
    description: Read everything.
    aws:
      - {actions: ["rds-db:connect"], resources: ["{{.host}}"]}
examples:
  - {host: db.internal, port: 5432, password: hunter22, replicas: [{host: a, token: t0ken}]}
`

const shared = `
definitions:
  port: {type: integer, minimum: 1, maximum: 65535}
`

func files(pairs ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fsys[pairs[i]] = &fstest.MapFile{Data: []byte(strings.TrimLeft(pairs[i+1], "\n"))}
	}
	return fsys
}

func load(t testing.TB, sources ...fs.FS) *artifacts.Catalog {
	t.Helper()
	catalog, err := artifacts.Load(sources...)
	require.NoError(t, err)
	return catalog
}

func loaded(t testing.TB) *artifacts.Type {
	t.Helper()
	return load(t, files("database.yaml", database, "shared.yaml", shared)).Version("database", "1.2.0")
}

func ref(t testing.TB, text string) artifacts.Ref {
	t.Helper()
	r, err := artifacts.ParseRef(text)
	require.NoError(t, err)
	return r
}

// simple is a type of a name and version.
func simple(name, version string, more ...string) string {
	return "artifact: " + name + "\nversion: " + version + "\ntitle: " + name + "\n" + strings.Join(more, "\n") +
		"\nschema: {type: object, properties: {id: {type: string}}}\nexamples: [{id: x}]\n"
}

func TestMistakesAreToldInWords(t *testing.T) {
	t.Parallel()
	edit := func(from, to string) fstest.MapFS {
		require.Contains(t, database, from)
		return files("database.yaml", strings.Replace(database, from, to, 1), "shared.yaml", shared)
	}
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"unknown key":              {edit("title:", "titel:"), "database.yaml:1:1: title: is required\n" + `database.yaml:3:1: titel: unknown key "titel" (did you mean "title"?)`},
		"no version":               {edit("1.2.0", "'1.2'"), `database.yaml:2:10: version: "1.2" is not a version such as 1.2.0`},
		"unknown definition":       {edit("types:port", "types:prot"), `database.yaml:9:18: schema.properties.port.$ref: nothing is known as "types:prot"`},
		"reference into a network": {edit("types:port", "https://example.org/port.json"), `database.yaml:9:18: schema.properties.port.$ref: "https://example.org/port.json" leads out of the catalog: no schema is fetched from anywhere`},
		"schema that is none":      {edit("{type: string}", "{type: text}"), `database.yaml:8:18: schema.properties.host.type: must be one of "array", "boolean", "integer", "null", "number", "object", "string", got "text"`},
		"example that is not one":  {edit("port: 5432", `port: "5432"`), `database.yaml:20:31: examples[0].port: must be a whole number between 1 and 65535, got "5432" (a string)`},
		"secret of an example":     {edit("hunter22", "[hunter22]"), `database.yaml:20:47: examples[0].password: must be a string, got a list`},
		"field that is not there":  {edit("{{.host}}", "{{.hots}}"), `database.yaml:18:51: grants.read.aws[0].resources[0]: {{.hots}} names the field hots, which the schema does not have`},
		"function in a template":   {edit("{{.host}}", "{{upper .host}}"), `database.yaml:18:51: grants.read.aws[0].resources[0]: "{{upper .host}}": only a field such as {{.arn}} may stand in braces, not {{upper .host}}`},
		"open braces":              {edit("{{.host}}", "{{.host"), `database.yaml:18:51: grants.read.aws[0].resources[0]: "{{.host" opens braces that it does not close`},
		"an action that is none":   {edit("rds-db:connect", "connect"), `database.yaml:18:20: grants.read.aws[0].actions[0]: "connect" is not an action such as sqs:SendMessage`},
		"a star alone":             {edit("{{.host}}", "*"), `database.yaml:18:51: grants.read.aws[0].resources[0]: a star alone allows everything (name the resource, or say anyResource: true where the actions have no resource type)`},
		"an empty resource":        {edit("{{.host}}", ""), `database.yaml:18:51: grants.read.aws[0].resources[0]: is empty`},
		"no resources":             {edit(`, resources: ["{{.host}}"]`, ""), `database.yaml:18:9: grants.read.aws[0].resources: a statement needs resources (say anyResource: true where the actions have no resource type)`},
		"both resources and none":  {edit(`resources:`, `anyResource: true, resources:`), `database.yaml:18:9: grants.read.aws[0]: names resources and anyResource: one of the two holds`},
		"supertype that is not":    {edit("title:", "isA: [databse]\ntitle:"), `database.yaml:3:7: isA[0]: unknown artifact type "databse" (did you mean "database"?)`},
		"supertype version":        {edit("title:", "isA: [database@2]\ntitle:"), `database.yaml:3:7: isA[0]: no version of artifact type "database" is in the range of "database@2" (there is 1.2.0)`},
		"of its own kind":          {edit("title:", "isA: [database@1]\ntitle:"), `database.yaml:3:7: isA[0]: database@1.2.0 would be a subtype of itself`},
		"bad reference":            {edit("title:", "isA: ['Data Base']\ntitle:"), `database.yaml:3:7: isA[0]: "Data Base" is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions`},
		"of each other's kind": {
			files("a.yaml", simple("one", "1.0.0", "isA: [two@1]"), "b.yaml", simple("two", "1.0.0", "isA: [one@1]")),
			"a.yaml:4:7: isA[0]: one@1.0.0 would be a subtype of itself\nb.yaml:4:7: isA[0]: two@1.0.0 would be a subtype of itself",
		},
		"twice":              {files("a.yaml", simple("thing", "1.0.0"), "b.yaml", simple("thing", "1.0.0")), `b.yaml:1:11: artifact: thing@1.0.0 is declared in a.yaml:1 as well`},
		"definition twice":   {files("a.yaml", shared, "b.yaml", shared), `b.yaml:2:3: definitions.port: the definition types:port stands in a.yaml:2 as well`},
		"definition's name":  {files("a.yaml", "definitions: {PORT: {}}\n"), `a.yaml:1:21: definitions.PORT: "PORT" is not a key that may stand here (a key must match "^[a-z][A-Za-z0-9-]*$")`},
		"neither":            {files("a.yaml", "what: is this\n"), `a.yaml:1:1: is not an artifact type (a type begins with artifact: NAME, shared definitions with definitions:)`},
		"a list":             {files("a.yaml", "[1]\n"), `a.yaml:1:1: is not an artifact type (a type begins with artifact: NAME, shared definitions with definitions:)`},
		"empty":              {files("a.yaml", ""), `a.yaml:1:1: the file is empty`},
		"no YAML":            {files("a.yaml", "a: [1\n"), "a.yaml:2: did not find expected ',' or ']'"},
		"a folder like this": {files("no.yaml/a.yaml", "a: [1\n"), "no.yaml/a.yaml:2: did not find expected ',' or ']'"},
		"supertype is more": {
			files("super.yaml", strings.NewReplacer("properties:", "required: [name], properties:", "{id: x}", "{id: x, name: y}").Replace(simple("super", "1.0.0")), "sub.yaml", simple("sub", "1.0.0", "isA: [super@1]")),
			"sub.yaml:4:7: isA[0]: a sub@1.0.0 may be {}, which is no super@1.0.0: name: is required",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalog, err := artifacts.Load(test.files)
			require.Nil(t, catalog)
			require.EqualError(t, err, test.want)
			require.NotEmpty(t, tenon.ProblemsOf(err))
			_, again := artifacts.Load(test.files)
			require.Equal(t, err.Error(), again.Error())
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := artifacts.Load(files("a.yaml", simple("thing", "one"), "b.yaml", "artifact: 7\n", "c.yaml", simple("other", "1.0.0", "isA: [nothing]")))
	found := map[string]bool{}
	for _, p := range tenon.ProblemsOf(err) {
		found[p.File] = true
	}
	require.Equal(t, []string{"a.yaml", "b.yaml", "c.yaml"}, slices.Sorted(maps.Keys(found)))
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", strings.Replace(simple("thing", "1.0.0"), "type: string", "type: string, maxLenght: 3", 1)))
	require.EqualError(t, catalog.Warnings(), `a.yaml:5:67: warning: schema.properties.id.maxLenght: unknown keyword "maxLenght" (did you mean "maxLength"?)`)
	more, err := catalog.With(files("b.yaml", simple("other", "1.0.0")))
	require.NoError(t, err)
	require.Equal(t, catalog.Warnings(), more.Warnings())
	require.Empty(t, load(t, files("b.yaml", simple("other", "1.0.0"))).Warnings())
}

// broken is a file system whose files cannot be read, or not even listed.
type broken struct {
	files fstest.MapFS
	file  string
}

func (b broken) Open(name string) (fs.File, error) {
	if name == b.file {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrPermission}
	}
	return b.files.Open(name)
}

func (broken) Label(name string) string { return "mine/" + name }

func TestUnreadable(t *testing.T) {
	t.Parallel()
	_, err := artifacts.Load(broken{files("a.yaml", database, "b.yaml", "a: [1\n"), "a.yaml"})
	require.EqualError(t, err, "mine/a.yaml: permission denied\nmine/b.yaml:2: did not find expected ',' or ']'")
	_, err = artifacts.Load(broken{files("a/a.yaml", database), "a"})
	require.ErrorContains(t, err, "permission denied")
	_, err = artifacts.Load(os.DirFS(filepath.Join(t.TempDir(), "nothing")))
	require.ErrorContains(t, err, "no such file")
}

func TestFitsThroughAllLevels(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", simple("top", "1.0.0"), "b.yaml", simple("middle", "1.3.0", "isA: [top@1]"), "c.yaml", simple("bottom", "0.1.0", "isA: [middle@^1.2]"), "d.yaml", simple("beside", "1.0.0")))
	bottom := catalog.Version("bottom", "0.1.0")
	for text, want := range map[string]bool{"bottom": true, "middle@1": true, "top": true, "top@1.0.0": true, "top@2": false, "middle@~1.2": false, "beside": false} {
		require.Equal(t, want, catalog.Fits(bottom, ref(t, text)), text)
	}
	require.False(t, catalog.Fits(nil, ref(t, "top")))
}

func TestWith(t *testing.T) {
	t.Parallel()
	base := load(t, files("a.yaml", simple("thing", "1.0.0"), "shared.yaml", shared))
	more, err := base.With(files("b.yaml", database))
	require.NoError(t, err)
	require.Len(t, base.Types(), 1, "a catalog does not change")
	require.Len(t, more.Types(), 2)
	_, err = base.With(files("x.yaml", simple("thing", "1.0.0")))
	require.ErrorContains(t, err, "thing@1.0.0 is declared in a.yaml:1 as well")
	definition, ok := more.Shared("types:port")
	require.True(t, ok)
	definition.(map[string]any)["minimum"] = "changed"
	again, _ := more.Shared("types:port")
	require.NotEqual(t, definition, again, "what is given out is a copy")
	_, ok = more.Shared("port")
	require.False(t, ok)
}

func TestLoadIsDeterministic(t *testing.T) {
	t.Parallel()
	names := []string{"a.yaml", "b.yaml", "c.yaml", "d.yaml"}
	texts := []string{simple("one", "1.0.0"), simple("two", "1.0.0", "isA: [one@1]"), database, shared}
	want := load(t, files("a.yaml", texts[0], "b.yaml", texts[1], "c.yaml", texts[2], "d.yaml", texts[3]))
	rapid.Check(t, func(t *rapid.T) {
		var sources []fs.FS
		for _, n := range rapid.Permutation([]int{0, 1, 2, 3}).Draw(t, "order") {
			sources = append(sources, files(names[n], texts[n]))
		}
		catalog, err := artifacts.Load(sources...)
		require.NoError(t, err)
		for n, typ := range catalog.Types() {
			require.Equal(t, want.Types()[n].String(), typ.String())
			require.Equal(t, want.Types()[n].Grants(), typ.Grants())
		}
	})
}
