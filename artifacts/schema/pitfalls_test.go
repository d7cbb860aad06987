package schema_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

func parsed(t *testing.T, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(text), nil)
	require.NoError(t, err, text)
	return s
}

func document(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var v any
	require.NoError(t, decoder.Decode(&v))
	return v
}

const (
	draft04 = `"$schema": "http://json-schema.org/draft-04/schema#"`
	draft19 = `"$schema": "https://json-schema.org/draft/2019-09/schema"`
	draft20 = `"$schema": "https://json-schema.org/draft/2020-12/schema"`
)

// What was once decided wrongly: a document that is valid under the first, and not under
// the second.
func TestNotCompatible(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ a, b, document string }{
		"an empty pattern and an empty name": {
			`{"type": "object", "patternProperties": {"": true}, "additionalProperties": false}`,
			`{"type": "object", "properties": {"": true}, "additionalProperties": false}`, `{"x": 1}`,
		},
		"the newest draft by its short name": {`{"$schema": "http://json-schema.org/schema#"}`, `{"$schema": "http://json-schema.org/schema#", "prefixItems": [{"type": "string"}]}`, `[1]`},
		"an anchor in what nobody knows":     {`{` + draft20 + `, "$defs": {"x": {"$anchor": "foo", "type": "string"}}, "$ref": "#foo", "zzz": {"$anchor": "foo", "type": "number"}}`, `{"type": "number"}`, `"a"`},
		"an anchor in a default":             {`{` + draft20 + `, "$defs": {"x": {"$anchor": "foo", "type": "string"}}, "$ref": "#foo", "default": {"$anchor": "foo", "type": "number"}}`, `{"type": "number"}`, `"a"`},
		"id where it is $id":                 {`{"definitions": {"a": {"$id": "#foo", "type": "string"}, "b": {"id": "#foo", "type": "number"}}, "allOf": [{"$ref": "#foo"}]}`, `{"type": "number"}`, `"a"`},
		"an id inside, in draft 4": {
			`{` + draft04 + `, "allOf": [{"id": "http://x/y", "definitions": {"s": {"type": "string"}}, "allOf": [{"$ref": "#/definitions/s"}]}], "definitions": {"s": {"type": "number"}}}`,
			`{"type": "number"}`, `"a"`,
		},
		"an id inside, by its address": {
			`{` + draft20 + `, "$id": "http://x/root.json", "$defs": {"p": {"$id": "part.json", "$defs": {"s": {"type": "string"}}, "$ref": "#/$defs/s"}, "s": {"type": "number"}}, "$ref": "part.json"}`,
			`{"type": "number"}`, `"a"`,
		},
		"keys past the surrogates":           {`{"type": "object", "patternProperties": {"^[\\x{DC00}-\\x{E0FF}]$": true}, "additionalProperties": false}`, `{"maxProperties": 0}`, `{"\ue000": 1}`},
		"a percent sign that is a slash":     {`{"definitions": {"a/b": {"type": "string"}, "a": {"b": {"type": "number"}}}, "$ref": "#/definitions/a%2Fb"}`, `{"type": "string"}`, `1`},
		"a percent sign that is an escape":   {`{"definitions": {"a/b": {"type": "string"}, "a~1b": {"type": "number"}}, "$ref": "#/definitions/a%7E1b"}`, `{"type": "number"}`, `"s"`},
		"the same pattern, written twice":    {`{"type": "object", "patternProperties": {"^\\u0061": {"type": "string"}, "^\\u{61}": {"minLength": 2}}, "required": ["a"]}`, `{"properties": {"a": {"minLength": 3}}}`, `{"a": "xx"}`},
		"a definition under another name":    {`{"x-defs": {"a": {"type": "string", "pattern": "^\\u0061"}}, "$ref": "#/x-defs/a"}`, `{"minLength": 2}`, `"a"`},
		"a dynamic reference to an anchor":   {`{` + draft20 + `, "$defs": {"x": {"$anchor": "foo", "type": "string"}}, "$dynamicRef": "#foo"}`, `{"type": "number"}`, `"a"`},
		"a recursive reference in a part":    {`{` + draft19 + `, "$defs": {"x": {"$id": "http://x/x", "type": "object", "properties": {"n": {"$recursiveRef": "#"}}}}, "$ref": "http://x/x"}`, `{"properties": {"n": {"type": "string"}}}`, `{"n": {}}`},
		"what stands beside $ref in draft 7": {`{"definitions": {"x": {"type": "object"}}, "$ref": "#/definitions/x", "properties": {"a": {"type": "string"}}}`, `{"properties": {"a": {"type": "string"}}}`, `{"a": 1}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b, v := parsed(t, test.a), parsed(t, test.b), document(t, test.document)
			require.NoError(t, a.Validate(v))
			require.Error(t, b.Validate(v))
			verdict := schema.Compatible(a, b)
			require.Equal(t, schema.No, verdict.Answer, "%+v", verdict)
			require.NotEqual(t, schema.Yes, a.Empty().Answer)
		})
	}
}

// Keywords that are words, whatever the library makes of them by itself.
func TestAnnotations(t *testing.T) {
	t.Parallel()
	for keyword, document := range map[string]string{
		`"format": "regex"`: "(", `"format": "ipv4"`: "x", `"contentEncoding": "base64"`: "!", `"contentMediaType": "application/json"`: "{",
	} {
		annotated := parsed(t, `{"type": "string", `+keyword+`}`)
		require.NoError(t, annotated.Validate(document), keyword)
		require.Equal(t, schema.Yes, schema.Compatible(parsed(t, `{"type": "string"}`), annotated).Answer)
	}
	// One document means two things, with and without formats.
	text := `{"definitions": {"t": {"format": "ipv4", "properties": {"next": {"$ref": "#/definitions/t"}}}}, "type": "object", "allOf": [{"$ref": "#/definitions/t"}]}`
	asserted, err := schema.Parse([]byte(text), &schema.Options{Formats: true})
	require.NoError(t, err)
	require.Equal(t, schema.Unknown, schema.Compatible(parsed(t, text), asserted).Answer)
}

func TestCountsPastWhatIsHeld(t *testing.T) {
	t.Parallel()
	require.Equal(t, schema.Yes, schema.Compatible(parsed(t, `{"type": "string"}`), parsed(t, `{"maxLength": 1e30}`)).Answer)
	require.NoError(t, parsed(t, `{"maxLength": 1e30, "maxItems": 9223372036854775808}`).Validate("a"))
	require.Error(t, parsed(t, `{"minLength": 1e30}`).Validate("a"))
	require.NotEqual(t, schema.No, schema.Compatible(parsed(t, `{"type": "string", "minLength": 1e30}`), parsed(t, `{"minLength": 3}`)).Answer)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"$schema": "https://json-schema.org/draft/2020-12/meta/applicator"}`: `/$schema: "https://json-schema.org/draft/2020-12/meta/applicator" is not a draft of JSON Schema that is known here`,
		`{"$schema": 7}`: `/$schema: "" is not a draft of JSON Schema that is known here`,
		`{"properties": {"a": {"$ref": "#/"}}, "": {"type": "string"}}`:                                                                                                   `/properties/a/$ref: "#/" leads through an empty key, which is not supported`,
		`{` + draft20 + `, "$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}`:                                                                                      `is the name of what is at`,
		`{"definitions": {"n": {"allOf": [{"$ref": "#"}]}}, "properties": {"p": {"$ref": "#/definitions/n"}}, "if": {"$ref": "#/definitions/n"}, "then": {"minimum": 1}}`: `a reference leads back to itself without getting anywhere`,
		`{"definitions": {"n": {"not": {"$ref": "#"}}}, "properties": {"p": {"$ref": "#/definitions/n"}}, "dependencies": {"a": {"$ref": "#/definitions/n"}}}`:            `a reference leads back to itself without getting anywhere`,
	} {
		_, err := schema.Parse([]byte(text), nil)
		var invalid *schema.InvalidError
		require.True(t, errors.As(err, &invalid), "%s: %v", text, err)
		require.Contains(t, err.Error(), want)
	}
	for _, text := range []string{"0x10", "1/3", "01", "+5", ".5", "5.", "1_0", "", "-", "1e", "1e+"} {
		_, err := schema.Compile(map[string]any{"const": json.Number(text)}, nil)
		require.ErrorContains(t, err, "is not a number", text)
		require.Error(t, parsed(t, `{"type": "number"}`).Validate(json.Number(text)))
	}
	_, err := schema.Compile(map[string]any{"enum": []any{map[string]any{"\xff": 1, "\xfe": 1}}}, nil)
	require.ErrorContains(t, err, "two keys are the same")
}

