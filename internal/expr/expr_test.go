package expr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/value"
)

func parse(t testing.TB, text string) any {
	t.Helper()
	document, err := value.Decode([]byte(text))
	require.NoError(t, err)
	return document
}

const scope = `{
  "params": {"size": "large", "count": 3, "big": 12345678901234567890123, "list": [3, 1, 2], "flag": false, "nothing": null, "name": "S3CRET"},
  "connections": {"db": {"host": "db.internal", "port": 5432, "username": "shop", "password": "hunter22"}, "net": {"subnets": [{"id": "a"}, {"id": "b"}]}, "none": null}
}`

func run(t testing.TB, text string) (any, error) {
	t.Helper()
	e, err := expr.Compile(text)
	require.NoError(t, err)
	return e.Run(t.Context(), parse(t, scope))
}

func TestResults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`.params.size`:                        `"large"`,
		`"text"`:                              `"text"`,
		`.params.big`:                         `12345678901234567890123`,
		`.params.count + 1`:                   `4`,
		`.params.nothing`:                     `null`,
		`.params.missing`:                     `null`,
		`.params.flag // true`:                `true`,
		`.connections.none.host // "default"`: `"default"`,
		`.connections.db | "postgres://\(.username)@\(.host):\(.port)"`:       `"postgres://shop@db.internal:5432"`,
		`[.connections.net.subnets[].id]`:                                     `["a", "b"]`,
		`.connections.net.subnets[0].id`:                                      `"a"`,
		`{a: .params.size, "b": [1, {c: null}]}`:                              `{"a": "large", "b": [1, {"c": null}]}`,
		`if .params.size == "large" then 2 else 1 end`:                        `2`,
		`.params.list | sort | map(. * 2)`:                                    `[2, 4, 6]`,
		`.params.list | length`:                                               `3`,
		`[.params.list[] | select(. > 1)]`:                                    `[3, 2]`,
		`.params.size | ascii_upcase`:                                         `"LARGE"`,
		`.connections.net.subnets | map({key: .id, value: 1}) | from_entries`: `{"a": 1, "b": 1}`,
		`.params | has("size")`:                                               `true`,
		`.params.count as $n | $n + $n`:                                       `6`,
		`.params.size | startswith("la")`:                                     `true`,
		`["a", "b"] | join("-")`:                                              `"a-b"`,
		`.params | keys | .[0]`:                                               `"big"`,
		`{} | tojson`:                                                         `"{}"`,
		`"YWJj" | @base64d`:                                                   `"abc"`,
		`.params.count | tostring`:                                            `"3"`,
	} {
		got, err := run(t, text)
		require.NoError(t, err, text)
		require.True(t, value.Equal(parse(t, want), got), "%s gives %v", text, got)
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                              "the expression",
		`.a.`:                           "the expression does not parse: it ends too early",
		`.a | | .b`:                     `the expression does not parse: unexpected "|" at character 6`,
		`env.HOME`:                      "env",
		`$ENV.HOME`:                     "ENV",
		`input`:                         "input",
		`inputs`:                        "inputs",
		`debug`:                         "debug",
		`now`:                           "now",
		`halt`:                          "halt",
		`input_filename`:                "input_filename",
		`$__loc__`:                      "__loc__",
		`def f: f; f`:                   "def",
		`reduce .[] as $x (0; . + $x)`:  "reduce",
		`foreach .[] as $x (0; . + $x)`: "foreach",
		`label $out | break $out`:       "label",
		`.a = 1`:                        "=",
		`.a |= 1`:                       "|=",
		`.a += 1`:                       "+=",
		`..`:                            "..",
		`recurse`:                       "recurse",
		`repeat(.)`:                     "repeat",
		`until(false; .)`:               "until",
		`while(true; .)`:                "while",
		`limit(3; repeat(1))`:           "repeat",
		`import "a" as a; .`:            "",
		`getpath(["a"])`:                "getpath",
		`builtins`:                      "builtins",
		`unknown_function`:              "unknown_function",
		`$undefined`:                    "undefined",
		strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200): "",
		strings.Repeat("x", expr.MaxText+1):                       "the expression is longer than 8192 bytes",
	} {
		_, err := expr.Compile(text)
		require.Error(t, err, text)
		require.ErrorContains(t, err, want)
	}
}

