package artifacts_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/need"
)

const definitions = "https://raw.example.com/acme/definitions/main/definitions/"

// folder makes a folder of definitions of names and texts.
func folder(list ...string) fs.FS {
	fsys := fstest.MapFS{}
	for i := 0; i < len(list); i += 2 {
		fsys[list[i]] = &fstest.MapFile{Data: []byte(list[i+1])}
	}
	return artifacts.Published(fsys, definitions)
}

func ExamplePublished() {
	catalog, err := artifacts.Load(artifacts.Published(fstest.MapFS{
		"artifacts/queue.json": {Data: []byte(`{"$md": {"name": "queue", "label": "A queue"}, "properties": {
			"arn": {"$ref": "../types/arn.json"},
			"dead": {"$ref": "https://raw.example.com/acme/definitions/main/definitions/types/arn.json", "maxLength": 40}}}`)},
		"types/arn.json": {Data: []byte(`{"type": "string", "pattern": "^arn:"}`)},
	}, "https://raw.example.com/acme/definitions/main/definitions/"))
	if err != nil {
		fmt.Println(err)
		return
	}
	queue := catalog.Version("queue", "0.0.0")
	fmt.Println(queue.Title())
	fmt.Println(queue.Validate(map[string]any{"arn": "arn:aws:sqs", "dead": "queue"}))
	// Output:
	// A queue
	// queue@0.0.0: /dead: must match "^arn:", got "queue"
}

// The corpus once more, with every reference to another file as an address.
func TestPublishedCorpusByAddress(t *testing.T) {
	t.Parallel()
	root := filepath.Join(need.Env(t, "corpus", "TENON_CORPUS"), "massdriver")
	const prefix = "https://raw.githubusercontent.com/massdriver-cloud/artifact-definitions/main/definitions/"
	fsys, addresses := fstest.MapFS{}, 0
	from := os.DirFS(filepath.Join(root, "definitions-src"))
	require.NoError(t, fs.WalkDir(from, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(from, name)
		text := string(data)
		text = strings.ReplaceAll(text, `"$ref": "../`, `"$ref": "`+prefix)
		text = strings.ReplaceAll(text, `"$ref": "./`, `"$ref": "`+prefix+filepath.Dir(name)+"/")
		addresses += strings.Count(text, prefix)
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
		return err
	}))
	require.Greater(t, addresses, 250)
	whole, err := artifacts.Load(os.DirFS(filepath.Join(root, "definitions")))
	require.NoError(t, err)
	parts, err := artifacts.Load(artifacts.Published(fsys, prefix))
	require.NoError(t, err)
	require.Empty(t, parts.Warnings())
	require.Len(t, parts.Types(), 59)
	for i, one := range whole.Types() {
		two := parts.Types()[i]
		require.Equal(t, one.String(), two.String())
		require.Equal(t, pathsOf(one), pathsOf(two), one)
		require.Equal(t, one.Schema(), two.Schema(), one)
	}
	unmapped, err := artifacts.Load(artifacts.Published(fsys))
	require.NoError(t, err)
	require.NotEmpty(t, unmapped.Warnings(), "no prefix maps them")
}

