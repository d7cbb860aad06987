package artifacts_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/artifacts"
)

// liquid renders a template of a published definition.
func liquid(t require.TestingT, template string, document any) (string, error) {
	text, err := json.Marshal(template)
	require.NoError(t, err)
	catalog, err := artifacts.Load(fstest.MapFS{"a.json": {Data: []byte(`{"$md": {"name": "xx", "export": [{"template": ` + string(text) + `, "base64": false}]}}`)}})
	if err != nil {
		return "", err
	}
	artifact, err := artifacts.New(catalog.Version("xx", "0.0.0"), document)
	require.NoError(t, err)
	file, err := artifact.Export(context.Background(), "export-1", "test", &taker{})
	return string(file.Content), err
}

// However a template is written, what it costs is bounded: each of these would take
// minutes, or more memory than there is.
func TestExportCost(t *testing.T) {
	t.Parallel()
	nodes := make([]any, 3000)
	for i := range nodes {
		nodes[i] = map[string]any{"name": strings.Repeat("x", 100)}
	}
	document := map[string]any{"host": "'", "password": `"`, "nodes": nodes, "tags": strings.Repeat("y", 1<<19)}
	for _, template := range []string{
		"{{.host" + strings.Repeat(" | shell", 40) + " | len}}",
		"{{.password" + strings.Repeat(" | json", 40) + " | len}}",
		"{{.password" + strings.Repeat(" | base64", 100) + " | len}}",
		`{{$x := .host}}{{range .nodes}}{{$x = shell $x}}{{end}}{{len $x}}`,
		`{{range .nodes}}{{if eq (json $) "x"}}{{end}}{{end}}`,
		`{{range .nodes}}{{if eq $.tags "x"}}{{end}}{{end}}`,
		`{{range .nodes}}{{range $.nodes}}{{end}}{{end}}`,
		`{{range .nodes}}` + strings.Repeat(`{{if $.host}}{{end}}`, 1000) + `{{end}}`,
	} {
		_, err := exported(t, template, document)
		require.ErrorContains(t, err, "it takes more than", template)
	}
	lines := make([]any, 3000)
	for i := range lines {
		lines[i] = ""
	}
	_, err := exported(t, "{{join .host .tags}}", map[string]any{"host": strings.Repeat("y", 1<<19), "tags": lines})
	require.ErrorContains(t, err, "it takes more than")
	_, err = artifacts.Load(withExport(strings.Repeat("x", 300_000)))
	require.ErrorContains(t, err, "has at most 262144 bytes")

	for _, template := range []string{
		`{% for i in artifact.list %}{% for j in artifact.list %}{% endfor %}{% endfor %}`,
		`{% for i in artifact.big | split: "" %}{% endfor %}`,
		`{{ artifact.big | split: "" | join: artifact.big | size }}`,
		`{{ artifact.text | split: "" | join: artifact.text | split: "" | join: artifact.text | size }}`,
		`{% for i in artifact.list %}{{ artifact.big }}{% endfor %}`,
		`{% for i in artifact.list %}` + strings.Repeat(`{% if i == 1 %}{% endif %}`, 100) + `{% endfor %}`,
		`{{ artifact.list | uniq | size }}`,
	} {
		_, err := liquid(t, template, map[string]any{"list": append(nodes, nodes...), "big": strings.Repeat("x", 1<<20), "text": strings.Repeat("ab,", 300)})
		require.ErrorContains(t, err, "it takes more than", template)
	}
	for template, want := range map[string]string{
		`{{ (1..2000000000) | join: "," }}`:                        `has no ranges`,
		`{% for i in (artifact.o["%"]..1000000000) %}{% endfor %}`: `has no ranges`,
		`{% if "%" == "%" and (1..3) contains 2 %}{% endif %}`:     `has no ranges`,
		`{% tablerow i in artifact.list %}{% endtablerow %}`:       `cannot use the tag "tablerow"`,
		`{% tenonfor i in artifact.list %}{% endtenonfor %}`:       `cannot use the tag "tenonfor"`,
		`{% Include 'x' %}`: `cannot use the tag "Include"`,
		`{{ artifact.a | append: "%}" | replace: "a", "b" }}`:                           `cannot use the filter "replace"`,
		"{{ artifact.a" + strings.Repeat(` | upcase`, 9) + " }}":                        `at most 8 filters`,
		`{% for i in artifact.list %}`:                                                  `unterminated "for" block`,
		`{% for %}{% endfor %}`:                                                         `does not parse`,
		`{% for i in artifact.a %}{% else %}x{% else %}y{% endfor %}`:                   `at most one else`,
		`{% for i in artifact.a limit: "x" %}{% endfor %}` + strings.Repeat(" ", 1<<18): `at most 262144 bytes`,
	} {
		_, err := liquid(t, template, map[string]any{})
		require.ErrorContains(t, err, want, template)
	}
}

