package expr_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/value"
)

func TestReads(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`1`:                         nil,
		`.a.b`:                      {"a.b"},
		`.a | .b, .c`:               {"a.b", "a.c"},
		`.a as $x | $x.b`:           {"a.b"},
		`[.list[].id]`:              {`list["*"].id`},
		`"\(.a.x)-\(.b)"`:           {"a.x", "b"},
		`if .a then .b else .c end`: {"a", "b", "c"},
		`{x: .a, (.k): .b}`:         {"a", "b", "k"},
		`.a // .b`:                  {"a", "b"},
		`.`:                         {""},
		`keys`:                      {""},
		`.a | keys`:                 {"a"},
		`.[.k]`:                     {""},
		`.a[.k]`:                    {"a", "k"},
		`.a["b c"]`:                 {`a["b c"]`},
		`.a | map(.b)`:              {"a"},
	} {
		e, err := expr.Compile(text)
		require.NoError(t, err, text)
		var got []string
		for _, path := range e.Reads() {
			got = append(got, path.String())
		}
		switch text {
		case `.a | map(.b)`, `.[.k]`, `.a[.k]`: // how exactly is not promised, only that nothing is missed
			require.NotEmpty(t, got)
		default:
			require.Equal(t, want, got, text)
		}
	}
}

// expressions draws programs that read here and there.
func expressions(depth int) *rapid.Generator[string] {
	leaf := rapid.SampledFrom([]string{`.a`, `.b`, `.a.x`, `.a.y`, `.b.x`, `.list`, `.list[0]`, `.list[1].x`, `.list[].x`, `.list[].y?`, `1`, `"t"`, `null`, `.`, `.["a"]`, `.a["x"]`, `.k`, `$v`, `$v.x`})
	if depth == 0 {
		return leaf
	}
	sub := rapid.Deferred(func() *rapid.Generator[string] { return expressions(depth - 1) })
	return rapid.OneOf(leaf, rapid.Custom(func(t *rapid.T) string {
		form := rapid.SampledFrom([]string{
			`(%s | %s)`, `[%s, %s]`, `{p: %s, q: %s}`, `(%s // %s)`, `(%s == %s)`, `(%s as $v | %s)`, `[%s | .[]? | %s]`, `(%s | if . then %s else .x? end)`,
			`([%s] | map(%s))`, `(%s | .[%s]?)`, `([%s] | first | %s)`, `(try %s catch %s)`, `("\(%s)" + (%s | tostring))`, `(%s | select(%s))`, `(%s | has(%s)?)`,
			`([%s] + [%s])`, `(%s | (.x?, .y?) | %s)`, `(%s | to_entries? | .[0]?.value | %s)`, `(%s | with_entries(.)? | %s)`, `(%s | length | . == %s)`,
			`(%s | tojson | . == (%s | tojson))`, `(%s | [paths?] | . == %s)`, `(%s | keys? | . == %s)`, `(%s | type | . == %s)`, `(%s | del(.x)? | %s)`, `(%s | . as {x: $v} | %s)`, `(%s | . as [$v] | %s)`,
		}).Draw(t, "form")
		return fmt.Sprintf(form, sub.Draw(t, "left"), sub.Draw(t, "right"))
	}))
}

