package tenon_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
)

func anyPath() *rapid.Generator[tenon.Path] {
	step := rapid.OneOf(
		rapid.SampledFrom([]any{"a", "b.c", "", "*", "a/b~c", "ä", `"`, "0"}),
		rapid.Map(rapid.IntRange(0, 12), func(i int) any { return i }),
	)
	return rapid.Map(rapid.SliceOfN(step, 0, 5), func(steps []any) tenon.Path { return tenon.At(steps...) })
}

func TestPathLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, q := anyPath().Draw(t, "p"), anyPath().Draw(t, "q")
		require.Equal(t, p, tenon.At(p.Steps()...), "steps lose nothing")
		joined := p.Join(q)
		require.Equal(t, p.Len()+q.Len(), joined.Len())
		require.True(t, p.Contains(joined))
		require.Equal(t, p.Append(q.Steps()...), joined)
		if q.Len() > 0 {
			require.Equal(t, joined.Parent(), p.Join(q.Parent()))
			require.False(t, joined.Contains(p))
		}
		require.Equal(t, p == q, p.Contains(q) && q.Contains(p))
		require.Equal(t, p == q, p.String() == q.String(), "text tells paths apart")
		require.Equal(t, p.Len(), strings.Count(p.Pointer(), "/"))
		read, err := tenon.ParsePath(p.String())
		require.NoError(t, err)
		require.Equal(t, p, read, "text loses nothing")
	})
}

func TestPathText(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path          tenon.Path
		text, pointer string
	}{
		{tenon.Path{}, "", ""},
		{tenon.At("connections", "db"), "connections.db", "/connections/db"},
		{tenon.At("steps", 0, "path"), "steps[0].path", "/steps/0/path"},
		{tenon.At("a/b", "c~d"), `["a/b"]["c~d"]`, "/a~1b/c~0d"},
		{tenon.At(""), `[""]`, "/"},
	} {
		require.Equal(t, test.text, test.path.String())
		require.Equal(t, test.pointer, test.path.Pointer())
		text, err := test.path.MarshalJSON()
		require.NoError(t, err)
		require.Contains(t, string(text), `"`)
	}
	require.True(t, tenon.Path{}.IsRoot())
	require.Equal(t, tenon.Path{}, tenon.Path{}.Parent())
}

func TestPathGet(t *testing.T) {
	t.Parallel()
	document := map[string]any{"list": []any{"x", nil}, "null": nil}
	for _, test := range []struct {
		path tenon.Path
		want any
		ok   bool
	}{
		{tenon.Path{}, document, true},
		{tenon.At("list", 0), "x", true},
		{tenon.At("list", 1), nil, true},
		{tenon.At("list", 2), nil, false},
		{tenon.At("list", "0"), nil, false},
		{tenon.At("null"), nil, true},
		{tenon.At("null", "x"), nil, false},
		{tenon.At("nothing"), nil, false},
		{tenon.At(0), nil, false},
	} {
		found, ok := test.path.Get(document)
		require.Equal(t, test.ok, ok, test.path)
		require.Equal(t, test.want, found, test.path)
	}
}

func TestAtPanicsOnAMistake(t *testing.T) {
	t.Parallel()
	require.Panics(t, func() { tenon.At(1.5) })
}

func TestDidYouMean(t *testing.T) {
	t.Parallel()
	require.Equal(t, `did you mean "postgresql"?`, tenon.DidYouMean("postgress", []string{"mysql", "postgresql"}))
	require.Equal(t, "", tenon.DidYouMean("redis", []string{"mysql", "postgresql"}))
	require.Equal(t, "", tenon.DidYouMean("x", nil))
	require.Equal(t, "", tenon.DidYouMean("e", []string{"a", "b"}), "nothing is the same")
	require.Equal(t, tenon.DidYouMean("ab", []string{"abc", "abd"}), tenon.DidYouMean("ab", []string{"abd", "abc"}), "in whatever order")
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"connections.db", "steps[0].path", `["a/b"]["c~d"]`, "a.", "[01]", "['a']", "a[", "[-1]", ".a", "[0]a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := tenon.ParsePath(text)
		if err != nil {
			return
		}
		again, err := tenon.ParsePath(path.String())
		require.NoError(t, err)
		require.Equal(t, path, again)
	})
}

func TestParsePathRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"a.", ".a", "a..b", "[", "[x]", "[01]", "[.a']", "[0]a", `["a"`, `["a"x]`, "a b", "a]"} {
		_, err := tenon.ParsePath(text)
		require.ErrorContains(t, err, "is not a path", text)
	}
	var path tenon.Path
	require.Error(t, path.UnmarshalJSON([]byte(`1`)))
	require.Error(t, path.UnmarshalJSON([]byte(`"a."`)))
	require.NoError(t, path.UnmarshalJSON([]byte(`"a[1]"`)))
	require.Equal(t, tenon.At("a", 1), path)
}
