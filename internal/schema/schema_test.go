package schema_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

func document(t testing.TB, text string) any {
	t.Helper()
	node, problems := source.Parse("a.yaml", []byte(text))
	require.Empty(t, problems, text)
	return node.Value()
}

func compile(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, problems := schema.Compile(document(t, text), nil)
	require.Empty(t, problems, text)
	return s
}

// Each keyword in the words of a person.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, document, want string }{
		{`{type: string}`, `7`, `must be a string, got 7 (a whole number)`},
		{`{type: [string, "null"]}`, `7`, `must be a string or null, got 7 (a whole number)`},
		{`{type: integer}`, `1.5`, `must be a whole number, got 1.5 (a number)`},
		{`{type: integer, minimum: 1}`, `0`, `must be a whole number of at least 1, got 0`},
		{`{type: integer, minimum: 1, maximum: 65535}`, `"5432"`, `must be a whole number between 1 and 65535, got "5432" (a string)`},
		{`{type: number, exclusiveMaximum: 3}`, `3`, `must be a number below 3, got 3`},
		{`{multipleOf: 5}`, `7`, `must be a multiple of 5, got 7`},
		{`{enum: [small, large]}`, `smal`, `must be one of "small", "large", got "smal" (did you mean "small"?)`},
		{`{const: postgresql}`, `mysql`, `must be "postgresql", got "mysql"`},
		{`{pattern: "^a"}`, `b`, `must match "^a", got "b"`},
		{`{minLength: 2}`, `a`, `must have at least 2 characters`},
		{`{maxLength: 1}`, `ab`, `must have at most 1 character`},
		{`{minItems: 1}`, `[]`, `must have at least 1 item`},
		{`{maxItems: 1}`, `[1, 2]`, `must have at most 1 item`},
		{`{uniqueItems: true}`, `[1, 1]`, `must not hold the same item twice`},
		{`{minProperties: 1}`, `{}`, `must have at least 1 key`},
		{`{required: [host]}`, `{}`, `host: is required`},
		{`{properties: {host: {}}, additionalProperties: false}`, `{hots: 1}`, `hots: unknown key "hots" (did you mean "host"?)`},
		{`{properties: {a: {properties: {b: {type: string}}}}}`, `{a: {b: []}}`, `a.b: must be a string, got a list`},
		{`{items: {type: boolean}}`, `[true, 1]`, `[1]: must be true or false, got 1 (a whole number)`},
		{`{properties: {a: false}}`, `{a: 1}`, `a: is not allowed here`},
		{`{propertyNames: {pattern: "^[a-z]+$"}}`, `{A: 1}`, `"A" is not a key that may stand here (a key must match "^[a-z]+$")`},
		{`{dependencies: {a: [b]}}`, `{a: 1}`, `b: is required where "a" is set`},
		{`{anyOf: [{required: [roleArn]}, {required: [accessKeyId]}]}`, `{}`, `needs `},
		{`{pattern: "^a", message: {pattern: "must begin with an a"}}`, `b`, `must begin with an a, got "b"`},
	} {
		s := compile(t, test.schema)
		problems := s.Validate(document(t, test.document), nil)
		require.NotEmpty(t, problems, test.schema)
		require.Contains(t, problems.Error(), test.want, test.schema)
		require.False(t, s.Valid(document(t, test.document)))
		again := s.Validate(document(t, test.document), nil)
		require.Equal(t, problems.Error(), again.Error())
	}
}

func TestEveryMistakeAtOnce(t *testing.T) {
	t.Parallel()
	s := compile(t, `{type: object, required: [a, b], properties: {c: {type: string}, d: {minimum: 3}}, additionalProperties: false}`)
	problems := s.Validate(document(t, `{c: 1, d: 1, e: 1}`), nil)
	require.Equal(t, "a: is required\nb: is required\nc: must be a string, got 1 (a whole number)\nd: must be a number of at least 3, got 1\ne: unknown key \"e\" (known: c, d)", problems.Error())
}

