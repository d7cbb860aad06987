package artifacts_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

func block(t testing.TB, text string) any {
	t.Helper()
	var decoded any
	require.NoError(t, json.Unmarshal([]byte(text), &decoded))
	return decoded
}

func TestParseGrants(t *testing.T) {
	t.Parallel()
	grants, problems := artifacts.ParseGrants(block(t, `{"read": {
		"description": "Read it.",
		"aws": [{"actions": ["s3:GetObject", "s3:List*"], "resources": ["{{.arn}}/*"], "when": "{{.arn}}",
			"conditions": {"StringEquals": {"aws:ResourceAccount": ["{{.account}}", "fixed"]}}}, {"actions": ["s3:ListAllMyBuckets"], "anyResource": true}],
		"gcp": {"role": "roles/storage.objectViewer", "resource": "{{.id}}"}, "azure": {"scope": "{{.id}}"},
		"kubernetes": {"rules": [{"resourceNames": ["{{.name}}"]}]}, "sql": {"privileges": ["SELECT"], "on": "{{.schema}}"}
	}}`), func(tenon.Path) bool { return true })
	require.Empty(t, problems)
	read := grants["read"]
	require.Equal(t, "read", read.Name)
	require.Equal(t, "Read it.", read.Description)
	require.Equal(t, []string{"aws", "azure", "gcp", "kubernetes", "sql"}, read.Platforms())
	require.Equal(t, []string{"s3:GetObject", "s3:List*"}, read.AWS[0].Actions)
	require.Equal(t, "{{.arn}}/*", read.AWS[0].Resources[0].String())
	require.Equal(t, "{{.arn}}", read.AWS[0].When.String())
	require.Equal(t, "{{.account}}", read.AWS[0].Conditions["StringEquals"]["aws:ResourceAccount"][0].String())
	require.True(t, read.AWS[1].AnyResource)
	require.Nil(t, read.AWS[1].When)
	require.Equal(t, map[string]any{"role": "roles/storage.objectViewer", "resource": "{{.id}}"}, read.GCP)

	none, problems := artifacts.ParseGrants(nil, nil)
	require.Empty(t, none)
	require.Empty(t, problems)
	require.Empty(t, artifacts.Grant{}.Platforms())
}

func TestGrantMistakesAreToldInWords(t *testing.T) {
	t.Parallel()
	declares := func(path tenon.Path) bool { return path == tenon.At("arn") }
	for text, want := range map[string]string{
		`["read"]`:                `grants are an object of names, got a list`,
		`{"read": {"aws": [{}]}}`: "read.aws[0].actions: a statement needs at least one action\nread.aws[0].resources: a statement needs resources (say anyResource: true where the actions have no resource type)",
		`{"read": {"aws": [{"actions": ["s3"], "resources": ["{{.arn}}"]}]}}`:                                                                     `read.aws[0].actions[0]: "s3" is not an action such as sqs:SendMessage`,
		`{"read": {"aws": [{"actions": ["*"], "resources": ["{{.arn}}"]}]}}`:                                                                      `read.aws[0].actions[0]: "*" is not an action such as sqs:SendMessage`,
		`{"read": {"aws": [{"actions": ["a:B"], "resources": ["{{.arm}}", "}}"]}]}}`:                                                              "read.aws[0].resources[0]: {{.arm}} names the field arm, which the schema does not have\nread.aws[0].resources[1]: \"}}\" closes braces that it does not open",
		`{"read": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"], "when": "{{.x.y[0]}}"}]}}`:                                             `read.aws[0].when: {{.x.y[0]}} names the field x.y[0], which the schema does not have`,
		`{"read": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"], "when": "{{if}}"}]}}`:                                                  `read.aws[0].when: "{{if}}": only a field such as {{.arn}} may stand in braces, not {{if}}`,
		`{"read": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"], "conditions": {"Bool": {"k": ["{{.b}}"]}}}]}}`:                         `read.aws[0].conditions.Bool.k[0]: {{.b}} names the field b, which the schema does not have`,
		`{"read": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"], "conditions": {"Bool": {"k": ["{{"]}}}]}}`:                             `read.aws[0].conditions.Bool.k[0]: "{{" opens braces that it does not close`,
		`{"read": {"sql": {"on": "TABLE {{.table}}"}, "gcp": {"role": "{{}}"}, "azure": {"scope": "{{.arn}}"}, "kubernetes": [{"a": "{{.x}}"}]}}`: "read.gcp.role: \"{{}}\": only a field such as {{.arn}} may stand in braces, not {{}}\nread.kubernetes[0].a: {{.x}} names the field x, which the schema does not have\nread.sql.on: TABLE {{.table}} names the field table, which the schema does not have",
		`{"b": {"aws": [{}]}, "a": {"aws": [{"actions": ["a:B"], "resources": ["*"]}]}}`:                                                          "a.aws[0].resources[0]: a star alone allows everything (name the resource, or say anyResource: true where the actions have no resource type)\nb.aws[0].actions: a statement needs at least one action\nb.aws[0].resources: a statement needs resources (say anyResource: true where the actions have no resource type)",
	} {
		for range 5 { // in the same order each time
			_, problems := artifacts.ParseGrants(block(t, text), declares)
			require.EqualError(t, problems.Err(), want)
		}
	}
	_, problems := artifacts.ParseGrants(block(t, `{"read": 7}`), declares)
	require.ErrorContains(t, problems, "read: ")
	require.Equal(t, "bad-grant", problems[0].Rule)
}