func TestExportFiles(t *testing.T) {
	t.Parallel()
	load := func(file string) error {
		fsys := withExport("x")
		name, err := json.Marshal(file)
		require.NoError(t, err)
		fsys["db.yaml"].Data = []byte(strings.Replace(string(fsys["db.yaml"].Data), "file: database.env", "file: "+string(name), 1))
		_, err = artifacts.Load(fsys)
		return err
	}
	for _, file := range []string{"kubeconfig", ".cbtrc", "a_b-c.1.tar.gz", "_x"} {
		require.NoError(t, load(file), file)
	}
	for _, file := range []string{"", ".", "..", "...", "a/b", `a\b`, "c:x", "-rf", "a b", "a\nb", "a.", "nul", "COM1.txt", "é", strings.Repeat("x", 200)} {
		require.ErrorContains(t, load(file), "is not the name of a file", file)
	}
}

func TestExportStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	catalog, err := artifacts.Load(withExport("{{range .nodes}}x{{end}}"))
	require.NoError(t, err)
	artifact, err := artifacts.New(catalog.Version("db", "1.0.0"), map[string]any{"nodes": []any{map[string]any{}}})
	require.NoError(t, err)
	cancel()
	_, err = artifact.Export(ctx, "env", "test", &taker{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestLiquid(t *testing.T) {
	t.Parallel()
	document := map[string]any{
		"port": 443, "ratio": 0.5, "big": json.Number("12345678901234567890"), "on": true, "none": nil, "name": "a&b",
		"list": []any{3, 1, 2}, "tags": map[string]any{"b": 2, "a": 1, "c": 3},
	}
	for template, want := range map[string]string{
		`{{ artifact.port }} {{ artifact.ratio }} {{ artifact.big }} {{ artifact.on }}`:                                                 `443 0.5 12345678901234567890 true`,
		`{{ artifact.none }}{{ artifact.lost }}{{ artifact.lost.more }}`:                                                                ``,
		`{{ artifact.lost | default: "x" }}{{ artifact.name | escape | upcase }}`:                                                       `xA&AMP;B`,
		`{% if artifact.port == 443 %}tls{% else %}plain{% endif %}`:                                                                    `tls`,
		`{% for i in artifact.list %}{{ i }}{% unless forloop.last %},{% endunless %}{% endfor %}`:                                      `3,1,2`,
		`{% for i in artifact.list reversed limit: 2 offset: 1 %}{{ forloop.index }}:{{ i }} {% endfor %}`:                              `1:1 2:3 `,
		`{% for pair in artifact.tags %}{{ pair[0] }}={{ pair[1] }};{% endfor %}`:                                                       `a=1;b=2;c=3;`,
		`{% for i in artifact.lost %}x{% else %}none{% endfor %}`:                                                                       `none`,
		`{% for i in artifact.list %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}.`: `3.`,
		`{% for i in artifact.list %}{% for j in artifact.list %}{{ i }}{{ forloop.rindex0 }} {% break %}{% endfor %}{% endfor %}`:      `32 12 22 `,
		"a {%- for i in artifact.list -%}\n {{ i }}\n{%- endfor -%} b":                                                                  `a312b`,
		`{% raw %}{% include "x" %}{{ (1..9) | nothing }}{% endraw %}`:                                                                  `{% include "x" %}{{ (1..9) | nothing }}`,
		`{% comment %}{% for i in (1..9) %}{{ x | nothing }}{% endcomment %}.`:                                                          `.`,
		`{{ artifact.list | join: "+" }} {{ artifact.list | sort | first }} {{ "a..b" | split: ".." | last }}`:                          `3+1+2 1 b`,
		`{{ "x" | append: "y" | prepend: "w" | size }}{{ artifact.list | size }}`:                                                       `33`,
		`for endfor {{ "for" }}`: `for endfor for`,
	} {
		got, err := liquid(t, template, document)
		require.NoError(t, err, template)
		require.Equal(t, want, got, template)
	}
	_, err := liquid(t, `{% for i in artifact.list limit: "x" %}{% endfor %}`, document)
	require.ErrorContains(t, err, "does not suit the values")
}

func TestPublishedTemplates(t *testing.T) {
	t.Parallel()
	load := func(entries string) ([]artifacts.Export, error) {
		catalog, err := artifacts.Load(fstest.MapFS{"a.json": {Data: []byte(`{"$md": {"name": "xx", "export": [` + entries + `]}}`)}})
		if err != nil {
			return nil, err
		}
		return catalog.Version("xx", "0.0.0").Exports(), nil
	}
	exports, err := load(`{"template": "YQ==", "downloadButtonText": "Kube Config", "fileFormat": "YAML"}, {"template": "b", "downloadButtonText": "kube config"}, {"template": "c", "fileFormat": "../../etc/x"}`)
	require.NoError(t, err)
	var names []string
	for _, e := range exports {
		names = append(names, e.Name+" "+e.File+" "+e.Label+" "+e.Format)
	}
	require.Equal(t, []string{"kube-config kube-config.yaml Kube Config YAML", "kube-config-2 kube-config-2.txt kube config ", "export-3 export-3.etcx  ../../etc/x"}, names)
	_, err = load(`{"template": "{{ a }}", "base64": true}`)
	require.ErrorContains(t, err, `a.json:1:48: $md.export[0].template: the template is not in base64`)
	_, err = load(`{"template": "x", "templateLang": 3}`)
	require.ErrorContains(t, err, `the language "3" is not known`)

	for entry, want := range map[string]string{
		`{"template": "YQ=="}`:                  `a`,
		`{"template": "YQ==", "base64": false}`: `YQ==`,
		`{"template": "test"}`:                  `test`,
	} {
		catalog, err := artifacts.Load(fstest.MapFS{"a.json": {Data: []byte(`{"$md": {"name": "xx", "export": [` + entry + `]}}`)}})
		require.NoError(t, err)
		artifact, err := artifacts.New(catalog.Version("xx", "0.0.0"), map[string]any{})
		require.NoError(t, err)
		file, err := artifact.Export(t.Context(), "export-1", "test", &taker{})
		require.NoError(t, err)
		require.Equal(t, want, string(file.Content), entry)
	}
}

// What is escaped comes out as it went in, and means nothing where it is put.
func TestEscaping(t *testing.T) {
	t.Parallel()
	catalog, err := artifacts.Load(withExport(`{{.host | json}}` + "\n" + `{{.host | urlquery}}` + "\n" + `{{.host | urlpath}}` + "\n" + `{{.host | base64}}`))
	require.NoError(t, err)
	db := catalog.Version("db", "1.0.0")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.RuneFrom([]rune("'\"\\\n\r\x7f\u0080\u0085\u2028\u2029\ufeff\ufffe\uffff%&=?/#:@ \U0001fffe")))).Draw(t, "text")
		artifact, err := artifacts.New(db, map[string]any{"host": text})
		require.NoError(t, err)
		file, err := artifact.Export(context.Background(), "env", "test", &taker{})
		require.NoError(t, err)
		lines := strings.Split(string(file.Content), "\n")
		require.Len(t, lines, 4, "nothing breaks a line")
		var read string
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &read))
		require.Equal(t, text, read)
		require.NoError(t, yaml.Unmarshal([]byte("a: ["+lines[0]+"]"), &struct{ A *[]string }{&[]string{}}))
		for _, r := range lines[0] { // what the oldest readers of YAML take
			require.True(t, r >= 0x20 && r <= 0x7e || r >= 0xa0 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000, "%U", r)
		}
		query, err := url.ParseQuery("a=" + lines[1] + "&b=1")
		require.NoError(t, err)
		require.Equal(t, url.Values{"a": {text}, "b": {"1"}}, query)
		whole, err := url.Parse("https://u:" + lines[1] + "@h/a/" + lines[2] + "/b?c=" + lines[1])
		require.NoError(t, err)
		password, _ := whole.User.Password()
		require.Equal(t, []string{text, "/a/" + text + "/b", "h"}, []string{password, whole.Path, whole.Host})
		decoded, err := base64.StdEncoding.DecodeString(lines[3])
		require.NoError(t, err)
		require.Equal(t, text, string(decoded))
	})
}