// No word, whatever keyword fails, shows a sensitive value.
func TestSensitiveValuesAreNotShown(t *testing.T) {
	t.Parallel()
	sensitive := func(path tenon.Path) bool { return path.Len() > 0 }
	for _, text := range []string{
		`{type: integer}`, `{enum: [a, b]}`, `{const: x}`, `{pattern: "^a"}`, `{minLength: 100}`, `{not: {type: string}}`, `{anyOf: [{type: integer}, {const: y}]}`,
		`{oneOf: [{type: string}, {minLength: 1}]}`, `{type: object}`, `{format: ipv4}`, `{if: {type: string}, then: {maxLength: 2}}`, `{allOf: [{maxLength: 1}]}`,
		`{pattern: "^a", message: {pattern: "no"}}`,
	} {
		s, problems := schema.Compile(document(t, `{properties: {secret: `+text+`}}`), &schema.Options{Formats: true})
		require.False(t, problems.HasErrors(), problems)
		found := s.Validate(map[string]any{"secret": "S3CRET-value"}, sensitive)
		require.NotEmpty(t, found, text)
		require.NotContains(t, found.Error(), "S3CRET", text)
	}
	s := compile(t, `{properties: {n: {type: string}, list: {uniqueItems: true, items: {enum: [1]}}}}`)
	found := s.Validate(document(t, `{n: 987654321, list: [987654321]}`), sensitive)
	require.NotContains(t, found.Error(), "987654321")
}

func TestCompileMistakes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ schema, want string }{
		{`{type: text}`, `type`},
		{`{properties: []}`, `properties`},
		{`{pattern: "["}`, `pattern`},
		{`{$ref: "https://example.org/x.json"}`, `https://example.org/x.json`},
		{`{$ref: "file:///etc/passwd"}`, `file:///etc/passwd`},
		{`{$ref: "../other.yaml"}`, `../other.yaml`},
		{`{$ref: "#/definitions/nothing"}`, `#/definitions/nothing`},
		{`{$ref: "types:nothing"}`, `types:nothing`},
		{`{$schema: "https://example.org/own"}`, `"https://example.org/own" is not a draft of JSON Schema that is known here`},
		{`{minimum: "3"}`, `minimum`},
		{`{definitions: {a: {$id: "https://example.org/a"}}}`, `only the whole schema may have a name`},
		{`{definitions: {a/b: {}}, allOf: [{$ref: "#/definitions/a%2Fb"}]}`, `is not a plain pointer`},
		{`{"": {}, allOf: [{$ref: "#/"}]}`, `is not a plain pointer`},
		{`7`, ``},
	} {
		s, problems := schema.Compile(document(t, test.schema), nil)
		require.Nil(t, s, test.schema)
		require.True(t, problems.HasErrors(), test.schema)
		require.Contains(t, problems.Error(), test.want)
	}
	s, problems := schema.Compile(document(t, `{typ: string}`), nil)
	require.NotNil(t, s)
	require.Contains(t, problems.Error(), `warning`)
	require.Contains(t, problems.Error(), `typ`)
}

func TestShared(t *testing.T) {
	t.Parallel()
	s, problems := schema.Compile(document(t, `{properties: {port: {$ref: "types:port"}}}`), &schema.Options{Shared: func(ref string) (any, bool) {
		return document(t, `{type: integer, maximum: 65535}`), ref == "types:port"
	}})
	require.Empty(t, problems)
	require.True(t, s.Valid(document(t, `{port: 1}`)))
	require.Equal(t, `port: must be a whole number of at most 65535, got 70000`, s.Validate(document(t, `{port: 70000}`), nil).Error())
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	s := compile(t, `{properties: {a: {default: 1}, b: {properties: {c: {default: x}}, required: [c]}, list: {items: {properties: {d: {default: true}}}}, n: {default: null}}, required: [b]}`)
	for in, want := range map[string]string{
		`{}`:                       `{"a":1,"b":{"c":"x"},"n":null}`,
		`{a: 2, b: {c: y}}`:        `{"a":2,"b":{"c":"y"},"n":null}`,
		`{list: [{}, {d: false}]}`: `{"a":1,"b":{"c":"x"},"list":[{"d":true},{"d":false}],"n":null}`,
		`{a: null}`:                `{"a":null,"b":{"c":"x"},"n":null}`,
	} {
		given := document(t, in)
		before := string(value.Canonical(given))
		require.Equal(t, want, string(value.Canonical(s.Defaults(given))), in)
		require.Equal(t, before, string(value.Canonical(given)), "it is not changed")
	}
	recursive := compile(t, `{definitions: {node: {properties: {child: {$ref: "#/definitions/node"}, x: {default: 1}}, required: [child]}}, $ref: "#/definitions/node"}`)
	began := time.Now()
	recursive.Defaults(map[string]any{})
	require.Less(t, time.Since(began), 5*time.Second)
}