func TestPublishedReferences(t *testing.T) {
	t.Parallel()
	const a = "artifacts/a.json"
	for name, c := range map[string]struct {
		files      []string
		good, bad  string // documents
		sensitive  []string
		schemaHave string
	}{
		"a key that is called like a keyword": {
			files: []string{a, `{"$md": {"name": "xx"}, "properties": {"default": {"$ref": "../p.json"}, "enum": {"$ref": "../p.json"}}}`, "p.json", `{"type": "string"}`},
			good:  `{"default": "x", "enum": "y"}`, bad: `{"default": 1}`,
		},
		"recursion": {
			files: []string{a, `{"$md": {"name": "xx"}, "properties": {"tree": {"$ref": "../t/node.json"}}}`, "t/node.json", `{"type": "object", "properties": {"left": {"$ref": "node.json"}, "n": {"$ref": "./n.json"}}}`, "t/n.json", `{"type": "integer"}`},
			good:  `{"tree": {"left": {"left": {"n": 1}}}}`, bad: `{"tree": {"left": {"left": {"n": "1"}}}}`,
			schemaHave: "#/definitions/t~1node.json",
		},
		"recursion over two files": {
			files: []string{a, `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json"}}}`, "p.json", `{"properties": {"q": {"$ref": "q.json"}}}`, "q.json", `{"properties": {"p": {"$ref": "p.json"}, "n": {"type": "integer"}}}`},
			good:  `{"p": {"q": {"p": {"q": {"n": 1}}}}}`, bad: `{"p": {"q": {"p": {"q": {"n": "1"}}}}}`,
		},
		"back to the type": {
			files: []string{a, `{"$md": {"name": "xx"}, "type": "object", "properties": {"p": {"$ref": "../p.json"}, "n": {"type": "integer"}}}`, "p.json", `{"properties": {"all": {"$ref": "artifacts/a.json"}}}`},
			good:  `{"p": {"all": {"p": {"all": {"n": 1}}}}}`, bad: `{"p": {"all": {"p": {"all": {"n": "1"}}}}}`,
		},
		"a fragment": {
			files:     []string{a, `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json#/definitions/x"}}}`, "p.json", `{"definitions": {"x": {"$ref": "#/definitions/y"}, "y": {"type": "integer", "$md.sensitive": true}}}`},
			sensitive: []string{"p"},
			good:      `{"p": 1}`, bad: `{"p": "1"}`,
		},
		"definitions of its own": {
			files: []string{a, `{"$md": {"name": "xx"}, "definitions": {"p.json": {"type": "boolean"}}, "properties": {"p": {"$ref": "../p.json"}, "b": {"$ref": "#/definitions/p.json"}}}`, "p.json", `{"properties": {"p": {"$ref": "#"}, "n": {"type": "integer"}}}`},
			good:  `{"b": true, "p": {"p": {"n": 1}}}`, bad: `{"p": {"p": {"n": "1"}}}`,
		},
		"a pointer past a reference": {
			files: []string{a, `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json", "properties": {"b": {"type": "integer"}}}, "q": {"$ref": "#/properties/p/properties/b"}}}`, "p.json", `{"type": "object"}`},
			good:  `{"p": {"b": 1}, "q": 2}`, bad: `{"q": "2"}`,
		},
		"what stands beside narrows": {
			files: []string{a, `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json", "minimum": 5, "maximum": 70000, "allOf": [{"multipleOf": 5}]}}}`, "p.json", `{"type": "integer", "minimum": 1, "maximum": 65535}`},
			good:  `{"p": 10}`, bad: `{"p": 65540}`,
		},
		"nothing beside makes a secret public": {
			files:     []string{a, `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json", "$md.sensitive": false}, "q": {"$ref": "../q.json", "$md": {"enum": {}}}}}`, "p.json", `{"type": "string", "$md.sensitive": true}`, "q.json", `{"type": "string", "$md": {"sensitive": true}}`},
			sensitive: []string{"p", "q"},
			good:      `{"p": ""}`, bad: `{"q": 1}`,
		},
		"a secret as a whole": {
			files:     []string{a, `{"$md": {"name": "xx", "sensitive": true}, "type": "string"}`},
			sensitive: []string{""},
			good:      `"x"`, bad: `1`,
		},
		"dotted keys": {
			files: []string{"artifacts/a.yaml", "$md.name: xx\n$md.label: X\ntype: string\n"},
			good:  `"x"`, bad: `1`,
		},
		"the newer draft": {
			files: []string{a, `{"$schema": "https://json-schema.org/draft/2020-12/schema", "$md": {"name": "xx"}, "properties": {"p": {"$ref": "../p.json"}}}`, "p.json", `{"properties": {"p": {"$ref": "#"}, "n": {"type": "integer"}}}`},
			good:  `{"p": {"p": {"n": 1}}}`, bad: `{"p": {"p": {"n": "1"}}}`,
			schemaHave: "#/$defs/p.json",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			catalog, err := artifacts.Load(folder(c.files...))
			require.NoError(t, err)
			require.Empty(t, catalog.Warnings())
			x := catalog.Version("xx", "0.0.0")
			require.Equal(t, c.sensitive, pathsOf(x))
			require.NoError(t, x.ValidateFile(fstest.MapFS{"good.json": {Data: []byte(c.good)}}, "good.json"))
			require.Error(t, x.ValidateFile(fstest.MapFS{"bad.json": {Data: []byte(c.bad)}}, "bad.json"))
			require.Contains(t, fmt.Sprint(x.Schema()), c.schemaHave)
			again, err := catalog.With()
			require.NoError(t, err)
			require.Equal(t, x.Schema(), again.Version("xx", "0.0.0").Schema(), "the same each time")
		})
	}
}

func TestPublishedMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files []string
		rule  string
		want  string
	}{
		"twice":               {[]string{"a.json", `{"$md": {"name": "xx"}}`, "b.json", `{"$md": {"name": "xx"}}`}, "duplicate-type", `b.json:1:18: $md.name: xx@0.0.0 is declared in a.json:1 as well`},
		"no name":             {[]string{"a.json", `{"$md": {"label": "X"}}`}, "bad-name", `a.json:1:9: $md: a published definition has the name of its type as name in $md`},
		"a name of no text":   {[]string{"a.json", `{"$md": {"name": 3}}`}, "bad-name", `a.json:1:18: $md.name: "3" is not the name of a type`},
		"no block":            {[]string{"a.json", `{"$md": "xx"}`}, "bad-definition", `a.json:1:9: $md: $md must be an object`},
		"a number of version": {[]string{"a.json", `{"$md": {"name": "xx"}, "version": 2}`}, "bad-version", `a.json:1:36: version: "2" is not a version`},
		"a lost part":         {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "t/p.json"}}}`, "t/p.json", "{\n\"$ref\": \"./n0de.json\"}", "t/node.json", `{}`}, "unknown-reference", `t/p.json:2:9: $ref: nothing is known as "./n0de.json" (did you mean "t/node.json"?)`},
		"a lost fragment":     {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json#/definitions/z"}}}`, "p.json", `{"definitions": {}}`}, "unknown-reference", `a.json:1:54: properties.p.$ref: nothing is at "p.json#/definitions/z"`},
		"no schema":           {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json"}}}`, "p.json", `[1]`}, "unknown-reference", `a.json:1:54: properties.p.$ref: "p.json" is no schema`},
		"a circle":            {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json"}}}`, "p.json", `{"$ref": "q.json"}`, "q.json", `{"$ref": "p.json"}`}, "unknown-reference", `a.json:1:54: properties.p.$ref: "p.json" leads back to itself without getting anywhere`},
		"itself":              {[]string{"a.json", `{"$md": {"name": "xx"}, "$ref": "a.json"}`}, "invalid-schema", `a.json:1:33: $ref: a reference leads back to itself`},
		"a mistake in a part": {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "t/p.json"}}}`, "t/p.json", "{\n\"type\": \"strin\"}"}, "invalid-schema", `t/p.json:2:9: type: must be`},
		"in a definition":     {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "t/p.json"}}}`, "t/p.json", "{\"properties\": {\"p\": {\"$ref\": \"#\"}},\n\"type\": \"strin\"}"}, "invalid-schema", `t/p.json:2:9: type: must be`},
		"a mark of text":      {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$md.sensitive": "true"}}}`}, "bad-sensitive", `$md.sensitive is true or false, not a string`},
		"a mark in a block":   {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$md": {"sensitive": "yes"}}}}`}, "bad-sensitive", `$md.sensitive is true or false, not a string`},
		"a mark misspelled":   {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$md.sensitve": true}}}`}, "bad-sensitive", `did you mean "$md.sensitive"?`},
		"one in a block":      {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$md": {"sensitve": true}}}}`}, "bad-sensitive", `did you mean "sensitive"?`},
		"one in a part":       {[]string{"a.json", `{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json"}}}`, "p.json", `{"properties": {"q": {"$md.sensitve": true}}}`}, "bad-sensitive", `p.json:1:23: `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := artifacts.Load(folder(c.files...))
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.rule, tenon.ProblemsOf(err)[0].Rule)
			require.Len(t, tenon.ProblemsOf(err), 1)
		})
	}
}

// Parts that stand in one another many times, or very deep, stay small.
func TestPublishedParts(t *testing.T) {
	t.Parallel()
	const many = 40
	var doubling, deep []string
	for i := range many {
		doubling = append(doubling, fmt.Sprintf("p%d.json", i), fmt.Sprintf(`{"properties": {"a": {"$ref": "p%d.json"}, "b": {"$ref": "p%d.json"}}}`, i+1, i+1))
	}
	for i := range 10 * many {
		deep = append(deep, fmt.Sprintf("p%d.json", i), fmt.Sprintf(`{"properties": {"a": {"$ref": "p%d.json"}}}`, i+1))
	}
	for last, files := range map[int][]string{many: doubling, 10 * many: deep} {
		files = append(files, fmt.Sprintf("p%d.json", last), `{"type": "integer"}`, "a.json", `{"$md": {"name": "xx"}, "properties": {"a": {"$ref": "p0.json"}}}`)
		catalog, err := artifacts.Load(folder(files...))
		require.NoError(t, err)
		x := catalog.Version("xx", "0.0.0")
		var document any = "no number"
		for range last + 1 {
			document = map[string]any{"a": document}
		}
		require.ErrorContains(t, x.Validate(document), "must be a whole number")
		require.Less(t, len(fmt.Sprint(x.Schema())), 1<<20)
	}
}

func FuzzPublished(f *testing.F) {
	f.Add(`{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json", "maximum": 9}}}`, `{"type": "integer"}`)
	f.Add(`{"$md": {"name": "xx"}, "properties": {"p": {"$ref": "p.json#/definitions/x"}}}`, `{"definitions": {"x": {"$ref": "#/definitions/x"}}}`)
	f.Add(`{"$md": {"name": "xx", "export": [{"template": "{{ artifact.a }}"}]}, "$ref": "p.json"}`, `{"allOf": [{"$ref": "a.json"}]}`)
	f.Fuzz(func(t *testing.T, whole, part string) {
		catalog, err := artifacts.Load(folder("a.json", whole, "p.json", part))
		if err != nil {
			require.NotEmpty(t, tenon.ProblemsOf(err))
			return
		}
		for _, x := range catalog.Types() {
			again, err := artifacts.Load(folder("a.json", whole, "p.json", part))
			require.NoError(t, err)
			require.Equal(t, x.Schema(), again.Version(x.Name(), x.Version()).Schema())
		}
	})
}
