package artifacts_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

// Whatever stands in a file, it is a catalog of types whose examples are valid, or problems
// that name the file.
func FuzzLoad(f *testing.F) {
	for _, seed := range []string{database, shared, simple("thing", "1.0.0", "isA: [thing@1]"), "artifact: x", "&a [*a, *a]", "definitions: {a: {$ref: 'types:a'}}", "a: 1\na: 2\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		catalog, err := artifacts.Load(fstest.MapFS{"a.yaml": {Data: data}, "shared.yml": {Data: []byte(shared)}})
		if err != nil {
			require.Nil(t, catalog)
			for _, p := range tenon.ProblemsOf(err) {
				require.NotEmpty(t, p.Message)
				require.Contains(t, []string{"a.yaml", "shared.yml"}, p.File)
			}
			require.NotEmpty(t, tenon.ProblemsOf(err))
			return
		}
		for _, typ := range catalog.Types() {
			for _, example := range typ.Examples() {
				require.NoError(t, typ.Validate(example))
				typ.Redact(example)
			}
		}
	})
}

func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{"a", "postgresql@^1.2", "x1@>=1 <2", "@", "aa@", "aa@ ", "aa@1.2.3-rc.1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := artifacts.ParseRef(text)
		if err != nil {
			require.True(t, ref.IsZero())
			return
		}
		require.Equal(t, text, ref.String())
		again, err := artifacts.ParseRef(ref.String())
		require.NoError(t, err)
		require.Equal(t, ref.Name(), again.Name())
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"{{.a}}", "x{{ .a.b[0] }}y", "{{", "}}", "{{.a}}{{.a}}", "{{.a[99999999999999999999]}}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		template, err := artifacts.ParseTemplate(text)
		if err != nil {
			return
		}
		require.Equal(t, text, template.String())
		rendered, ok, err := template.Render(map[string]any{"a": "value"}, nil)
		if len(template.Fields()) == 0 {
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, text, rendered)
		}
	})
}
