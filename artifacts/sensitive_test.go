package artifacts_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

// secretive is a type whose schema is the text, in one line.
func secretive(schema, example string, more ...string) string {
	return "artifact: thing\nversion: 1.0.0\ntitle: thing\n" + strings.Join(more, "\n") + "\nschema: " + schema + "\nexamples: [" + example + "]\n"
}

// What looks like a mark and hides nothing would show a secret to everybody.
func TestMarksThatHideNothing(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]string{
		`{properties: {p: {x-sensitive: "true"}}}`:                  `a.yaml:5:40: schema.properties.p.x-sensitive: x-sensitive is true or false, not a string`,
		`{x-sensitive: [p]}`:                                        `a.yaml:5:23: schema.x-sensitive: x-sensitive is true or false, not a list`,
		`{properties: {p: {x-sensitve: true}}}`:                     `a.yaml:5:27: schema.properties.p.x-sensitve: the key "x-sensitve" hides nothing (did you mean "x-sensitive"?)`,
		`{properties: {p: {sensitive: true}}}`:                      `a.yaml:5:27: schema.properties.p.sensitive: the key "sensitive" hides nothing (did you mean "x-sensitive"?)`,
		`{properties: {p: {X-Sensitive: true}}}`:                    `a.yaml:5:27: schema.properties.p.X-Sensitive: the key "X-Sensitive" hides nothing (did you mean "x-sensitive"?)`,
		`{anyOf: [true, {items: {x_sensitive: true}}]}`:             `a.yaml:5:33: schema.anyOf[1].items.x_sensitive: the key "x_sensitive" hides nothing (did you mean "x-sensitive"?)`,
		`{definitions: {d: {x-sensitive: 1}}}`:                      `a.yaml:5:41: schema.definitions.d.x-sensitive: x-sensitive is true or false, not a whole number`,
		`{properties: {p: {x-sensitive: false}}}`:                   "",
		`{properties: {x-sensitive: {type: string}}}`:               "", // the name of a property
		`{properties: {sensitive: true}}`:                           "",
		`{enum: [{sensitive: true}, {}]}`:                           "", // a value of the document
		`{properties: {p: {x-case-sensitive: true}}}`:               "",
		`{properties: {p: {x-sensitivity: "how bad it would be"}}}`: "",
	} {
		catalog, err := artifacts.Load(files("a.yaml", secretive(schema, "{}")))
		if want == "" {
			require.NoError(t, err, schema)
			require.Empty(t, catalog.Types()[0].Sensitive(), schema)
			continue
		}
		require.ErrorContains(t, err, want, schema)
	}
	_, err := artifacts.Load(files("a.yaml", "definitions: {d: {x-sensitive: yes please}}\n"))
	require.EqualError(t, err, `a.yaml:1:32: definitions.d.x-sensitive: x-sensitive is true or false, not a string`)
}

// Whoever takes the supertype relies on what it hides.
func TestSubtypesHideWhatTheirSupertypesHide(t *testing.T) {
	t.Parallel()
	super := strings.ReplaceAll(secretive(`{properties: {p: {x-sensitive: true}, list: {items: {properties: {q: {x-sensitive: true}}}}}}`, "{}"), "thing", "super")
	for schema, want := range map[string]string{
		`{properties: {p: {type: string}, list: {x-sensitive: true}}}`:                                    `a.yaml:4:7: isA[0]: p is sensitive in super@1.0.0, and must be in thing@1.0.0 (mark it with x-sensitive: true)`,
		`{properties: {p: {x-sensitive: true}, list: {items: [{properties: {q: {x-sensitive: true}}}]}}}`: `a.yaml:4:7: isA[0]: list["*"].q is sensitive in super@1.0.0, and must be in thing@1.0.0 (mark it with x-sensitive: true)`,
		`{properties: {p: {x-sensitive: true}, list: {items: {properties: {q: {x-sensitive: true}}}}}}`:   "",
		`{properties: {p: {x-sensitive: true}}, additionalProperties: false}`:                             "",
		`{x-sensitive: true}`: "",
	} {
		_, err := artifacts.Load(files("super.yaml", super, "a.yaml", secretive(schema, "{}", "isA: [super@1]")))
		if want == "" {
			require.NoError(t, err, schema)
			continue
		}
		require.EqualError(t, err, want)
	}
	whole := strings.ReplaceAll(secretive(`{x-sensitive: true}`, "{}"), "thing", "super")
	_, err := artifacts.Load(files("super.yaml", whole, "a.yaml", secretive(`{}`, "{}", "isA: [super@1]")))
	require.EqualError(t, err, `a.yaml:4:7: isA[0]: the whole document is sensitive in super@1.0.0, and must be in thing@1.0.0 (mark it with x-sensitive: true)`)
}

