package value_test

import (
	"encoding/json"
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

func decode(t require.TestingT, text string) any {
	document, err := value.Decode([]byte(text))
	require.NoError(t, err)
	return document
}

// documents draws any document.
func documents(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(
		rapid.SampledFrom([]any{nil, true, false, "", "text", "ä<&>\u2028\"\\", json.Number("0"), json.Number("-1"), json.Number("1.50"), json.Number("1e3"), json.Number("12345678901234567890")}),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.Int(), func(n int) any { return json.Number(big.NewInt(int64(n)).String()) }),
	)
	if depth == 0 {
		return leaf
	}
	below := rapid.Deferred(func() *rapid.Generator[any] { return documents(depth - 1) })
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(below, 0, 3), func(list []any) any { return append([]any{}, list...) }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c", "*", ""}), below, 0, 3), func(m map[string]any) any { return m }),
	)
}

func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := documents(3).Draw(t, "a"), documents(3).Draw(t, "b")
		normal, err := value.Normal(a)
		require.NoError(t, err)
		require.True(t, value.Equal(a, normal), "what is normal stays")
		text := value.Canonical(a)
		require.True(t, json.Valid(text), string(text))
		require.True(t, value.Equal(a, decode(t, string(text))), "%s loses nothing", text)
		require.Equal(t, string(text), string(value.Canonical(decode(t, string(text)))), "one spelling")
		require.Equal(t, value.Equal(a, b), string(text) == string(value.Canonical(b)), "equal bytes are equal documents")
		require.Equal(t, value.Equal(a, b), value.Equal(b, a))
		require.Equal(t, value.Equal(a, b), value.Digest(a) == value.Digest(b))
		require.True(t, value.Equal(a, value.Clone(a)))
		merged := value.Merge(a, b)
		require.True(t, value.Equal(merged, value.Merge(merged, b)), "merging twice is merging once")
		require.True(t, value.Equal(b, value.Merge(nil, b)))
		require.Equal(t, string(text), string(value.Canonical(a)), "nothing has changed it")
	})
}

func TestWalkAndSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		document := documents(3).Draw(t, "document")
		value.Walk(document, func(path tenon.Path, leaf any) {
			found, ok := path.Get(document)
			require.True(t, ok)
			require.True(t, value.Equal(leaf, found))
			require.Contains(t, value.Expand(document, path), path)
			changed := value.Set(document, path, "changed")
			got, _ := path.Get(changed)
			require.Equal(t, "changed", got)
		})
	})
}

func TestNormal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in   any
		want string
	}{
		{7, "7"}, {int64(-7), "-7"}, {1.5, "1.5"}, {1e21, "1e21"}, {big.NewInt(7), "7"}, {[]int{1}, "[1]"}, {map[string]string{"a": "b"}, `{"a":"b"}`},
		{struct {
			A int `json:"a"`
		}{1}, `{"a":1}`},
		{json.RawMessage(`{"n": 12345678901234567890.5}`), `{"n":12345678901234567890.5}`},
	} {
		got, err := value.Normal(test.in)
		require.NoError(t, err)
		require.True(t, value.Equal(decode(t, test.want), got), "%v", got)
	}
	for name, wrong := range map[string]any{
		"not a number": math.NaN(), "infinite": math.Inf(1), "no JSON": func() {}, "a number that is none": json.Number("x"), "inside": []any{map[string]any{"a": make(chan int)}}, "empty": json.Number(""), "quoted": json.Number(`"1"`),
	} {
		_, err := value.Normal(wrong)
		require.Error(t, err, name)
	}
}

