package schema_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

func must(t testing.TB, text string) *schema.Schema {
	t.Helper()
	s, err := schema.Parse([]byte(text), nil)
	require.NoError(t, err, "%.300s", text)
	return s
}

// hostile are pairs that cost much to decide.
func hostile() map[string][2]string {
	repeat := func(n int, format string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = strings.NewReplacer("%d", strconv.Itoa(i)).Replace(format)
		}
		return strings.Join(parts, ",")
	}
	nested := strings.Repeat(`{"not":`, 150) + `{"type":"string"}` + strings.Repeat("}", 150)
	return map[string][2]string{
		"exponential anyOf": {
			`{"type":"object","allOf":[` + repeat(24, `{"anyOf":[{"required":["a%d"]},{"required":["b%d"]}]}`) + `]}`,
			`{"maxProperties":3}`},
		"exponential anyOf, contained": {
			`{"type":"object","allOf":[` + repeat(24, `{"anyOf":[{"required":["a%d"]},{"required":["b%d"]}]}`) + `]}`,
			`{"minProperties":24}`},
		"oneOf of many": {
			`{"oneOf":[` + repeat(60, `{"required":["a%d","b%d"]}`) + `]}`,
			`{"oneOf":[` + repeat(60, `{"required":["a%d"],"properties":{"a%d":{"type":"string"}}}`) + `]}`},
		"nested not":   {nested, `{"type":"number"}`},
		"huge lengths": {`{"type":"string","minLength":100000000}`, `{"type":"string","minLength":100000001,"pattern":"^a"}`},
		"huge arrays":  {`{"type":"array","minItems":100000000}`, `{"minItems":100000001}`},
		"deep recursion": {
			`{"definitions":{"t":{"type":"object","required":["l"],"properties":{"l":{"anyOf":[{"$ref":"#/definitions/t"},{"type":"null"}]},"r":{"$ref":"#/definitions/t"}}}},"$ref":"#/definitions/t"}`,
			`{"definitions":{"t":{"properties":{"l":{"anyOf":[{"$ref":"#/definitions/u"},{"type":"null"}]}}},"u":{"properties":{"l":{"$ref":"#/definitions/t"}}}},"$ref":"#/definitions/t"}`},
		"catastrophic patterns": {`{"type":"string","pattern":"^(a+)+$"}`, `{"pattern":"^(a|aa)+b?$","maxLength":1000}`},
		"product of patterns":   {`{"type":"string","pattern":"(a.{14}b)","allOf":[{"pattern":"(b.{13}a)"},{"pattern":"c.{12}a"}]}`, `{"pattern":"d.{15}a"}`},
		"many patterns of keys": {
			`{"type":"object","patternProperties":{` + repeat(40, `"^a.{%d}b%d":{"type":"string"}`) + `},"minProperties":3}`,
			`{"type":"object","patternProperties":{` + repeat(40, `"^a.{%d}[bc]%d":{"type":"string","minLength":1}`) + `}}`},
		"unique items":   {`{"type":"array","uniqueItems":true,"minItems":50,"items":{"enum":[` + repeat(60, `%d`) + `]}}`, `{"contains":{"const":3}}`},
		"many contains":  {`{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"array","contains":{"type":"string"},"minContains":1000}`, `{"maxItems":999}`},
		"huge multiples": {`{"type":"number","multipleOf":0.0000001,"minimum":1}`, `{"multipleOf":0.0000003}`},
		"coprime grids":  {`{"type":"integer","minimum":1,"maximum":1000000000}`, `{"anyOf":[` + repeat(40, `{"multipleOf":1%d.5}`) + `]}`},
	}
}

// Whatever is asked, an answer comes within the budget, and it is no wrong one.
func TestHostile(t *testing.T) {
	t.Parallel()
	for name, pair := range hostile() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := must(t, pair[0]), must(t, pair[1])
			verdict := schema.Compatible(a, b)
			if verdict.Answer == schema.No {
				require.NoError(t, a.Validate(verdict.Witness))
				require.Error(t, b.Validate(verdict.Witness))
			}
			t.Log(verdict.Answer, verdict.Undecided)
			_, err := a.Sample(nil)
			if err != nil {
				var none *schema.SampleError
				require.ErrorAs(t, err, &none)
			}
		})
	}
}

func BenchmarkHostile(b *testing.B) {
	for name, pair := range hostile() {
		b.Run(name, func(b *testing.B) {
			one, two := must(b, pair[0]), must(b, pair[1])
			b.ReportAllocs()
			for b.Loop() {
				schema.Compatible(one, two)
			}
		})
	}
}
