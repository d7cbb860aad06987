package artifacts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

type taker struct {
	reveals []artifacts.Reveal
	refuse  error
}

func (r *taker) RecordReveal(_ context.Context, reveal artifacts.Reveal) error {
	r.reveals = append(r.reveals, reveal)
	return r.refuse
}

func withExport(template string) fstest.MapFS {
	quoted, _ := json.Marshal(template)
	return fstest.MapFS{"db.yaml": {Data: []byte(`artifact: db
version: 1.0.0
title: Database
schema:
  type: object
  properties: {host: {}, port: {type: integer}, password: {x-sensitive: true}, tags: {}, nodes: {type: array, items: {type: object, properties: {name: {}}}}}
exports: {env: {file: database.env, template: ` + string(quoted) + `}}
examples: [{host: db}]
`)}}
}

func exported(t *testing.T, template string, document map[string]any) (string, error) {
	t.Helper()
	catalog, err := artifacts.Load(withExport(template))
	require.NoError(t, err)
	artifact, err := artifacts.New(catalog.Version("db", "1.0.0"), document)
	require.NoError(t, err)
	file, err := artifact.Export(t.Context(), "env", "test", &taker{})
	return string(file.Content), err
}

func ExampleArtifact_Export() {
	catalog, err := artifacts.Load(withExport("DATABASE_URL=postgres://shop:{{.password | urlquery}}@{{.host}}:{{.port}}/shop\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	database, err := artifacts.New(catalog.Version("db", "1.0.0"), map[string]any{"host": "db.internal", "port": 5432, "password": "p@ss word"})
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := database.Export(context.Background(), "env", "somebody asked for it", &taker{})
	fmt.Print(file.Name, " ", string(file.Content), err, "\n")
	// Output:
	// database.env DATABASE_URL=postgres://shop:p%40ss%20word@db.internal:5432/shop
	// <nil>
}

func TestExport(t *testing.T) {
	t.Parallel()
	document := map[string]any{
		"host": "it's", "port": 5432, "password": "a'b\"c$d\n", "tags": map[string]any{"a": true, "b": []any{1, nil}},
		"nodes": []any{map[string]any{"name": "n1"}, map[string]any{"name": "n2"}},
	}
	for template, want := range map[string]string{
		`{{.port}}`:                     `5432`,
		`{{.host | shell}}`:             `'it'\''s'`,
		`{{.host | sql}}`:               `'it''s'`,
		`{{.host | json}}`:              `"it's"`,
		`{{.tags | yaml}}`:              `{"a":true,"b":[1,null]}`,
		`{{.password | base64}}`:        `YSdiImMkZAo=`,
		`{{.host | base64 | unbase64}}`: `it's`,
		`{{range $i, $n := .nodes}}{{if $i}},{{end}}{{$n.name}}{{end}}`: `n1,n2`,
		`{{range .nodes}}{{.name | urlpath}}/{{$.port}};{{end}}`:        `n1/5432;n2/5432;`,
		`{{with .tags}}{{.a}}{{end}}{{if not .host}}x{{end}}`:           `true`,
	} {
		got, err := exported(t, template, document)
		require.NoError(t, err, template)
		require.Equal(t, want, got, template)
	}
}

func TestExportFails(t *testing.T) {
	t.Parallel()
	many := make([]any, 400)
	for i := range many {
		many[i] = map[string]any{"name": strings.Repeat("x", 100)}
	}
	document := map[string]any{"host": map[string]any{"secret": "correct-horse"}, "port": 1, "password": "correct-horse\x00", "nodes": many}
	for template, want := range map[string]string{
		`{{.tags}}`:                `db@1.0.0: the export "env" cannot be made: the artifact has no tags`,
		`{{.host | shell}}`:        `a field that is an object cannot stand there as text`,
		`{{.password | sql}}`:      `a value holds a NUL`,
		`{{.password | shell}}`:    `a value holds a NUL`,
		`{{.password | unbase64}}`: `a value is not in base64`,
		`{{join "," .password}}`:   `join takes a separator and a list`,
		`{{index .password 900}}`:  `the template does not suit`,
		`{{range .nodes}}{{range $.nodes}}{{range $.nodes}}{{end}}{{end}}{{end}}`: `it takes more than 1048576 bytes, or too many rounds`,
		`{{range .nodes}}{{range $.nodes}}{{.name}}{{end}}{{end}}`:                `it takes more than`,
	} {
		content, err := exported(t, template, document)
		require.ErrorContains(t, err, want, template)
		var failed *artifacts.ExportError
		require.ErrorAs(t, err, &failed)
		require.Empty(t, content)
		require.NotContains(t, err.Error(), "correct")
	}
	for template, want := range map[string]string{
		`{{.hots}}`:                         `db.yaml:7:47: exports.env.template: the template names the field hots, which the schema does not have`,
		`{{range .nodes}}{{$.lost}}{{end}}`: `the template names the field lost`,
		`{{`:                                `the template does not parse`,
		`{{.host | printf "%1000000d"}}`:    `cannot use printf`,
		`{{call .host}}`:                    `cannot use call`,
		`{{html .host}}`:                    `cannot use html`,
		`{{define "x"}}{{end}}`:             `cannot use define`,
		`{{range 1000000000}}{{end}}`:       `cannot use range over a number`,
		`{{template "env" .}}`:              `cannot use template`,
		`{{now}}`:                           `function "now" not defined`,
	} {
		_, err := artifacts.Load(withExport(template))
		require.ErrorContains(t, err, want, template)
	}
	for _, file := range []string{"../x", "a/b", "/etc/passwd", ".", "..", "", "a\\b"} {
		fsys := withExport("x")
		fsys["db.yaml"].Data = []byte(strings.Replace(string(fsys["db.yaml"].Data), "file: database.env", "file: "+fmt.Sprintf("%q", file), 1))
		_, err := artifacts.Load(fsys)
		require.ErrorContains(t, err, "is not the name of a file", file)
	}
}

func TestExportIsRecorded(t *testing.T) {
	t.Parallel()
	catalog, err := artifacts.Load(withExport("{{.host}}"))
	require.NoError(t, err)
	artifact, err := artifacts.New(catalog.Version("db", "1.0.0"), map[string]any{"host": "db"})
	require.NoError(t, err)
	r := &taker{}
	_, err = artifact.Export(t.Context(), "evn", "why", r)
	require.Equal(t, "unknown-export", tenon.ProblemsOf(err)[0].Rule)
	require.ErrorContains(t, err, `did you mean "env"?`)
	require.Empty(t, r.reveals)
	_, err = artifact.Export(t.Context(), "env", "", r)
	require.Error(t, err)
	_, err = artifact.Export(t.Context(), "env", "why", &taker{refuse: errors.New("no")})
	require.ErrorContains(t, err, "no")
	_, err = artifact.Export(t.Context(), "env", "why", r)
	require.NoError(t, err)
	require.Equal(t, []artifacts.Reveal{{Type: "db@1.0.0", Reason: "why"}}, r.reveals)
}

// What is quoted comes out as it went in.
func FuzzQuoting(f *testing.F) {
	f.Add("it's")
	f.Add("$(rm -rf /)\n`x` \\ \"")
	f.Add("\u2028\u0085")
	shell, err := exec.LookPath("sh")
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "?")
		document := map[string]any{"host": text}
		quoted, failed := exported(t, "{{.host | yaml}}", document)
		require.NoError(t, failed)
		var back string
		require.NoError(t, yaml.Unmarshal([]byte(quoted), &back), quoted)
		require.Equal(t, text, back)
		if strings.ContainsRune(text, 0) {
			return
		}
		statement, failed := exported(t, "{{.host | sql}}", document)
		require.NoError(t, failed)
		require.Equal(t, text, strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(statement, "'"), "'"), "''", "'"))
		if err != nil {
			return
		}
		word, failed := exported(t, "{{.host | shell}}", document)
		require.NoError(t, failed)
		output, ran := exec.Command(shell, "-c", "printf %s "+word).Output()
		require.NoError(t, ran)
		require.Equal(t, text, string(output))
	})
}
