package artifacts_test

import (
	"io/fs"
	"maps"
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
		want  []string
	}{
		"unknown key":              {edit("title:", "titel:"), []string{`database.yaml:1:1: title: is required`, `database.yaml:3:1: titel: unknown key "titel" (did you mean "title"?)`}},
		"no version":               {edit("1.2.0", "'1.2'"), []string{`database.yaml:2:10: version: "1.2" is not a version such as 1.2.0`}},
		"unknown definition":       {edit("types:port", "types:prot"), []string{`types:prot`}},
		"reference into a network": {edit("types:port", "https://example.org/port.json"), []string{`https://example.org/port.json`}},
		"schema that is none":      {edit("{type: string}", "{type: text}"), []string{`database.yaml:8:`, `text`}},
		"example that is not one":  {edit("port: 5432", `port: "5432"`), []string{`examples[0].port: must be a whole number between 1 and 65535, got "5432" (a string)`}},
		"field that is not there":  {edit("{{.host}}", "{{.hots}}"), []string{`grants.read.aws[0].resources[0]: {{.hots}} names the field hots, which the schema does not have`}},
		"function in a template":   {edit("{{.host}}", "{{upper .host}}"), []string{`only a field such as {{.arn}} may stand in braces, not {{upper .host}}`}},
		"open braces":              {edit("{{.host}}", "{{.host"), []string{`opens braces that it does not close`}},
		"an action that is none":   {edit("rds-db:connect", "connect"), []string{`grants.read.aws[0].actions[0]: "connect" is not an action such as sqs:SendMessage`}},
		"a star alone":             {edit("{{.host}}", "*"), []string{`grants.read.aws[0].resources[0]: a star alone allows everything (name the resource, or say anyResource: true where the actions have no resource type)`}},
		"no resources":             {edit(`, resources: ["{{.host}}"]`, ""), []string{`grants.read.aws[0].resources: a statement needs resources (say anyResource: true`}},
		"both resources and none":  {edit(`resources:`, `anyResource: true, resources:`), []string{`grants.read.aws[0]: names resources and anyResource: one of the two holds`}},
		"supertype that is not":    {edit("title:", "isA: [databse]\ntitle:"), []string{`isA[0]: unknown artifact type "databse" (did you mean "database"?)`}},
		"supertype version":        {edit("title:", "isA: [database@2]\ntitle:"), []string{`isA[0]: no version of artifact type "database" is in the range of "database@2" (there is 1.2.0)`}},
		"of its own kind":          {edit("title:", "isA: [database@1]\ntitle:"), []string{`isA[0]: database@1.2.0 would be a subtype of itself`}},
		"bad reference":            {edit("title:", "isA: ['Data Base']\ntitle:"), []string{`isA[0]: "Data Base" is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions`}},
		"twice": {files("a.yaml", simple("thing", "1.0.0"), "b.yaml", simple("thing", "1.0.0")), []string{
			`b.yaml:1:11: artifact: thing@1.0.0 is declared in a.yaml:1 as well`,
		}},
		"definition twice":  {files("a.yaml", shared, "b.yaml", shared), []string{`b.yaml:2:3: definitions.port: the definition types:port stands in a.yaml:2 as well`}},
		"neither":           {files("a.yaml", "what: is this\n"), []string{`a.yaml:1:1: is not an artifact type (a type begins with artifact: NAME, shared definitions with definitions:)`}},
		"no YAML":           {files("a.yaml", "a: [1\n"), []string{"a.yaml:"}},
		"supertype is more": {files("super.yaml", strings.Replace(simple("super", "1.0.0"), "properties:", "required: [name], properties:", 1)+"\n", "sub.yaml", simple("sub", "1.0.0", "isA: [super@1]")), []string{`sub@1.0.0 is not a super@1.0.0`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalog, err := artifacts.Load(test.files)
			require.Nil(t, catalog)
			require.NotEmpty(t, tenon.ProblemsOf(err))
			for _, want := range test.want {
				require.ErrorContains(t, err, want)
			}
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

func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", simple("thing", "1.2.0"), "b.yaml", simple("thing", "1.10.0"), "deep/c.json", `{"artifact":"thing","version":"2.0.0","title":"T","schema":{"type":"object"},"examples":[{}]}`,
		".hidden/d.yaml", "not: read\n", "readme.md", "nor this"))
	for text, want := range map[string]string{
		"thing": "2.0.0", "thing@1": "1.10.0", "thing@^1.2": "1.10.0", "thing@~1.2": "1.2.0", "thing@1.2.0": "1.2.0", "thing@>=1.2 <1.5": "1.2.0", "thing@1.10": "1.10.0",
	} {
		found, err := catalog.Lookup(ref(t, text))
		require.NoError(t, err)
		require.Equal(t, want, found.Version(), text)
	}
	_, err := catalog.Lookup(ref(t, "thing@3"))
	require.EqualError(t, err, `no version of artifact type "thing" is in the range of "thing@3" (there is 1.2.0, 1.10.0, 2.0.0)`)
	_, err = catalog.Lookup(ref(t, "thingy"))
	require.EqualError(t, err, `unknown artifact type "thingy" (did you mean "thing"?)`)
	require.Len(t, catalog.Types(), 3)
	require.Nil(t, catalog.Version("thing", "9.9.9"))
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
