package schema_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

func ExampleCompatible() {
	producer := schema.MustCompile(map[string]any{
		"type": "object", "required": []any{"host", "port"},
		"properties": map[string]any{"host": map[string]any{"type": "string"}, "port": map[string]any{"type": "integer", "minimum": 0}},
	})
	consumer := schema.MustCompile(map[string]any{
		"type": "object", "required": []any{"host"},
		"properties": map[string]any{"port": map[string]any{"type": "integer", "minimum": 1, "maximum": 65535}},
	})
	verdict := schema.Compatible(producer, consumer)
	witness, _ := json.Marshal(verdict.Witness)
	fmt.Println(verdict.Answer, string(witness), verdict.Path)
	fmt.Println(verdict.Reason)
	// Output:
	// no {"host":"","port":0} /port
	// must be >= 1 but found 0
}

// Each row: two schemas, whether the first fits the second, and the second the first.
func TestKeywords(t *testing.T) {
	t.Parallel()
	const in2020, in2019 = `"$schema":"https://json-schema.org/draft/2020-12/schema",`, `"$schema":"https://json-schema.org/draft/2019-09/schema",`
	const tree = `"definitions":{"t":{"type":"object","required":["v"],"properties":{"v":{"type":"integer"},"next":{"$ref":"#/definitions/t"}}}}`
	const wide = `"definitions":{"t":{"type":"object","required":["v"],"properties":{"v":{"type":"number"},"next":{"$ref":"#/definitions/t"}}}}`
	yes, no := schema.Yes, schema.No
	rows := []struct {
		name, one, two string
		there, back    schema.Answer
	}{
		{"everything", `true`, `{}`, yes, yes},
		{"nothing", `false`, `{"type":"string"}`, yes, no},
		{"uninhabited", `{"type":"string","minLength":2,"maxLength":1}`, `false`, yes, yes},
		{"type", `{"type":"integer"}`, `{"type":"number"}`, yes, no},
		{"type list", `{"type":["string","null"]}`, `{"type":["null","string","boolean"]}`, yes, no},
		{"type integer and number", `{"type":["integer","number"]}`, `{"type":"number"}`, yes, yes},
		{"integer is a multiple", `{"type":"integer"}`, `{"type":"number","multipleOf":1}`, yes, yes},
		{"1.0 is an integer", `{"const":1.0}`, `{"type":"integer"}`, yes, no},
		{"enum", `{"enum":[1,"a"]}`, `{"enum":["a",1.0,null]}`, yes, no},
		{"enum and type", `{"enum":[1,"a"],"type":"string"}`, `{"const":"a"}`, yes, yes},
		{"const object", `{"const":{"a":[1,{"b":null}]}}`, `{"properties":{"a":{"minItems":2}},"required":["a"]}`, yes, no},
		{"enum of objects", `{"enum":[{"a":1},{"a":2}]}`, `{"type":"object","properties":{"a":{"enum":[1,2]}},"required":["a"],"additionalProperties":false}`, yes, yes},
		{"booleans", `{"type":"boolean"}`, `{"enum":[true,false]}`, yes, yes},
		{"minimum", `{"minimum":2}`, `{"minimum":1}`, yes, no},
		{"exclusive", `{"exclusiveMinimum":1}`, `{"minimum":1}`, yes, no},
		{"exclusive and whole", `{"type":"integer","exclusiveMinimum":0.5}`, `{"type":"integer","minimum":1}`, yes, yes},
		{"interval without whole numbers", `{"type":"integer","exclusiveMinimum":1,"exclusiveMaximum":2}`, `false`, yes, yes},
		{"exact numbers", `{"minimum":0.30000000000000001}`, `{"minimum":0.3}`, yes, no},
		{"beyond float64", `{"maximum":9007199254740993}`, `{"maximum":9007199254740992}`, no, yes},
		{"multipleOf", `{"multipleOf":6}`, `{"multipleOf":3}`, yes, no},
		{"multipleOf fractions", `{"multipleOf":0.3}`, `{"multipleOf":0.1}`, yes, no},
		{"multipleOf of two", `{"multipleOf":4,"allOf":[{"multipleOf":6}]}`, `{"multipleOf":12}`, yes, yes},
		{"not a multiple", `{"type":"integer","not":{"multipleOf":2}}`, `{"not":{"multipleOf":4}}`, yes, no},
		{"lengths", `{"minLength":2,"maxLength":3}`, `{"minLength":1,"maxLength":4}`, yes, no},
		{"lengths are code points", `{"type":"string","pattern":"^\u00e9{2}$"}`, `{"maxLength":2,"minLength":2}`, yes, no},
		{"pattern", `{"pattern":"^[a-f]+$"}`, `{"pattern":"^[a-z]*$"}`, yes, no},
		{"pattern without anchors", `{"pattern":"ab"}`, `{"pattern":"b"}`, yes, no},
		{"pattern and length", `{"type":"string","pattern":"^[a-z]{2,5}$"}`, `{"minLength":2,"maxLength":5}`, yes, no},
		{"pattern and enum", `{"enum":["eu-west-1","us-east-1"]}`, `{"pattern":"^[a-z]+-[a-z]+-[0-9]$"}`, yes, no},
		{"pattern contradicts length", `{"type":"string","pattern":"^a{5}$","maxLength":4}`, `false`, yes, yes},
		{"required", `{"required":["a","b"]}`, `{"required":["a"]}`, yes, no},
		{"properties", `{"properties":{"a":{"type":"integer"}}}`, `{"properties":{"a":{"type":"number"}}}`, yes, no},
		{"undeclared", `{"properties":{"a":{"type":"integer"}}}`, `{"properties":{"b":{"type":"number"}}}`, no, no},
		{"additionalProperties", `{"properties":{"a":{}},"additionalProperties":false}`, `{"properties":{"a":{},"b":{}},"additionalProperties":false}`, yes, no},
		{"additionalProperties schema", `{"additionalProperties":{"type":"integer"}}`, `{"additionalProperties":{"type":"number"}}`, yes, no},
		{"additional and patterns", `{"patternProperties":{"^a":{"type":"string"}},"additionalProperties":false}`, `{"additionalProperties":{"type":"string"}}`, yes, no},
		{"patternProperties", `{"patternProperties":{"^a":{"type":"integer"}}}`, `{"properties":{"ab":{"type":"number"}}}`, yes, no},
		{"patternProperties meet", `{"patternProperties":{"^a":{"type":"integer"},"b$":{"type":"string"}},"required":["ab"]}`, `false`, no, yes},
		{"patternProperties contradict", `{"type":"object","patternProperties":{"^a":{"type":"integer"},"b$":{"type":"string"}},"required":["ab"]}`, `false`, yes, yes},
		{"propertyNames", `{"propertyNames":{"pattern":"^a"}}`, `{"propertyNames":{"minLength":1}}`, yes, no},
		{"propertyNames forbid what is required", `{"type":"object","propertyNames":{"maxLength":1},"required":["ab"]}`, `false`, yes, yes},
		{"propertyNames and minProperties", `{"type":"object","propertyNames":{"enum":["a","b"]},"minProperties":3}`, `false`, yes, yes},
		{"propertyNames bound the count", `{"type":"object","propertyNames":{"enum":["a","b"]}}`, `{"maxProperties":2}`, yes, no},
		{"minProperties", `{"type":"object","required":["a","b"]}`, `{"minProperties":2}`, yes, no},
		{"minProperties makes required", `{"type":"object","properties":{"a":{},"b":{}},"additionalProperties":false,"minProperties":2}`, `{"required":["a","b"]}`, yes, no},
		{"maxProperties", `{"maxProperties":1}`, `{"not":{"required":["a","b"]}}`, no, no},
		{"maxProperties of objects", `{"type":"object","maxProperties":1}`, `{"not":{"required":["a","b"]}}`, yes, no},
		{"dependencies", `{"type":"object","required":["a"],"dependencies":{"a":["b"]}}`, `{"required":["b"]}`, yes, no},
		{"dependencies schema", `{"type":"object","required":["a"],"dependencies":{"a":{"properties":{"b":{"const":1}}}}}`, `{"properties":{"b":{"type":"integer"}}}`, yes, no},
		{"dependentRequired", `{` + in2019 + `"type":"object","required":["a"],"dependentRequired":{"a":["b"]}}`, `{"required":["b"]}`, yes, no},
		{"dependentSchemas", `{` + in2020 + `"type":"object","required":["a"],"dependentSchemas":{"a":{"required":["c"]}}}`, `{"required":["c"]}`, yes, no},
		{"items", `{"items":{"type":"integer"}}`, `{"items":{"type":"number"}}`, yes, no},
		{"tuple", `{"items":[{"type":"integer"},{"type":"string"}],"additionalItems":false}`, `{"items":{"type":["integer","string"]}}`, yes, no},
		{"tuple is open", `{"items":[{"type":"integer"}]}`, `{"items":{"type":"integer"}}`, no, yes},
		{"prefixItems", `{` + in2020 + `"prefixItems":[{"type":"integer"}],"items":false}`, `{"maxItems":1}`, yes, no},
		{"items refuse, so the length is bound", `{"type":"array","items":false}`, `{"const":[]}`, yes, yes},
		{"lengths of arrays", `{"minItems":2}`, `{"minItems":1}`, yes, no},
		{"contains", `{"type":"array","contains":{"const":1}}`, `{"minItems":1}`, yes, no},
		{"contains and items", `{"type":"array","minItems":1,"items":{"type":"integer"}}`, `{"contains":{"type":"number"}}`, yes, no},
		{"contains contradicts items", `{"type":"array","contains":{"type":"string"},"items":{"type":"integer"}}`, `false`, yes, yes},
		{"minContains", `{` + in2019 + `"contains":{"type":"string"},"minContains":2}`, `{` + in2019 + `"contains":{"type":"string"}}`, yes, no},
		{"maxContains", `{` + in2019 + `"type":"array","contains":{"type":"string"},"maxContains":1,"minItems":2}`, `{"contains":{"not":{"type":"string"}}}`, yes, no},
		{"contains of two kinds", `{"type":"array","allOf":[{"contains":{"type":"string"}},{"contains":{"type":"integer"}}]}`, `{"minItems":2}`, yes, no},
		{"uniqueItems", `{"type":"array","uniqueItems":true,"items":{"enum":[1,2]}}`, `{"maxItems":2}`, yes, no},
		{"uniqueItems of booleans", `{"type":"array","uniqueItems":true,"minItems":3,"items":{"type":"boolean"}}`, `false`, yes, yes},
		{"uniqueItems with places", `{"type":"array","uniqueItems":true,"minItems":2,"items":[{"enum":[1,2]},{"const":1}]}`, `{"items":[{"const":2}]}`, yes, no},
		{"not unique", `{"type":"array","not":{"uniqueItems":true}}`, `{"minItems":2}`, yes, no},
		{"allOf", `{"allOf":[{"minimum":1},{"maximum":2}]}`, `{"minimum":1,"maximum":2}`, yes, yes},
		{"anyOf", `{"anyOf":[{"type":"string"},{"type":"integer"}]}`, `{"type":["string","number"]}`, yes, no},
		{"anyOf covers", `{"type":"integer"}`, `{"anyOf":[{"minimum":5},{"maximum":4}]}`, yes, no},
		{"oneOf", `{"oneOf":[{"type":"integer"},{"minimum":2,"type":"number"}]}`, `{"type":"number"}`, yes, no},
		{"oneOf leaves out what both accept", `{"oneOf":[{"type":"integer"},{"type":"number","minimum":2}]}`, `{"not":{"const":3}}`, yes, no},
		{"oneOf told apart", `{"oneOf":[{"properties":{"k":{"const":"a"}},"required":["k"]},{"properties":{"k":{"const":"b"}},"required":["k"]}],"type":"object"}`, `{"type":"object","properties":{"k":{"enum":["a","b"]}},"required":["k"]}`, yes, yes},
		{"not", `{"not":{"type":["string","null"]}}`, `{"not":{"type":"null"}}`, yes, no},
		{"not not", `{"not":{"not":{"type":"string"}}}`, `{"type":"string"}`, yes, yes},
		{"if", `{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"integer"}}`, `{"type":["string","integer"]}`, yes, no},
		{"if is all", `{"if":{"properties":{"a":{"const":1}},"required":["a"]},"then":{"required":["b"]}}`, `{"anyOf":[{"required":["b"]},{"not":{"properties":{"a":{"const":1}},"required":["a"]}}]}`, yes, yes},
		{"ref", `{"definitions":{"p":{"type":"integer","minimum":1}},"properties":{"a":{"$ref":"#/definitions/p"}}}`, `{"properties":{"a":{"minimum":0,"type":"integer"}}}`, yes, no},
		{"ref leaves out what is beside, in draft-07", `{"definitions":{"p":{"type":"integer"}},"$ref":"#/definitions/p","minimum":5}`, `{"type":"integer"}`, yes, yes},
		{"ref keeps what is beside, later", `{` + in2019 + `"$defs":{"p":{"type":"integer"}},"$ref":"#/$defs/p","minimum":5}`, `{"minimum":5}`, yes, no},
		{"recursive", `{` + tree + `,"$ref":"#/definitions/t"}`, `{` + wide + `,"$ref":"#/definitions/t"}`, yes, no},
		{"infinite only", `{"definitions":{"t":{"type":"object","required":["n"],"properties":{"n":{"$ref":"#/definitions/t"}}}},"$ref":"#/definitions/t"}`, `false`, yes, yes},
		{"unevaluated", `{` + in2020 + `"allOf":[{"properties":{"a":{}}}],"properties":{"b":{}},"unevaluatedProperties":false}`, `{"properties":{"a":{},"b":{}},"additionalProperties":false}`, yes, yes},
		{"formats are words", `{"format":"ipv4"}`, `{"format":"email"}`, yes, yes},
		{"draft-04", `{"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,"exclusiveMinimum":true}`, `{"exclusiveMinimum":1}`, yes, yes},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			one, two := must(t, row.one), must(t, row.two)
			for _, side := range []struct {
				producer, consumer *schema.Schema
				want               schema.Answer
			}{{one, two, row.there}, {two, one, row.back}} {
				verdict := schema.Compatible(side.producer, side.consumer)
				require.Equal(t, side.want, verdict.Answer, "%+v", verdict)
				if verdict.Answer == schema.No {
					require.NoError(t, side.producer.Validate(verdict.Witness))
					require.Error(t, side.consumer.Validate(verdict.Witness))
				}
			}
		})
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ one, two, why string }{
		"look-ahead":   {`{"type":"string","pattern":"^(?=a).b$"}`, `{"pattern":"^a"}`, `pattern "^(?=a).b$"`},
		"unevaluated":  {`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","anyOf":[{"properties":{"a":{}}},{"properties":{"b":{}}}],"unevaluatedProperties":false}`, `{"maxProperties":2}`, "unevaluatedProperties beside alternatives"},
		"dynamic":      {`{"$schema":"https://json-schema.org/draft/2020-12/schema","$dynamicAnchor":"n","type":"object","properties":{"a":{"$dynamicRef":"#n"}},"required":["a"]}`, `{"required":["b"]}`, "$dynamicRef"},
		"huge strings": {`{"type":"string","minLength":1000000}`, `{"maxLength":10}`, "minLength"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			verdict := schema.Compatible(must(t, row.one), must(t, row.two))
			require.Equal(t, schema.Unknown, verdict.Answer)
			require.Contains(t, verdict.Undecided, row.why)
		})
	}
	// What does not hang on it is decided all the same.
	odd := must(t, `{"type":"object","properties":{"a":{"pattern":"^(?!x)"}},"required":["b"]}`)
	require.Equal(t, schema.Yes, schema.Compatible(odd, must(t, `{"required":["b"]}`)).Answer)
	require.Equal(t, schema.No, schema.Compatible(odd, must(t, `{"required":["c"]}`)).Answer)
	require.Equal(t, schema.Yes, schema.Compatible(odd, odd).Answer)
	formats, err := schema.Parse([]byte(`{"type":"string","format":"ipv4"}`), &schema.Options{Formats: true})
	require.NoError(t, err)
	require.Equal(t, schema.Yes, schema.Compatible(formats, must(t, `{"type":"string"}`)).Answer)
	require.Equal(t, []string{"format ipv4"}, schema.Compatible(formats, must(t, `{"maxLength":20}`)).Undecided)
	sample, err := formats.Sample(nil)
	require.NoError(t, err)
	require.NoError(t, formats.Validate(sample))
}