func TestSharedNames(t *testing.T) {
	t.Parallel()
	options := &schema.Options{Shared: func(reference string) (any, bool) {
		known := map[string]any{
			"root.json": map[string]any{"type": "number"},
			"t:7":       map[string]any{"definitions": map[string]any{"x": map[string]any{"type": "object"}}, "$ref": "#/definitions/x", "properties": map[string]any{"a": true}},
		}
		document, ok := known[reference]
		return document, ok
	}}
	named, err := schema.Parse([]byte(`{"properties": {"n": {"$ref": "root.json"}}}`), options)
	require.NoError(t, err)
	require.NoError(t, named.Validate(map[string]any{"n": 1}), "no name means the document itself")
	require.Error(t, named.Validate(map[string]any{"n": "x"}))
	// What stands beside a reference of draft 7 evaluates nothing.
	strict, err := schema.Parse([]byte(`{`+draft20+`, "$ref": "t:7", "unevaluatedProperties": false}`), options)
	require.NoError(t, err)
	require.Error(t, strict.Validate(map[string]any{"a": 1}))
	require.NotEqual(t, schema.Yes, schema.Compatible(parsed(t, `{"type": "object", "properties": {"a": true}, "additionalProperties": false}`), strict).Answer)
}

func TestNormalNames(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ text, valid, invalid string }{
		{`{"definitions": {"a%62": {"type": "object", "properties": {"n": {"$ref": "#/definitions/a%2562"}}}, "ab": {"type": "object", "properties": {"m": {"$ref": "#/definitions/ab"}}}}, "properties": {"x": {"$ref": "#/definitions/a%2562"}, "y": {"$ref": "#/definitions/ab"}}}`, `{"x": {"n": {}, "m": 1}}`, `{"x": {"n": {"n": 1}}}`},
		{`{"definitions": {"a/b": {"type": "object", "properties": {"n": {"$ref": "#/definitions/a~1b"}}}}, "$ref": "#/definitions/a~1b"}`, `{"n": {"n": {}}}`, `{"n": {"n": 1}}`},
		{`{"definitions": {"a~0b": {"type": "object", "properties": {"n": {"$ref": "#/definitions/a~00b"}}}}, "$ref": "#/definitions/a~00b"}`, `{"n": {"n": {}}}`, `{"n": 1}`},
		{`{"required": ["a"], "not": {"properties": {"a": {"type": "string"}}}}`, `{"a": 1}`, `{"a": "x"}`},
	} {
		normal, err := parsed(t, test.text).Normal()
		require.NoError(t, err)
		again, err := schema.Compile(normal, nil)
		require.NoError(t, err, "%v", normal)
		require.NoError(t, again.Validate(document(t, test.valid)), "%v", normal)
		require.Error(t, again.Validate(document(t, test.invalid)), "%v", normal)
	}
}

