// Package redact takes secrets out of texts that tools and drivers say: in every spelling in
// which a value shows up in a message.
package redact

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Redactor takes secrets out of texts. The zero value knows none. Safe for concurrent use.
type Redactor struct {
	replace *strings.Replacer
	short   *regexp.Regexp // secrets that are too short to be cut out of words
}

const (
	// Mark stands in the place of a secret.
	Mark = "(sensitive)"
	// A secret shorter than this is taken out only where it stands alone.
	minSubstring = 4
)

// New learns every string and number in the values, documents in the form of package
// value.
func New(values ...any) *Redactor {
	long, short := map[string]bool{}, map[string]bool{}
	learn := func(text string) {
		switch {
		case text == "":
		case len(text) < minSubstring:
			short[text] = true
		default:
			for _, form := range forms(text) {
				long[form] = true
			}
		}
	}
	var visit func(v any)
	visit = func(v any) {
		switch v := v.(type) {
		case string:
			learn(v)
			if strings.Contains(v, "\n") {
				for line := range strings.Lines(v) {
					if line = strings.TrimSpace(line); len(line) >= 2*minSubstring {
						learn(line)
					}
				}
			}
		case json.Number:
			learn(v.String())
		case []any:
			for _, item := range v {
				visit(item)
			}
		case map[string]any:
			for _, item := range v {
				visit(item)
			}
		}
	}
	for _, v := range values {
		visit(v)
	}
	r := &Redactor{}
	if len(long) > 0 {
		var pairs []string
		for _, form := range longestFirst(long) {
			pairs = append(pairs, form, Mark)
		}
		r.replace = strings.NewReplacer(pairs...)
	}
	if len(short) > 0 {
		var words []string
		for _, word := range longestFirst(short) {
			words = append(words, regexp.QuoteMeta(word))
		}
		r.short = regexp.MustCompile(`(^|[^\pL\pN_])(?:` + strings.Join(words, "|") + `)($|[^\pL\pN_])`)
	}
	return r
}

// forms are the ways in which a text shows up in messages.
func forms(text string) []string {
	quoted, escaped := value.Canonical(text), strconv.Quote(text)
	asHTML, _ := json.Marshal(text) // a text can always be written
	found := []string{
		text, strings.Join(strings.Fields(text), " "),
		string(quoted[1 : len(quoted)-1]), escaped[1 : len(escaped)-1], string(asHTML[1 : len(asHTML)-1]),
		base64.StdEncoding.EncodeToString([]byte(text)), base64.RawStdEncoding.EncodeToString([]byte(text)),
		base64.URLEncoding.EncodeToString([]byte(text)), hex.EncodeToString([]byte(text)),
	}
	return slices.DeleteFunc(found, func(form string) bool { return len(form) < minSubstring })
}

// longestFirst, so that a secret which begins another one leaves no rest of it.
func longestFirst(set map[string]bool) []string {
	list := make([]string, 0, len(set))
	for text := range set {
		list = append(list, text)
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return list
}

// Text is s with Mark in the place of every secret.
func (r *Redactor) Text(s string) string {
	if r.replace != nil {
		s = r.replace.Replace(s)
	}
	if r.short != nil {
		for range 2 { // two that share what stands between them are found one after the other
			s = r.short.ReplaceAllString(s, "${1}"+Mark+"${2}")
		}
	}
	return s
}

// Holds says that a text holds a secret.
func (r *Redactor) Holds(s string) bool { return r.Text(s) != s }

// Problem is p with redacted texts.
func (r *Redactor) Problem(p tenon.Problem) tenon.Problem {
	p.Message, p.Hint = r.Text(p.Message), r.Text(p.Hint)
	return p
}