// Shared definitions with one name and different contents are different types.
func TestSharedDefinitionsAreNotMixedUp(t *testing.T) {
	t.Parallel()
	const tree = `{"definitions":{"t":{"properties":{"leaf":{"$ref":"types:leaf"},"next":{"$ref":"#/definitions/t"}}}},"$ref":"#/definitions/t"}`
	with := func(leaf string) *schema.Schema {
		s, err := schema.Parse([]byte(tree), &schema.Options{Shared: func(string) (any, bool) { return map[string]any{"type": leaf}, true }})
		require.NoError(t, err)
		return s
	}
	require.Equal(t, schema.Yes, schema.Compatible(with("integer"), with("number")).Answer)
	require.Equal(t, schema.No, schema.Compatible(with("number"), with("integer")).Answer)
}

func TestInvalidSchemas(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"type":"strin"}`:                                `/type`,
		`{"properties":{"a":7}}`:                          `/properties/a: it is not a schema`,
		`{"properties":{"a":{"$ref":"#/definitions/b"}}}`: `/properties/a/$ref: nothing is at "#/definitions/b"`,
		`{"$ref":"https://example.com/x.json"}`:           `no schema is fetched from anywhere`,
		`{"$ref":"types:port"}`:                           `nothing is known as "types:port"`,
		`{"$ref":"#"}`:                                    `leads back to itself`,
		`{"definitions":{"a":{"$ref":"#/definitions/a"}},"$ref":"#/definitions/a"}`: `leads back to itself`,
		`{"multipleOf":0}`:     `/multipleOf`,
		`{"minLength":-1}`:     `/minLength`,
		`{"minimum":1e999999}`: `too large`,
		`{"pattern":"("}`:      `/pattern`,
		`{"a":1} {}`:           `more than one document`,
	} {
		_, err := schema.Parse([]byte(text), nil)
		var invalid *schema.InvalidError
		require.ErrorAs(t, err, &invalid, text)
		require.Contains(t, err.Error(), want, text)
	}
}