func TestAndDocument(t *testing.T) {
	t.Parallel()
	local := parsed(t, `{"definitions": {"s": {"type": "string", "minLength": 2}}, "$ref": "#/definitions/s"}`)
	tuple := parsed(t, `{`+draft20+`, "prefixItems": [{"type": "string"}]}`)
	for _, test := range []struct {
		both           *schema.Schema
		valid, invalid string
	}{
		{local.And(parsed(t, `{"maxLength": 3}`)), `"abc"`, `"a"`},
		{tuple.And(parsed(t, `{"type": "array", "items": [true, {"type": "number"}]}`)), `["a", 1]`, `["a", "b"]`},
		{tuple.And(parsed(t, `{"type": "array"}`)), `["a"]`, `[1]`},
		{local.And(local).And(parsed(t, `{"maxLength": 3}`)), `"abc"`, `"a"`},
	} {
		again, err := schema.Compile(test.both.Document(), nil)
		require.NoError(t, err)
		for _, s := range []*schema.Schema{test.both, again} {
			require.NoError(t, s.Validate(document(t, test.valid)))
			require.Error(t, s.Validate(document(t, test.invalid)))
		}
		require.Equal(t, schema.Yes, schema.Compatible(test.both, again).Answer)
		require.Equal(t, schema.Yes, schema.Compatible(again, test.both).Answer)
	}
}

