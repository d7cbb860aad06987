package artifacts_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

func TestTypeTellsWhatItIs(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	require.Equal(t, "database@1.2.0", typ.String())
	require.Equal(t, "database", typ.Name())
	require.Equal(t, "Database", typ.Title())
	require.Empty(t, typ.Description())
	require.Empty(t, typ.IsA())
	require.Equal(t, []string{"host", "port"}, typ.Required())
	require.Equal(t, "database.yaml", typ.File())
	require.True(t, typ.Declares(tenon.At("host")))
	require.True(t, typ.Declares(tenon.At("replicas", 3, "host")))
	require.False(t, typ.Declares(tenon.At("hots")))
	require.False(t, typ.Forbids(tenon.At("anything")), "the schema leaves more keys open")
	grant, ok := typ.Grant("read")
	require.True(t, ok)
	require.Equal(t, []string{"aws"}, grant.Platforms())
	require.Equal(t, "database.yaml", grant.File)
	require.Equal(t, 15, grant.Line)
	_, ok = typ.Grant("write")
	require.False(t, ok)
	var sensitive []string
	for _, path := range typ.Sensitive() {
		sensitive = append(sensitive, path.String())
	}
	require.ElementsMatch(t, []string{"password", `replicas["*"].token`}, sensitive)
}

func TestTypeNamesItsSupertypes(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", simple("top", "1.0.0"), "b.yaml", simple("sub", "1.0.0", "isA: [top@^1.0]", "description: What it is.")))
	sub := catalog.Version("sub", "1.0.0")
	require.Equal(t, "What it is.", sub.Description())
	require.Equal(t, "top@^1.0", sub.IsA()[0].String())
	require.Empty(t, sub.Required())
	require.Empty(t, sub.Grants())
}

// The schema of the file itself is one, and knows what the format has.
func TestFileSchema(t *testing.T) {
	t.Parallel()
	compiled, err := jsonschema.CompileString("type.json", string(artifacts.FileSchema()))
	require.NoError(t, err)
	require.NoError(t, compiled.Validate(map[string]any{
		"artifact": "thing", "version": "1.0.0", "title": "T", "schema": map[string]any{}, "examples": []any{1}, "isA": []any{"other@1"},
		"exports": map[string]any{"uri": map[string]any{"file": "a", "template": "b"}}, "from": map[string]any{"aws_x": "{}"}, "x-mine": 1,
	}))
	require.Error(t, compiled.Validate(map[string]any{"artifact": "thing"}))
	artifacts.FileSchema()[0] = 'x'
	require.Equal(t, byte('{'), artifacts.FileSchema()[0])
}

func TestWhatIsGivenOutIsACopy(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	typ.Schema().(map[string]any)["required"] = nil
	typ.Examples()[0].(map[string]any)["host"] = 7
	typ.Sensitive()[0] = tenon.Path{}
	require.Equal(t, []string{"host", "port"}, typ.Required())
	require.Equal(t, "db.internal", typ.Examples()[0].(map[string]any)["host"])
	require.False(t, typ.Sensitive()[0].IsRoot())
}

func TestValidateWords(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	for document, want := range map[string]string{
		`{"host": "a", "port": 1}`:               "",
		`{"host": "a", "port": 1, "more": true}`: "",
		`{"host": "a", "port": "5432"}`:          `database@1.2.0: /port: must be a whole number between 1 and 65535, got "5432" (a string)`,
		`{"host": "a", "port": 65536}`:           `database@1.2.0: /port: must be a whole number between 1 and 65535, got 65536`,
		`{}`:                                     "database@1.2.0: /host: is required\ndatabase@1.2.0: /port: is required",
		`[]`:                                     `database@1.2.0: must be an object, got a list`,
		`{"host": "a", "port": 1, "password": ["s3cret"]}`:      `database@1.2.0: /password: must be a string, got a list`,
		`{"host": "a", "port": 1, "replicas": [{"token": 17}]}`: `database@1.2.0: /replicas/0/token: must be a string, got a whole number`,
	} {
		var value any
		require.NoError(t, json.Unmarshal([]byte(document), &value))
		err := typ.Validate(value)
		if want == "" {
			require.NoError(t, err, document)
			continue
		}
		require.EqualError(t, err, want)
		var invalid *artifacts.ValidationError
		require.ErrorAs(t, err, &invalid)
		require.Equal(t, "database@1.2.0", invalid.Type)
		require.NotEmpty(t, tenon.ProblemsOf(err))
	}
	require.ErrorContains(t, typ.Validate(func() {}), "database@1.2.0: json: unsupported type: func()")
	type host struct {
		Host string `json:"host"`
		Port uint16 `json:"port"`
	}
	require.NoError(t, typ.Validate(host{"a", 5432}), "any value that JSON can write")
}

func TestValidateFile(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	fsys := files("good.yaml", "host: a\nport: 5432\n", "bad.yaml", "host: a\nport: high\n", "no.yaml", "a: [\n")
	require.NoError(t, typ.ValidateFile(fsys, "good.yaml"))
	err := typ.ValidateFile(fsys, "bad.yaml")
	require.Equal(t, `bad.yaml:2:7: port: must be a whole number between 1 and 65535, got "high" (a string)`, tenon.ProblemsOf(err).Error())
	require.ErrorContains(t, typ.ValidateFile(fsys, "no.yaml"), "no.yaml:")
	require.Error(t, typ.ValidateFile(fsys, "missing.yaml"))
}

// Redaction keeps the shape, hides every sensitive leaf, and shows everything else.
func TestRedactProperty(t *testing.T) {
	t.Parallel()
	typ := loaded(t)
	rapid.Check(t, func(t *rapid.T) {
		var replicas []any
		for range rapid.IntRange(0, 4).Draw(t, "replicas") {
			replica := map[string]any{"host": rapid.StringMatching(`h[a-z]{3}`).Draw(t, "host")}
			if rapid.Bool().Draw(t, "has token") {
				replica["token"] = "S3CRET" + rapid.StringN(0, 5, 9).Draw(t, "token")
			}
			replicas = append(replicas, replica)
		}
		document := map[string]any{"host": "x", "port": json.Number("1"), "replicas": replicas, "password": "S3CRET"}
		before, err := json.Marshal(document)
		require.NoError(t, err)
		redacted := typ.Redact(document).(map[string]any)
		text, err := json.Marshal(redacted)
		require.NoError(t, err)
		require.NotContains(t, string(text), "S3CRET")
		require.Equal(t, strings.Count(string(before), "S3CRET"), strings.Count(string(text), artifacts.Redacted))
		after, err := json.Marshal(document)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after), "the document stays as it is")
		for n, replica := range redacted["replicas"].([]any) {
			require.Equal(t, replicas[n].(map[string]any)["host"], replica.(map[string]any)["host"])
			require.Len(t, replica, len(replicas[n].(map[string]any)))
		}
	})
}