// No template of either language crashes or hangs, and no error holds what is secret.
func FuzzTemplates(f *testing.F) {
	for _, seed := range []string{
		`{{range $i, $n := .nodes}}{{with $n}}{{.name}}{{end}}{{end}}`, `{{if eq .port 1 | not}}{{join "," .tags}}{{end}}`, `{{$x := .host}}{{$x = .tags}}{{$x.a}}`,
		`{% for i in artifact.nodes %}{{ i.name | split: "" | join: "x" }}{% endfor %}`, `{% case artifact.port %}{% when 1 %}{{ artifact.host | truncate: 3 }}{% endcase %}`,
		`{{ artifact.nodes | sort | uniq | compact | first }}`, `{%- if artifact.host contains "a" -%} x {%- endif -%}`,
	} {
		f.Add(seed)
	}
	const secret = "correct-horse-battery-staple"
	document := map[string]any{
		"host": secret, "port": 5432, "password": secret, "tags": map[string]any{"a": secret, "b": []any{secret, nil}},
		"nodes": []any{map[string]any{"name": secret}, map[string]any{"name": "map has no entry for key \"" + secret + "\""}},
	}
	f.Fuzz(func(t *testing.T, template string) {
		if strings.Contains(template, "staple") {
			return
		}
		if catalog, err := artifacts.Load(withExport(template)); err == nil {
			artifact, err := artifacts.New(catalog.Version("db", "1.0.0"), document)
			require.NoError(t, err)
			file, err := artifact.Export(t.Context(), "env", "test", &taker{})
			require.LessOrEqual(t, len(file.Content), 1<<20)
			if err != nil {
				require.NotContains(t, err.Error(), "staple")
			}
		}
		if text, err := liquid(t, template, document); err != nil {
			require.NotContains(t, err.Error(), "staple")
			require.Empty(t, text)
		}
	})
}