func TestDiffOfWhatRecurs(t *testing.T) {
	t.Parallel()
	tree := func(more string) *schema.Schema {
		return parsed(t, `{"definitions": {"t": {"type": "object", "properties": {`+more+`"l": {"$ref": "#/definitions/t"}, "r": {"$ref": "#/definitions/t"}}}}, "$ref": "#/definitions/t"}`)
	}
	report := schema.Diff(tree(""), tree(`"v": {"type": "string"}, `))
	require.Equal(t, schema.Minor, report.Bump, report.String())
	require.Equal(t, schema.Major, schema.Diff(tree(`"v": {"type": "number"}, `), tree(`"v": {"type": "string"}, `)).Bump)
	for name, pair := range map[string][2]string{
		"in alternatives":   {`{"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}]}`, `{"type": "object", "anyOf": [{"required": ["a"]}, {"required": ["b"]}], "properties": {"a": {"type": "number"}}}`},
		"among names":       {`{"type": "object", "propertyNames": {"enum": ["a"]}}`, `{"type": "object", "propertyNames": {"enum": ["a"]}, "properties": {"a": {"type": "number"}}}`},
		"in a dependency":   {`{"dependencies": {"a": ["b"]}}`, `{"dependencies": {"a": ["b"]}, "properties": {"b": {"type": "number"}}}`},
		"past the fiftieth": {`{"items": [` + strings.Repeat(`{},`, 50) + `{"type": "object"}, {"properties": {"k": {"type": "string"}}}]}`, `{"items": [` + strings.Repeat(`{},`, 50) + `{"type": "object", "properties": {"k": {"type": "string"}}}, {"properties": {"k": {"type": "number"}}}]}`},
	} {
		require.Equal(t, schema.Major, schema.Diff(parsed(t, pair[0]), parsed(t, pair[1])).Bump, name)
	}
}

// Alternatives of alternatives are counted before anybody tries them.
func TestCostly(t *testing.T) {
	t.Parallel()
	var definitions []string
	for i := range 40 {
		definitions = append(definitions, fmt.Sprintf(`"d%d": {"oneOf": [{"$ref": "#/definitions/d%d"}, {"allOf": [{"$ref": "#/definitions/d%d"}, {"minimum": %d}]}]}`, i, i+1, i+1, i))
	}
	costly := parsed(t, `{"definitions": {`+strings.Join(definitions, ", ")+`, "d40": {"type": "string"}}, "properties": {"x": {"$ref": "#/definitions/d0"}}}`)
	require.ErrorIs(t, costly.Validate(map[string]any{"x": 1}), schema.ErrCostly)
	require.Equal(t, schema.Unknown, costly.Empty().Answer)
	require.Equal(t, schema.Unknown, schema.Compatible(costly, parsed(t, `{"type": "string"}`)).Answer)
	require.Equal(t, schema.Unknown, schema.Compatible(costly.And(parsed(t, `{"type": "object"}`)), parsed(t, `{"type": "string"}`)).Answer)
	require.Equal(t, schema.Yes, schema.Compatible(costly, costly).Answer)
	require.Equal(t, schema.Major, schema.Diff(costly, parsed(t, `{}`)).Bump)
	_, err := costly.Sample(nil)
	require.Error(t, err)
	_, err = costly.Normal()
	require.Error(t, err)
}