func TestRedactIsExact(t *testing.T) {
	t.Parallel()
	for schema, test := range map[string]struct{ document, want string }{
		`{x-sensitive: true}`: {`{"a": [1, true, null, {}]}`, `{"a":["(sensitive)","(sensitive)",null,{}]}`},
		`{properties: {h: {}}, additionalProperties: {x-sensitive: true}}`:                         {`{"h": "x", "other": {"k": "v"}}`, `{"h":"x","other":{"k":"(sensitive)"}}`},
		`{patternProperties: {"^s": {x-sensitive: true}}}`:                                         {`{"a": 1, "s1": 2}`, `{"a":1,"s1":"(sensitive)"}`},
		`{properties: {name: {}, next: {$ref: "#"}, p: {x-sensitive: true}}}`:                      {`{"name": "a", "next": {"name": "b", "p": "x", "next": {"p": "y"}}}`, `{"name":"a","next":{"name":"b","next":{"p":"(sensitive)"},"p":"(sensitive)"}}`},
		`{properties: {p: {$ref: "#/definitions/d", x-sensitive: true}}, definitions: {d: {}}}`:    {`{"p": "x"}`, `{"p":"(sensitive)"}`},
		`{properties: {p: {}}, anyOf: [{properties: {p: {x-sensitive: true}}}, true]}`:             {`{"p": "x"}`, `{"p":"(sensitive)"}`},
		`{if: {required: [p]}, then: {properties: {p: {x-sensitive: true}}}, properties: {p: {}}}`: {`{"p": "x"}`, `{"p":"(sensitive)"}`},
		`{properties: {l: {items: {x-sensitive: true}}}}`:                                          {`{"l": ["x", ["y"], {"z": "w"}, null]}`, `{"l":["(sensitive)",["(sensitive)"],{"z":"(sensitive)"},null]}`},
		`{properties: {l: {items: [{}, {x-sensitive: true}]}}}`:                                    {`{"l": ["x", "y", "z"]}`, `{"l":["x","(sensitive)","z"]}`},
		`{properties: {"*": {x-sensitive: true}, a: {}}}`:                                          {`{"*": "x", "a": "y"}`, `{"*":"(sensitive)","a":"y"}`},
	} {
		typ := load(t, files("a.yaml", secretive(schema, "{}"))).Types()[0]
		var document any
		require.NoError(t, json.Unmarshal([]byte(test.document), &document))
		a, err := artifacts.New(typ, document)
		require.NoError(t, err, schema)
		require.Equal(t, "thing@1.0.0 "+test.want, a.String(), schema)
		for _, path := range a.Sensitive() {
			require.True(t, covered(typ.Sensitive(), path), "%s: %s", schema, path)
		}
	}
}

// covered says that one of the patterns, which hold for any document, covers path.
func covered(patterns []tenon.Path, path tenon.Path) bool {
	for _, pattern := range patterns {
		steps, there := pattern.Steps(), path.Steps()
		fits := len(steps) <= len(there)
		for i := 0; fits && i < len(steps); i++ {
			fits = steps[i] == "*" || steps[i] == there[i]
		}
		if fits {
			return true
		}
	}
	return false
}