func TestMarks(t *testing.T) {
	t.Parallel()
	secret := func(s map[string]any) bool { return s["x-secret"] == true }
	for text, want := range map[string][]string{
		`{properties: {a: {x-secret: true}, b: {properties: {c: {x-secret: true}}}}}`:      {"a", "b.c"},
		`{items: {properties: {a: {x-secret: true}}}}`:                                     {`["*"].a`},
		`{additionalProperties: {x-secret: true}}`:                                         {`["*"]`},
		`{anyOf: [{properties: {a: {x-secret: true}}}, {}]}`:                               {"a"},
		`{definitions: {s: {x-secret: true}}, properties: {a: {$ref: "#/definitions/s"}}}`: {"a"},
		`{if: {properties: {k: {const: 1}}}, then: {properties: {a: {x-secret: true}}}}`:   {"a"},
		`{properties: {a: {x-secret: true, properties: {b: {x-secret: true}}}}}`:           {"a"},
		`{x-secret: true}`: {""},
	} {
		var found []string
		for _, path := range compile(t, text).Marked(secret) {
			found = append(found, path.String())
		}
		require.Equal(t, want, found, text)
	}
	tree := compile(t, `{properties: {token: {x-secret: true}, next: {$ref: "#"}}}`).Marks(secret)
	var found []string
	for _, path := range tree.In(document(t, `{token: a, next: {token: b, next: {token: c, name: d}}}`)) {
		found = append(found, path.String())
	}
	require.Equal(t, []string{"next.next.token", "next.token", "token"}, found)
}

func TestHas(t *testing.T) {
	t.Parallel()
	s := compile(t, `{properties: {a: {type: string}, b: {properties: {c: {}}, additionalProperties: false}, list: {items: {properties: {x: {}}}}}}`)
	for _, test := range []struct {
		path tenon.Path
		want schema.Presence
	}{
		{tenon.At("a"), schema.Declared}, {tenon.At("a", "x"), schema.Never}, {tenon.At("b", "c"), schema.Declared}, {tenon.At("b", "d"), schema.Never},
		{tenon.At("list", "*", "x"), schema.Declared}, {tenon.At("list", 3, "x"), schema.Declared}, {tenon.At("z"), schema.Undeclared},
	} {
		require.Equal(t, test.want, s.Has(test.path), test.path)
	}
}

// A schema cannot be made to take for ever.
func TestHostileSchemas(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{properties: {a: `, 90) + `{}` + strings.Repeat(`}}`, 90)
	for name, test := range map[string]struct{ schema, document string }{
		"reference to itself":  {`{$ref: "#"}`, `{a: 1}`},
		"references in a ring": {`{definitions: {a: {$ref: "#/definitions/b"}, b: {$ref: "#/definitions/a"}}, $ref: "#/definitions/a"}`, `1`},
		"everything twice":     {`{anyOf: [{allOf: [{$ref: "#/definitions/a"}, {$ref: "#/definitions/a"}]}], definitions: {a: {properties: {x: {anyOf: [{$ref: "#/definitions/a"}, {$ref: "#/definitions/a"}]}}}}}`, `{x: {x: {x: {x: {x: 1}}}}}`},
		"deep":                 {deep, `{a: {a: 1}}`},
		"a pattern":            {`{pattern: "^(a+)+$"}`, `"` + strings.Repeat("a", 5000) + `b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			s, problems := schema.Compile(document(t, test.schema), nil)
			if s == nil {
				require.True(t, problems.HasErrors())
			} else {
				_ = s.Validate(document(t, test.document), nil)
				s.Defaults(document(t, test.document))
				s.Marked(func(map[string]any) bool { return true })
			}
			require.Less(t, time.Since(began), 10*time.Second)
		})
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`{type: object, properties: {a: {type: string}}}`, `{$ref: "#"}`, `{anyOf: [{const: 1}, {enum: [2]}]}`, `{if: {}, then: false}`, `true`, `{$schema: "https://json-schema.org/draft/2020-12/schema", prefixItems: [{}]}`} {
		f.Add([]byte(seed), []byte(`{a: [1, b]}`))
	}
	f.Fuzz(func(t *testing.T, schemaText, documentText []byte) {
		schemaNode, _ := source.Parse("schema.yaml", schemaText)
		documentNode, _ := source.Parse("a.yaml", documentText)
		if schemaNode == nil || documentNode == nil {
			return
		}
		s, problems := schema.Compile(schemaNode.Value(), nil)
		require.Equal(t, s == nil, problems.HasErrors())
		if s == nil {
			return
		}
		found := s.Validate(documentNode.Value(), nil)
		require.Equal(t, s.Valid(documentNode.Value()), len(found) == 0)
		for _, p := range found {
			require.NotEmpty(t, p.Message)
		}
	})
}
