// Package language decides questions about the languages of regular expressions as JSON
// Schema uses them: is there a text that some patterns match and others do not, and which.
//
//	name, _ := language.Parse("^[a-z]+$")
//	short, _ := language.Parse("^.{1,3}$")
//	word, _, answer := language.Query{In: []*language.Pattern{name}, NotIn: []*language.Pattern{short}, Max: -1}.Shortest(100_000)
//	// "aaaa", Found
//
// A pattern means what package regexp takes it to mean; spellings of ECMAScript that mean
// the same are translated. The work is bounded by a count of steps. Everything is safe for
// concurrent use.
package language

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// parsed keeps patterns, so that what is found out about one serves every schema that has it.
var (
	parsed      sync.Map
	parsedCount atomic.Int64
)

// Errors of Parse.
var (
	ErrSyntax      = errors.New("it does not parse")
	ErrUnsupported = errors.New("look-around and back-references are not regular")
)

// Pattern is a regular expression that matches anywhere in a text unless it is anchored.
type Pattern struct {
	text  string
	expr  *regexp.Regexp
	built atomic.Pointer[machine]
}

// machine of the pattern, made when it is first asked for.
func (p *Pattern) machine() *machine {
	if m := p.built.Load(); m != nil {
		return m
	}
	m := newMachine(p.expr.String())
	p.built.CompareAndSwap(nil, m)
	return m
}

// rest lets go of a machine that has become large: patterns may live long.
func (p *Pattern) rest() {
	if m := p.built.Load(); m != nil && m.heavy() {
		p.built.CompareAndSwap(m, nil)
	}
}

// Parse reads a pattern. The error wraps ErrSyntax or ErrUnsupported.
func Parse(text string) (*Pattern, error) {
	if known, ok := parsed.Load(text); ok {
		return known.(*Pattern), nil
	}
	translated, err := translate(text)
	if err != nil {
		return nil, err
	}
	expr, err := regexp.Compile(translated)
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrSyntax, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	p := &Pattern{text: text, expr: expr}
	if len(text) < 300 {
		if parsedCount.Add(1) > 4096 { // a cache, not a store
			parsed.Clear()
			parsedCount.Store(0)
		}
		parsed.Store(text, p)
	}
	return p, nil
}

// String is the pattern as it was written.
func (p *Pattern) String() string { return p.text }

// Go is the pattern in the spelling of package regexp.
func (p *Pattern) Go() string { return p.expr.String() }

// Match says whether the pattern matches anywhere in text.
func (p *Pattern) Match(text string) bool { return p.expr.MatchString(text) }

// translate gives the spelling of package regexp.
func translate(text string) (string, error) {
	plain := func() (string, error) {
		if _, err := syntax.Parse(text, syntax.Perl); err != nil {
			return "", fmt.Errorf("%w: %s", ErrSyntax, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		return text, nil
	}
	if _, err := syntax.Parse(text, syntax.Perl); err == nil {
		return text, nil
	}
	var b strings.Builder
	inClass := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		rest := text[i:]
		switch {
		case c == '\\' && i+1 < len(text):
			spelled, n, err := escape(rest)
			if err != nil {
				return "", err
			}
			b.WriteString(spelled)
			i += n - 1
		case inClass:
			inClass = c != ']'
			if c == '[' && !strings.HasPrefix(rest, "[:") { // a plain character for ECMAScript
				b.WriteByte('\\')
			}
			b.WriteByte(c)
		case strings.HasPrefix(rest, "[^]"):
			b.WriteString(`[\x00-\x{10FFFF}]`)
			i += 2
		case strings.HasPrefix(rest, "[]"):
			b.WriteString(`[^\x00-\x{10FFFF}]`)
			i++
		case c == '[':
			inClass = true
			b.WriteByte(c)
			if strings.HasPrefix(rest, "[^") {
				b.WriteByte('^')
				i++
			}
		case strings.HasPrefix(rest, "(?=") || strings.HasPrefix(rest, "(?!") || strings.HasPrefix(rest, "(?<=") || strings.HasPrefix(rest, "(?<!"):
			return "", ErrUnsupported
		default:
			b.WriteByte(c)
		}
	}
	translated := b.String()
	if _, err := syntax.Parse(translated, syntax.Perl); err != nil {
		return plain()
	}
	return translated, nil
}

// escape translates the escape at the beginning of text and says how long it is.
func escape(text string) (string, int, error) {
	hex := func(from, to int) (string, int, error) {
		if len(text) < to {
			return "", 0, fmt.Errorf("%w: %s", ErrSyntax, text)
		}
		n, err := strconv.ParseUint(text[from:to], 16, 32)
		if err != nil || n > 0x10FFFF {
			return "", 0, fmt.Errorf("%w: %s", ErrSyntax, text[:to])
		}
		return fmt.Sprintf(`\x{%X}`, n), to, nil
	}
	switch c := text[1]; {
	case c == 'u' && strings.HasPrefix(text, `\u{`):
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return "", 0, fmt.Errorf("%w: %s", ErrSyntax, text)
		}
		spelled, _, err := hex(3, end)
		return spelled, end + 1, err
	case c == 'u':
		return hex(2, 6)
	case c == 'c' && len(text) > 2 && (text[2]|32 >= 'a' && text[2]|32 <= 'z'):
		return fmt.Sprintf(`\x{%X}`, text[2]&31), 3, nil
	case c == '0':
		return `\x00`, 2, nil
	case c >= '1' && c <= '9' || c == 'k':
		return "", 0, ErrUnsupported
	case c == '-' || c == '/' || c == '_' || c == '#' || c == ' ':
		return regexp.QuoteMeta(text[1:2]), 2, nil
	}
	return text[:2], 2, nil
}