// Whatever rule a secret breaks, the words do not hold it.
func TestProblemsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	const secret = "S3CRET"
	for _, rule := range []string{
		`type: integer`, `const: other`, `enum: [S3CRET-not, other]`, `pattern: "^[a-z]+$"`, `minLength: 99`, `maxLength: 2`, `not: {type: string}`,
		`anyOf: [{type: integer}, {type: boolean}]`, `oneOf: [{type: string}, {minLength: 1}]`, `type: object`, `enum: [1]`,
		`anyOf: [{const: a}, {pattern: "^b"}]`, `if: {type: string}, then: {maxLength: 1}`, `allOf: [{maxLength: 1}]`, `type: string, pattern: "^b", message: {pattern: "must begin with b"}`,
	} {
		for _, schema := range []string{
			`{properties: {p: {x-sensitive: true, ` + rule + `}}}`,
			`{properties: {p: {` + rule + `}}, x-sensitive: true}`,
			`{additionalProperties: {x-sensitive: true, ` + rule + `}}`,
			`{properties: {p: {$ref: "#/definitions/d"}}, definitions: {d: {x-sensitive: true, ` + rule + `}}}`,
			`{properties: {p: {` + rule + `}}, anyOf: [{properties: {p: {x-sensitive: true}}}]}`,
		} {
			typ := load(t, files("a.yaml", secretive(schema, "{}"))).Types()[0]
			err := typ.Validate(map[string]any{"p": secret})
			require.Error(t, err, schema)
			text := fmt.Sprintf("%v %+v %#v %q", err, err, err, tenon.ProblemsOf(err))
			require.NotContains(t, strings.ReplaceAll(text, secret+"-not", ""), secret, schema)
			_, err = artifacts.New(typ, map[string]any{"p": secret})
			require.NotContains(t, strings.ReplaceAll(err.Error(), secret+"-not", ""), secret, schema)
		}
	}
	typ := load(t, files("a.yaml", secretive(`{properties: {l: {x-sensitive: true, uniqueItems: true, contains: {type: integer}, items: {maxLength: 2}}}}`, "{}"))).Types()[0]
	require.NotContains(t, typ.Validate(map[string]any{"l": []any{secret, secret}}).Error(), secret)
}

// Redaction keeps keys, lengths and kinds: a document and what is shown of it have the
// same places, and redacting once more changes nothing.
func TestRedactKeepsShapeProperty(t *testing.T) {
	t.Parallel()
	typ := load(t, files("a.yaml", secretive(`{properties: {a: {x-sensitive: true}, b: {additionalProperties: {properties: {a: {x-sensitive: true}}}}}, items: {$ref: "#"}, additionalProperties: {$ref: "#"}}`, "{}"))).Types()[0]
	rapid.Check(t, func(t *rapid.T) {
		document := documents(3).Draw(t, "document")
		shown := typ.Redact(document)
		require.Equal(t, shape(document), shape(shown))
		require.Equal(t, shown, typ.Redact(shown))
		require.Equal(t, typ.Redact(document), shown)
	})
}

func documents(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.Just[any](nil), rapid.Just[any](true), rapid.Just[any](json.Number("7")), rapid.Just[any]("text"))
	if depth == 0 {
		return leaf
	}
	below := rapid.Deferred(func() *rapid.Generator[any] { return documents(depth - 1) })
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(below, 0, 3), func(list []any) any { return list }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), below, 0, 3), func(object map[string]any) any { return object }),
	)
}

// shape is a document with every leaf but null replaced.
func shape(document any) any {
	switch d := document.(type) {
	case nil:
		return nil
	case map[string]any:
		shaped := map[string]any{}
		for key, element := range d {
			shaped[key] = shape(element)
		}
		return shaped
	case []any:
		shaped := make([]any, len(d))
		for i, element := range d {
			shaped[i] = shape(element)
		}
		return shaped
	}
	return "leaf"
}