// What an expression does not say to read cannot change its result: Waits and secrets are
// decided by that.
func TestReadsIsSound(t *testing.T) {
	t.Parallel()
	values := rapid.SampledFrom([]any{nil, false, true, "x", "y", json.Number("0"), json.Number("1"), map[string]any{"x": "1"}, map[string]any{"y": map[string]any{"x": "2"}}, []any{}, []any{"x"}, []any{map[string]any{"x": "3"}, map[string]any{"x": nil, "y": "4"}}})
	checked := 0
	rapid.Check(t, func(t *rapid.T) {
		text := "null as $v | " + expressions(3).Draw(t, "expression")
		e, err := expr.Compile(text)
		if err != nil {
			t.Skip("refused: " + err.Error())
		}
		input := map[string]any{}
		for _, key := range []string{"a", "b", "k", "list"} {
			input[key] = values.Draw(t, key)
		}
		before, beforeErr := e.Run(context.Background(), input)
		var leaves []string
		changed := any(input)
		value.Walk(input, func(path tenon.Path, _ any) {
			for _, read := range e.Reads() {
				if value.Overlaps(read, path) {
					return
				}
			}
			leaves = append(leaves, path.String())
			changed = value.Set(changed, path, values.Draw(t, "changed "+path.String()))
		})
		if len(leaves) == 0 {
			return
		}
		checked++
		after, afterErr := e.Run(context.Background(), changed)
		require.Equal(t, beforeErr == nil, afterErr == nil, "%s changes with %v", text, leaves)
		if beforeErr == nil {
			require.True(t, value.Equal(before, after), "%s changes with %v: %v, %v", text, leaves, before, after)
		}
	})
	require.Positive(t, checked)
}

func TestKeys(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		`{a: 1, b: .x}`: {"a", "b"}, `{"c d": 1}`: {"c d"}, `{}`: {}, `.a`: nil, `{(.k): 1}`: nil, `{a: 1} + {b: 2}`: nil, `.x | {y}`: nil,
	} {
		e, err := expr.Compile(text)
		require.NoError(t, err)
		keys, known := e.Keys()
		if want == nil && text != `.x | {y}` {
			require.False(t, known, text)
		} else if want != nil {
			require.True(t, known, text)
			require.ElementsMatch(t, want, keys)
		}
	}
}

func TestInputIsNotChanged(t *testing.T) {
	t.Parallel()
	input := parse(t, scope)
	before := value.Canonical(input)
	for _, text := range []string{`.params | del(.size)`, `.params.list | sort`, `.params + {size: 1}`, `.connections | to_entries | from_entries`, `.params.list | reverse`} {
		e, err := expr.Compile(text)
		if err != nil {
			continue
		}
		_, err = e.Run(t.Context(), input)
		require.NoError(t, err)
	}
	require.Equal(t, string(before), string(value.Canonical(input)))
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	e, err := expr.Compile(`.connections.db | "\(.host):\(.port)"`)
	require.NoError(t, err)
	input := parse(t, scope)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				result, err := e.Run(context.Background(), input)
				if err != nil || result != "db.internal:5432" {
					t.Errorf("%v %v", result, err)
				}
			}
		})
	}
	group.Wait()
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{`.a.b`, `.connections.db | "x\(.host)"`, `[.[] | select(.x)]`, `def f: f; f`, `.. | .a?`, `{(.a): 1}`, `try error("x") catch .`, `@base64 "\(.)"`, `.[1:]`, `. as [$a, {b: $c}] | $a`, `if . then 1 elif 2 then 3 end`, `-1`, `"\u0000"`, `?//`, `.a as $x ?// [$x] | $x`} {
		f.Add(seed)
	}
	input := parse(f, scope)
	f.Fuzz(func(t *testing.T, text string) {
		e, err := expr.Compile(text)
		if err != nil {
			return
		}
		began := time.Now()
		result, err := e.Run(t.Context(), input)
		if took := time.Since(began); took > expr.MaxTime+2*time.Second {
			t.Fatalf("took %s", took)
		}
		if err != nil {
			return
		}
		again, err := e.Run(t.Context(), input)
		require.NoError(t, err)
		require.Equal(t, string(value.Canonical(result)), string(value.Canonical(again)))
	})
}

func BenchmarkRun(b *testing.B) {
	e, err := expr.Compile(`.connections.db | "postgres://\(.username):\(.password)@\(.host):\(.port)"`)
	require.NoError(b, err)
	input := parse(b, scope)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Run(b.Context(), input); err != nil {
			b.Fatal(err)
		}
	}
}