// Whatever an expression is up to, it ends soon, in bounds.
func TestHostile(t *testing.T) {
	t.Parallel()
	var list []any
	for n := range 50_000 {
		list = append(list, json.Number(fmt.Sprint(n)))
	}
	inputs := map[string]any{"list": list, "text": strings.Repeat("a", 1<<20), "n": json.Number("99999999999999999999"), "small": []any{json.Number("1")}}
	for _, text := range []string{
		`.text * 1000000`,
		`"a" * .n`,
		`.text + .text + .text + .text + .text`,
		`[.list[] as $a | .list[] as $b | $a + $b]`,
		`[.list[], .list[], .list[], .list[], .list[]]`,
		`.list | map([.]) | map([.]) | map([.]) | tojson | tojson | tojson`,
		`[.list[] | tostring] | join(.text[0:1000])`,
		`"\(.text)\(.text)\(.text)\(.text)\(.text)"`,
		`.list | combinations`,
		`.small | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .] | [., ., .]`,
		`.text | test("(a*)*b")`,
		`.text | [match("a"; "g")]`,
		`.text | gsub("a"; "bbbbbbbbbb")`,
		`[range(1000000000)]`,
		`[range(0; 1e18)] | length`,
		`first(range(1e18) | select(. < 0))`,
		`.text | test("(a|a|a|a)*$")`,
		`.text | capture("(?<x>a*)(?<y>a*)b")`,
		`.text | split("a")`,
		`.list | sort_by(tojson) | group_by(.) | unique_by(.)`,
		`.text | [scan("(a)(a)?")] | length`,
		`.list | contains([.[]])`,
		`[.list, .list] | flatten | unique | group_by(.) | map(map(.))`,
		`.text | explode | implode | explode | implode`,
		`.text | split("") | map(. + "x") | add`,
		`.n * .n * .n * .n * .n * .n * .n * .n * .n * .n`,
		`pow(10; 1000000000)`,
		`.list | [limit(1000000; .[], .[], .[], .[])] | length`,
		`.text | ltrimstr("a") | ascii_downcase | @base64 | @base64 | @base64`,
		`.text | [scan("a")] | length`,
		`.text | @json | @json | @json | @uri`,
		`[.list[] | [.list]]`,
		`first(.list[] | select(false))`,
		`[.list[] | {a: ., b: .}] | map(tojson) | add`,
		`.list | transpose`,
		`[.list | paths]`,
		`[splits("a")]`,
		`.list | tojson | fromjson | tojson | fromjson`,
	} {
		e, err := expr.Compile(text)
		if err != nil {
			continue // refused before it begins
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		result, err := e.Run(t.Context(), inputs)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		require.Less(t, took, expr.MaxTime+3*time.Second, "%s took %s", text, took)
		require.Less(t, (after.TotalAlloc-before.TotalAlloc)>>20, uint64(3000), "%s allocated MiB", text)
		if err == nil {
			require.LessOrEqual(t, len(value.Canonical(result)), 8*expr.MaxBytes, text)
			continue
		}
		require.Less(t, len(err.Error()), 400, text)
	}
}

func TestErrorsHoldNoValue(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`.params.name | tonumber`, `.params.name.x`, `.params.name[0]`, `.params.name | fromjson`, `.params.name - 1`, `error(.params.name)`,
		`.params | keys | .[.params.name]`, `.params.name | strptime("%Y")`, `.params.name | test("[")`, `{} | .[.params.name]`, `.params.name | @base64d | fromjson`,
		`.params.name | implode`, `.params.name | ltrimstr(1) | .[]`, `.connections.db.password * {}`, `.params.name | join(",")`, `.params.name | splits(.params.name)`,
	} {
		e, err := expr.Compile(text)
		if err == nil {
			_, err = e.Run(t.Context(), parse(t, scope))
		}
		if err != nil {
			require.NotContains(t, err.Error(), "S3CRET", text)
			require.NotContains(t, err.Error(), "hunter22", text)
		}
	}
}

func TestRunWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`empty`:                   `the expression "empty" gives no result`,
		`1, 2`:                    `the expression "1, 2" gives more than one result; put it in brackets to make a list`,
		`.params.size[]`:          `the expression ".params.size[]" fails: cannot iterate over: string`,
		`.params.size.x`:          `the expression ".params.size.x" fails: expected an object but got: string`,
		`.params.size + 1`:        `the expression ".params.size + 1" fails: cannot add: string and number`,
		`.params.size | tonumber`: `fails`,
	} {
		_, err := run(t, text)
		require.ErrorContains(t, err, want)
	}
	e, err := expr.Compile(`.`)
	require.NoError(t, err)
	_, err = e.Run(t.Context(), strings.Repeat("x", expr.MaxBytes+1))
	require.EqualError(t, err, "the input is larger than an expression may take")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	e, err = expr.Compile(`[.[] | . + 1] | add`)
	require.NoError(t, err)
	_, err = e.Run(canceled, []any{json.Number("1"), json.Number("2")})
	require.ErrorIs(t, err, context.Canceled)
}