func TestTemplateRender(t *testing.T) {
	t.Parallel()
	document := map[string]any{
		"arn": "arn:aws:s3:::images", "port": json.Number("5432"), "int": 8080, "on": true, "off": false, "none": nil, "empty": "",
		"list": []any{"a", map[string]any{"b-c": "deep"}}, "object": map[string]any{},
	}
	for text, want := range map[string]string{
		"":                           "",
		"fixed":                      "fixed",
		"{{.arn}}/*":                 "arn:aws:s3:::images/*",
		"{{ .arn }}{{.arn}}":         "arn:aws:s3:::imagesarn:aws:s3:::images",
		"{{.port}}-{{.on}}-{{.off}}": "5432-true-false",
		"{{.int}}":                   "8080",
		"{{.list[0]}}":               "a",
		"{{.list[1].b-c}}":           "deep",
	} {
		template, err := artifacts.ParseTemplate(text)
		require.NoError(t, err)
		got, ok, err := template.Render(document, nil)
		require.NoError(t, err)
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"{{.none}}", "a{{.empty}}", "{{.missing}}", "{{.arn.deeper}}", "{{.list[7]}}", "{{.arn[0]}}"} {
		template, err := artifacts.ParseTemplate(text)
		require.NoError(t, err)
		got, ok, err := template.Render(document, nil)
		require.NoError(t, err)
		require.False(t, ok, text)
		require.Empty(t, got)
	}
	for text, want := range map[string]string{"{{.list}}": "field list is not a text, a number or a truth value", "{{.object}}": "field object is not a text, a number or a truth value"} {
		template, err := artifacts.ParseTemplate(text)
		require.NoError(t, err)
		_, _, err = template.Render(document, nil)
		require.EqualError(t, err, want)
	}
}

// Escape sees each value with what stands before it, and may refuse it.
func TestTemplateEscape(t *testing.T) {
	t.Parallel()
	template, err := artifacts.ParseTemplate("a{{.x}}b{{.y}}")
	require.NoError(t, err)
	document := map[string]any{"x": "1", "y": "2"}
	var seen []string
	text, ok, err := template.Render(document, func(before string, field tenon.Path, text string) (string, error) {
		seen = append(seen, before+" "+field.String()+" "+text)
		return "<" + text + ">", nil
	})
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "a<1>b<2>", text)
	require.Equal(t, []string{"a x 1", "a<1>b y 2"}, seen)
	refused := errors.New("no")
	_, _, err = template.Render(document, func(string, tenon.Path, string) (string, error) { return "", refused })
	require.ErrorIs(t, err, refused)
}

func TestTemplateAsText(t *testing.T) {
	t.Parallel()
	var statement artifacts.AWSStatement
	require.NoError(t, json.Unmarshal([]byte(`{"actions": ["a:B"], "resources": ["{{.b}}{{.a}}{{.b}}"]}`), &statement))
	require.Equal(t, []tenon.Path{tenon.At("b"), tenon.At("a")}, statement.Resources[0].Fields())
	text, err := json.Marshal(statement)
	require.NoError(t, err)
	require.Equal(t, `{"actions":["a:B"],"resources":["{{.b}}{{.a}}{{.b}}"]}`, string(text))
	require.Error(t, json.Unmarshal([]byte(`{"resources": ["{{"]}`), &statement))
	for text, want := range map[string]string{
		"}}":                           `"}}" closes braces that it does not open`,
		"{{.a}}}}":                     `"{{.a}}}}" closes braces that it does not open`,
		"{{.a":                         `"{{.a" opens braces that it does not close`,
		"{{a}}":                        `"{{a}}": only a field such as {{.arn}} may stand in braces, not {{a}}`,
		"{{.}}":                        `"{{.}}": only a field such as {{.arn}} may stand in braces, not {{.}}`,
		"{{.a[*]}}":                    `"{{.a[*]}}": only a field such as {{.arn}} may stand in braces, not {{.a[*]}}`,
		"{{.a[99999999999999999999]}}": `"{{.a[99999999999999999999]}}": 99999999999999999999 is not an index`,
	} {
		_, err := artifacts.ParseTemplate(text)
		require.EqualError(t, err, want)
	}
}
