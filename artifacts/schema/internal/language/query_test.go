package language_test

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema/internal/language"
)

func parse(t testing.TB, text string) *language.Pattern {
	t.Helper()
	p, err := language.Parse(text)
	require.NoError(t, err, text)
	return p
}

func parseAll(t testing.TB, list []string) []*language.Pattern {
	var patterns []*language.Pattern
	for _, text := range list {
		patterns = append(patterns, parse(t, text))
	}
	return patterns
}

func TestShortest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in, notIn, words []string
		min, max         int
		want             string
		answer           language.Answer
	}{
		"everything":             {max: -1, want: "", answer: language.Found},
		"a letter":               {in: []string{"^[a-z]+$"}, max: -1, want: "a", answer: language.Found},
		"not the first":          {in: []string{"^[a-z]+$"}, words: []string{"a", "b"}, max: -1, want: "c", answer: language.Found},
		"no other":               {in: []string{"^[ab]$"}, words: []string{"a", "b"}, max: -1, answer: language.Empty},
		"length by pattern":      {in: []string{"^[a-z]+$"}, notIn: []string{"^.{1,3}$"}, max: -1, want: "aaaa", answer: language.Found},
		"contradiction":          {in: []string{"^a"}, notIn: []string{"^[ab]"}, max: -1, answer: language.Empty},
		"contained":              {in: []string{"^[a-f0-9]{4}$"}, notIn: []string{"^[0-9a-z]+$"}, max: -1, answer: language.Empty},
		"word boundary":          {in: []string{`\bx\b`}, notIn: []string{"^x$"}, max: -1, want: "x-", answer: language.Found},
		"boundary twice":         {in: []string{`\b`}, notIn: []string{`\w`}, max: -1, answer: language.Empty},
		"multi line":             {in: []string{`(?m)^a$`}, notIn: []string{`^a`}, max: -1, want: "\na", answer: language.Found},
		"fold":                   {in: []string{`(?i)^k$`}, notIn: []string{"^[kK]$"}, max: -1, want: "\u212a", answer: language.Found},
		"too short":              {in: []string{"^[a-z]{5,}$"}, max: 4, answer: language.Empty},
		"too long":               {in: []string{"^[a-z]{1,3}$"}, min: 4, max: -1, answer: language.Empty},
		"start again past min":   {in: []string{"^(ab)*$"}, min: 2, max: -1, want: "ab", answer: language.Found},
		"even":                   {in: []string{"^(aa)*$"}, min: 3, max: 3, answer: language.Empty},
		"min above max":          {min: 3, max: 2, answer: language.Empty},
		"huge":                   {in: []string{"^a*$"}, min: 1_000_000, max: -1, answer: language.Unknown},
		"huge and contradictory": {in: []string{"^a*$"}, notIn: []string{"a"}, min: 1_000_000, max: -1, answer: language.Empty},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := language.Query{In: parseAll(t, c.in), NotIn: parseAll(t, c.notIn), NotWords: c.words, Min: c.min, Max: c.max}
			word, _, answer := q.Shortest(200_000)
			require.Equal(t, c.answer, answer)
			require.Equal(t, c.want, word)
		})
	}
}

func TestSpellings(t *testing.T) {
	t.Parallel()
	for text, matches := range map[string]string{
		`^\u0041$`: "A", `^\u{1F600}$`: "\U0001F600", `^\cA$`: "\x01", `^[^]$`: "\n", `^a\/b$`: "a/b", `^[\w\-]+$`: "a-b", `^(?<year>[0-9]{4})$`: "2026", `^[[]$`: "[",
	} {
		require.True(t, parse(t, text).Match(matches), text)
		require.NotPanics(t, func() { regexp.MustCompile(parse(t, text).Go()) })
	}
	for _, text := range []string{`(?=a)b`, `(?!a)`, `(?<=a)b`, `(a)\1`, `\k<a>`} {
		_, err := language.Parse(text)
		require.ErrorIs(t, err, language.ErrUnsupported, text)
	}
	for _, text := range []string{`(`, `[a`, `a{2,1}`, `\u12`} {
		_, err := language.Parse(text)
		require.ErrorIs(t, err, language.ErrSyntax, text)
	}
}

// What costs much ends within its budget.
func TestCatastrophes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{`^(a+)+$`, `^(a|b|ab)*c$`, `[\s\S]{500}a[\s\S]{400}`, `(.*a){20}`, `^(a?){500}$`, `^([a-z]{1,30}[0-9]?){1,30}$`} {
		p := parse(t, text)
		q := language.Query{In: []*language.Pattern{p}, NotIn: []*language.Pattern{parse(t, `b.{15}$`)}, Max: -1}
		word, steps, answer := q.Shortest(100_000)
		require.Less(t, steps, 400_000, text)
		if answer == language.Found {
			require.True(t, p.Match(word), text)
		}
	}
}