func TestNumbersHaveOneSpelling(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1": "1", "1.0": "1", "1e0": "1", "10e-1": "1", "0.10": "0.1", "-0": "0", "0e5": "0", "1e3": "1000", "1E+3": "1000", "1.5e-3": "0.0015",
		"123456789012345678901234567890": "123456789012345678901234567890", "1e400000": "1e400000", "-2.50": "-2.5", "1e-400000": "1e-400000",
	} {
		require.Equal(t, want, string(value.Canonical(json.Number(text))), text)
	}
	require.True(t, value.Equal(json.Number("1"), json.Number("1.000")))
	require.False(t, value.Equal(json.Number("1"), "1"))
}

func TestDecode(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "EOF", "{} {}": "more than one JSON document", "{": "unexpected EOF", "nul ": "invalid character"} {
		_, err := value.Decode([]byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

func TestOverlaps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b tenon.Path
		want bool
	}{
		{tenon.At(), tenon.At("a"), true}, {tenon.At("a"), tenon.At("a", "b"), true}, {tenon.At("a", "b"), tenon.At("a"), true},
		{tenon.At("a"), tenon.At("b"), false}, {tenon.At("a", "*"), tenon.At("a", 3, "x"), true}, {tenon.At("a", "*", "x"), tenon.At("a", 0, "y"), false},
		{tenon.At("*"), tenon.At("b", "c"), true}, {tenon.At("a", 1), tenon.At("a", 2), false}, {tenon.At("a", 1), tenon.At("a", "1"), false},
	} {
		require.Equal(t, test.want, value.Overlaps(test.a, test.b), "%s %s", test.a, test.b)
		require.Equal(t, test.want, value.Overlaps(test.b, test.a), "%s %s", test.b, test.a)
	}
}

func TestExpand(t *testing.T) {
	t.Parallel()
	document := decode(t, `{"list": [{"x": 1}, {"y": 2}, {"x": 3}], "map": {"b": {"x": 4}, "a": {"x": 5}}, "*": 6}`)
	for _, test := range []struct {
		pattern tenon.Path
		want    []string
	}{
		{tenon.At("list", "*", "x"), []string{"list[0].x", "list[2].x"}},
		{tenon.At("map", "*", "x"), []string{"map.a.x", "map.b.x"}},
		{tenon.At("nothing", "*"), nil},
		{tenon.At("list", 1), []string{"list[1]"}},
		{tenon.At("list", 7), nil},
	} {
		var got []string
		for _, path := range value.Expand(document, test.pattern) {
			got = append(got, path.String())
		}
		require.Equal(t, test.want, got, test.pattern)
	}
}

func TestSetMakesWhatIsMissing(t *testing.T) {
	t.Parallel()
	require.Equal(t, `{"a":{"b":1}}`, string(value.Canonical(value.Set(nil, tenon.At("a", "b"), json.Number("1")))))
	require.Equal(t, `[1]`, string(value.Canonical(value.Set(decode(t, `[1]`), tenon.At(4), json.Number("2")))), "past the end")
	before := decode(t, `{"a": [1, 2]}`)
	after := value.Set(before, tenon.At("a", 1), "x")
	require.Equal(t, `{"a":[1,"x"]}`, string(value.Canonical(after)))
	require.Equal(t, `{"a":[1,2]}`, string(value.Canonical(before)))
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`null`: "null", `true`: "true", `"x"`: "a string", `[]`: "a list", `{}`: "an object", `1`: "a whole number", `1.0`: "a whole number", `1.5`: "a number", `1e2`: "a whole number", `1e-2`: "a number",
	} {
		require.Equal(t, want, value.Describe(decode(t, text)), text)
	}
}

func TestCanonicalPanicsOnAMistake(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { value.Canonical(7) })
}

func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a": [1, 2.50, 1e9, null]}`, `"\ud800"`, `1e99999999999`, `-0.0`, `[[[[]]]]`, `{"":{"":0}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		document, err := value.Decode(data)
		if err != nil {
			return
		}
		text := value.Canonical(document)
		again, err := value.Decode(text)
		require.NoError(t, err)
		require.Equal(t, string(text), string(value.Canonical(again)))
		require.True(t, value.Equal(document, again))
	})
}