// Where a field is missing, the error says which, and nothing of the document.
func TestExportNames(t *testing.T) {
	t.Parallel()
	for template, want := range map[string]string{
		`{{range .nodes}}{{.labl}}{{end}}`:                  `nodes["*"].labl`,
		`{{range $i, $n := .nodes}}{{$n.labl}}{{end}}`:      `nodes["*"].labl`,
		`{{with .nodes}}{{range .}}{{.labl}}{{end}}{{end}}`: `nodes["*"].labl`,
		`{{$all := .nodes}}{{range $all}}{{.labl}}{{end}}`:  `nodes["*"].labl`,
		`{{with .host}}{{else}}{{.lost}}{{end}}`:            `the field lost`,
		`{{if .host}}{{.lost}}{{end}}`:                      `the field lost`,
		`{{.port.number}}`:                                  `the field port.number`,
		`{{.pasword | shell}}`:                              `did you mean "password"?`,
		`{{(.nodes).name}}`:                                 `the field nodes.name`,
	} {
		_, err := artifacts.Load(withExport(template))
		require.ErrorContains(t, err, want, template)
	}
	// What cannot be decided is not refused.
	document := map[string]any{"tags": map[string]any{"team": map[string]any{"name": "x"}}, "nodes": []any{map[string]any{"name": "n"}}}
	for template, want := range map[string]string{
		`{{.tags.team.name}}`:                                                `x`,
		`{{with .tags}}{{.team.name}}{{end}}`:                                `x`,
		`{{range .tags}}{{.name}}{{end}}`:                                    `x`,
		`{{$x := .nodes}}{{$x = .tags}}{{$x.team.name}}`:                     `x`,
		`{{(index .nodes 0).name}}`:                                          `n`,
		`{{range $i, $n := .nodes}}{{if eq $i 0}}{{$n.name}}{{end}}{{end}}`:  `n`,
		`{{if and (ge (len .nodes) 1) (lt (len .nodes) 2)}}one{{end}}`:       `one`,
		`{{if eq .tags .tags}}same{{end}}{{if ne .tags .nodes}}other{{end}}`: `sameother`,
	} {
		got, err := exported(t, template, document)
		require.NoError(t, err, template)
		require.Equal(t, want, got, template)
	}
	for template, want := range map[string]string{
		`{{.tags.lost}}`:           `the artifact has no lost`,
		`{{.host}}`:                `the artifact has no value for host`,
		`{{.tags}}`:                `a field that is an object cannot stand there as text`,
		`{{index .tags "lost"}}`:   `a field that is null cannot stand there as text`,
		`{{if lt .tags 1}}{{end}}`: `an object and a whole number have no order`,
	} {
		_, err := exported(t, template, map[string]any{"host": nil, "tags": map[string]any{}})
		require.ErrorContains(t, err, want, template)
	}
	_, err := exported(t, `{{range .tags}}{{end}}`, map[string]any{"tags": `map has no entry for key "correct-horse"`})
	require.ErrorContains(t, err, "does not suit")
	require.NotContains(t, err.Error(), "correct")
}

func ExampleExportError() {
	catalog, err := artifacts.Load(withExport("PASSWORD={{.password | shell}}\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	database, err := artifacts.New(catalog.Version("db", "1.0.0"), map[string]any{"host": "db.internal"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = database.Export(context.Background(), "env", "somebody asked for it", &taker{})
	var failed *artifacts.ExportError
	if errors.As(err, &failed) {
		fmt.Println("missing:", failed.Field)
	}
	fmt.Println(err)
	// Output:
	// missing: password
	// db@1.0.0: the export "env" cannot be made: the artifact has no password
}