// grammar makes a pattern of the bytes.
func grammar(r *rand.Rand, depth int) string {
	if depth == 0 {
		return []string{"a", "b", "c", ".", "[ab]", "[^a]", `\d`, `\w`, "é", "-", "x", "[a-c0-9]", `\n`}[r.IntN(13)]
	}
	switch r.IntN(12) {
	case 0, 1, 2:
		return grammar(r, depth-1) + grammar(r, depth-1)
	case 3, 4:
		return "(" + grammar(r, depth-1) + "|" + grammar(r, depth-1) + ")"
	case 5:
		return "(" + grammar(r, depth-1) + ")*"
	case 6:
		return "(" + grammar(r, depth-1) + ")+"
	case 7:
		return "(" + grammar(r, depth-1) + ")?"
	case 8:
		return "(" + grammar(r, depth-1) + "){1,3}"
	case 9:
		return "^" + grammar(r, depth-1)
	case 10:
		return grammar(r, depth-1) + "$"
	}
	return []string{`\b`, `\B`, "(?i)", "(?m)^", "(?m:$)", ""}[r.IntN(6)] + grammar(r, depth-1)
}

// short are all texts of up to three runes over a small alphabet.
var short = func() []string {
	list := []string{""}
	for from := 0; len(list) < 1+8+64+512; from++ {
		for _, r := range "abc0-\nBé" {
			list = append(list, list[from]+string(r))
		}
	}
	return list
}()

func FuzzAlgebra(f *testing.F) {
	for i := range uint64(60) {
		f.Add(i, uint8(i%4), uint8(i%7))
	}
	f.Fuzz(func(t *testing.T, seed uint64, least, more uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		var q language.Query
		var in, notIn []*regexp.Regexp
		for range r.IntN(3) {
			text := grammar(r, r.IntN(4))
			q.In, in = append(q.In, parse(t, text)), append(in, regexp.MustCompile(text))
		}
		for range r.IntN(3) {
			text := grammar(r, r.IntN(4))
			q.NotIn, notIn = append(q.NotIn, parse(t, text)), append(notIn, regexp.MustCompile(text))
		}
		for range r.IntN(3) {
			q.NotWords = append(q.NotWords, short[r.IntN(len(short))])
		}
		q.Min, q.Max = int(least%6), int(least%6)+int(more%8)-1
		if more%8 == 0 {
			q.Max = -1
		}
		member := func(word string) bool {
			n := utf8.RuneCountInString(word)
			return n >= q.Min && (q.Max < 0 || n <= q.Max) && !slices.Contains(q.NotWords, word) &&
				!slices.ContainsFunc(in, func(e *regexp.Regexp) bool { return !e.MatchString(word) }) &&
				!slices.ContainsFunc(notIn, func(e *regexp.Regexp) bool { return e.MatchString(word) })
		}
		word, _, answer := q.Shortest(100_000)
		switch answer {
		case language.Found:
			require.True(t, member(word), "%q of %v but %v", word, in, notIn)
			for _, other := range short {
				if utf8.RuneCountInString(other) < utf8.RuneCountInString(word) {
					require.False(t, member(other), "%q is shorter than %q of %v but %v", other, word, in, notIn)
				}
			}
			random, answer := q.Random(r, 100_000)
			require.Equal(t, language.Found, answer)
			require.True(t, member(random), "%q of %v but %v", random, in, notIn)
		case language.Empty:
			for _, other := range short {
				require.False(t, member(other), "%q of %v but %v", other, in, notIn)
			}
		}
		words, complete, answer := q.Words(4, 100_000)
		for i, w := range words {
			require.True(t, member(w))
			require.NotContains(t, words[:i], w)
		}
		if complete && answer != language.Unknown {
			for _, other := range short {
				require.Equal(t, slices.Contains(words, other), member(other), "%q", other)
			}
		}
	})
}

func BenchmarkShortest(b *testing.B) {
	arn, region := parse(b, `^arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12})?:[^\s]+$`), parse(b, `^[a-z]{2}(-[a-z]+)+-[0-9]+$`)
	name := parse(b, `^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	b.Run("arn", func(b *testing.B) {
		for b.Loop() {
			language.Query{In: []*language.Pattern{arn}, Max: 2048}.Shortest(200_000)
		}
	})
	b.Run("region in name", func(b *testing.B) {
		for b.Loop() {
			language.Query{In: []*language.Pattern{region}, NotIn: []*language.Pattern{name}, Max: 63}.Shortest(200_000)
		}
	})
	b.Run("long", func(b *testing.B) {
		for b.Loop() {
			language.Query{In: []*language.Pattern{name}, Min: 60, Max: 63, NotWords: []string{strings.Repeat("a", 60)}}.Shortest(200_000)
		}
	})
}
