package terraform

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
	"github.com/tenon-sdk/tenon/provisioner"
)

// redactor takes secrets out of texts. The zero value knows none.
type redactor struct {
	replace *strings.Replacer
	short   *regexp.Regexp // secrets that are too short to be cut out of words
}

const (
	redacted = "(sensitive)"
	// A secret shorter than this is taken out only where it stands alone.
	minSubstring = 4
)

// newRedactor learns every string and number in the values.
func newRedactor(values ...any) *redactor {
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
	r := &redactor{}
	if len(long) > 0 {
		var pairs []string
		for _, form := range longestFirst(long) {
			pairs = append(pairs, form, redacted)
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

func (r *redactor) text(s string) string {
	if r.replace != nil {
		s = r.replace.Replace(s)
	}
	if r.short != nil {
		for range 2 { // two that share what stands between them are found one after the other
			s = r.short.ReplaceAllString(s, "${1}"+redacted+"${2}")
		}
	}
	return s
}

func (r *redactor) problem(p tenon.Problem) tenon.Problem {
	p.Message, p.Hint = r.text(p.Message), r.text(p.Hint)
	return p
}

func (r *redactor) event(e provisioner.Event) provisioner.Event {
	e.Message, e.Resource = r.text(e.Message), r.text(e.Resource)
	if e.Problem != nil {
		p := r.problem(*e.Problem)
		e.Problem = &p
	}
	return e
}

// secretsOf gives what must never be shown of a request: secret inputs, sensitive outputs
// of the last run, secret-looking variables of the environment.
func (d *Driver) secretsOf(req *provisioner.Request) *redactor {
	var values []any
	for _, name := range req.Secret {
		values = append(values, req.Inputs[name])
	}
	for _, output := range req.Outputs {
		if output.Sensitive {
			values = append(values, output.Value)
		}
	}
	for _, text := range d.secrets {
		values = append(values, text)
	}
	return newRedactor(values...)
}
