package bundle_test

import (
	"encoding/json"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
)

// parse loads a bundle with one step from the text of its file without the steps.
func parse(t testing.TB, text string) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Load(fstest.MapFS{"bundle.yaml": {Data: []byte("bundle: test\nversion: 1.0.0\n" + text)}}, ".")
	require.NoError(t, err)
	return b
}

const oneStep = "steps: [{name: main, path: src, driver: terraform}]\n"

const database = `params:
  type: object
  additionalProperties: false
  required: [size]
  properties:
    size: {type: string, enum: [small, large]}
    zones: {type: array, items: {type: string}, default: [a, b]}
    note: {type: [string, "null"], default: none}
    login:
      type: object
      required: [name]
      properties:
        name: {type: string, default: admin}
        password: {type: string, minLength: 8, x-sensitive: true, x-immutable: true}
    tokens: {type: array, items: {type: object, properties: {key: {type: string, x-sensitive: true}}}}
presets:
  small: {values: {size: small, login: {name: app}}}
` + oneStep

func TestMerge(t *testing.T) {
	t.Parallel()
	b := parse(t, database)
	preset, ok := b.Preset("small")
	require.True(t, ok)
	cases := []struct {
		name   string
		layers []map[string]any
		want   string
	}{
		{"defaults under a preset", []map[string]any{preset.Values}, `{"size": "small", "zones": ["a", "b"], "note": "none", "login": {"name": "app"}}`},
		{"the later layer wins", []map[string]any{preset.Values, {"size": "large"}, {"size": "small"}}, `{"size": "small", "zones": ["a", "b"], "note": "none", "login": {"name": "app"}}`},
		{"maps merge deeply", []map[string]any{preset.Values, {"login": map[string]any{"password": "correct-horse"}}}, `{"size": "small", "zones": ["a", "b"], "note": "none", "login": {"name": "app", "password": "correct-horse"}}`},
		{"a default inside what is set", []map[string]any{{"size": "small", "login": map[string]any{"password": "correct-horse"}}}, `{"size": "small", "zones": ["a", "b"], "note": "none", "login": {"name": "admin", "password": "correct-horse"}}`},
		{"lists replace", []map[string]any{preset.Values, {"zones": []any{"c"}}}, `{"size": "small", "zones": ["c"], "note": "none", "login": {"name": "app"}}`},
		{"null stays", []map[string]any{preset.Values, {"note": nil}}, `{"size": "small", "zones": ["a", "b"], "note": null, "login": {"name": "app"}}`},
		{"layers may be nil", []map[string]any{nil, preset.Values, nil}, `{"size": "small", "zones": ["a", "b"], "note": "none", "login": {"name": "app"}}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			merged, problems := b.Params.Merge(c.layers...)
			require.Empty(t, problems)
			got, err := json.Marshal(merged)
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

func TestMergeProblems(t *testing.T) {
	t.Parallel()
	b := parse(t, database)
	_, problems := b.Params.Merge(map[string]any{
		"siez": "small", "zones": []any{"a", 1}, "login": map[string]any{"password": "hunter2"}, "tokens": []any{map[string]any{"key": 4711}},
	})
	require.EqualError(t, problems.Err(), `login.password: must have at least 8 characters
siez: unknown key "siez" (did you mean "size"?)
size: is required
tokens[0].key: must be a string, got a whole number
zones[1]: must be a string, got 1 (a whole number)`, "no sensitive value is shown")

	_, problems = b.Params.Merge(map[string]any{"size": make(chan int)})
	require.Len(t, problems, 1)
	require.Equal(t, "not-json", problems[0].Rule)
}

func TestMarkedParams(t *testing.T) {
	t.Parallel()
	b := parse(t, database)
	require.Equal(t, []tenon.Path{tenon.At("login", "password"), tenon.At("tokens", "*", "key")}, b.Params.Sensitive())
	require.Equal(t, []tenon.Path{tenon.At("login", "password")}, b.Params.Immutable())
	require.Equal(t, []string{"login", "note", "size", "tokens", "zones"}, b.Params.Names())
	require.Equal(t, []string{"size"}, b.Params.Required())
	require.ElementsMatch(t, []tenon.Path{tenon.At("login", "password"), tenon.At("tokens", 1, "key")}, b.Params.SensitiveIn(map[string]any{
		"login": map[string]any{"password": "x"}, "tokens": []any{map[string]any{}, map[string]any{"key": "x"}},
	}))
	schema, _ := b.Params.Schema().(map[string]any)
	schema["type"] = "string"
	again, _ := b.Params.Schema().(map[string]any)
	require.Equal(t, "object", again["type"], "a copy")
}

// Merging again what was merged changes nothing, layers are left as they were, and what
// comes out shares nothing with them.
func TestMergeLaws(t *testing.T) {
	t.Parallel()
	b := parse(t, database)
	rapid.Check(t, func(t *rapid.T) {
		scalar := rapid.OneOf(rapid.Just(any(nil)), rapid.Map(rapid.String(), func(s string) any { return s }), rapid.Map(rapid.Bool(), func(b bool) any { return b }))
		name := rapid.SampledFrom([]string{"size", "zones", "note", "login", "name", "password", "other"})
		var document func(depth int) *rapid.Generator[any]
		document = func(depth int) *rapid.Generator[any] {
			if depth == 0 {
				return scalar
			}
			return rapid.OneOf(scalar, rapid.Map(rapid.SliceOfN(document(depth-1), 0, 2), func(list []any) any { return list }),
				rapid.Map(rapid.MapOfN(name, document(depth-1), 0, 3), func(object map[string]any) any { return object }))
		}
		layers := make([]map[string]any, rapid.IntRange(0, 3).Draw(t, "layers"))
		for i := range layers {
			layers[i] = rapid.MapOfN(name, document(2), 0, 4).Draw(t, "layer")
		}
		before, err := json.Marshal(layers)
		require.NoError(t, err)
		merged, problems := b.Params.Merge(layers...)
		first, err := json.Marshal(merged)
		require.NoError(t, err)

		again, repeated := b.Params.Merge(append(layers, merged)...)
		second, err := json.Marshal(again)
		require.NoError(t, err)
		require.JSONEq(t, string(first), string(second))
		require.Equal(t, problems, repeated)

		scribble(merged)
		after, err := json.Marshal(layers)
		require.NoError(t, err)
		require.Equal(t, string(before), string(after))
	})
}

func scribble(v any) {
	switch v := v.(type) {
	case map[string]any:
		for _, below := range v {
			scribble(below)
		}
		v["scribbled"] = true
	case []any:
		for i, below := range v {
			scribble(below)
			v[i] = "scribbled"
		}
	}
}
