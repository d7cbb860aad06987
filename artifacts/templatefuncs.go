package artifacts

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"text/template"

	"github.com/tenon-sdk/tenon/internal/value"
)

// templateError is an error of a function here: it holds no value.
type templateError string

func (e templateError) Error() string { return string(e) }

// functions of exports, whose work this budget pays. Each takes a field and gives its text
// as it may stand where it is put.
func (b *budget) functions() template.FuncMap {
	quoted := func(quote func(string) (string, error)) func(any) (string, error) {
		return func(v any) (string, error) {
			text, err := b.text(plainText(v))
			if err != nil {
				return "", err
			}
			return b.text(quote(text))
		}
	}
	plain := func(quote func(string) string) func(any) (string, error) {
		return quoted(func(text string) (string, error) { return quote(text), nil })
	}
	order := func(holds func(int) bool) func(any, any) (bool, error) {
		return func(x, y any) (bool, error) {
			order, err := b.order(x, y)
			return err == nil && holds(order), err
		}
	}
	written := func(v any) (string, error) { return b.text(jsonText(v)) }
	return template.FuncMap{
		// urlquery escapes for a query and for user and password of a URL, urlpath for a
		// step of its path.
		"urlquery": plain(func(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }),
		"urlpath":  plain(url.PathEscape),
		"base64":   plain(func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }),
		"unbase64": quoted(func(text string) (string, error) {
			decoded, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return "", templateError("a value is not in base64")
			}
			return string(decoded), nil
		}),
		// json and yaml write any value; what json writes is YAML, too.
		"json": written, "yaml": written,
		// shell puts a value into single quotes, in which nothing means anything.
		"shell": quoted(func(text string) (string, error) { return quoteWith(text, `'\''`, "no shell takes") }),
		// sql writes a string of standard SQL. It is not for servers that read backslashes in
		// strings, as MySQL does unless NO_BACKSLASH_ESCAPES is on.
		"sql":  quoted(func(text string) (string, error) { return quoteWith(text, "''", "SQL does not take") }),
		"join": b.join,
		"eq": func(v any, others ...any) (bool, error) {
			for _, other := range others {
				if same, err := b.same(v, other); same || err != nil {
					return same, err
				}
			}
			return false, nil
		},
		"ne":   func(x, y any) (bool, error) { same, err := b.same(x, y); return !same, err },
		"lt":   order(func(order int) bool { return order < 0 }),
		"le":   order(func(order int) bool { return order <= 0 }),
		"gt":   order(func(order int) bool { return order > 0 }),
		"ge":   order(func(order int) bool { return order >= 0 }),
		asText: b.written,
		tick: func(parts string) (string, error) {
			n, _ := strconv.Atoi(parts)
			return "", b.round(n, 0)
		},
	}
}

// written is what a template writes where it names a value without a function.
func (b *budget) written(label string, v any) (string, error) {
	if v == nil && label != "" {
		return "", &ExportError{Field: label, Reason: "the artifact has no value for " + label}
	}
	return b.text(plainText(v))
}

func quoteWith(text, quote, who string) (string, error) {
	if strings.ContainsRune(text, 0) {
		return "", templateError("a value holds a NUL, which " + who)
	}
	return "'" + strings.ReplaceAll(text, "'", quote) + "'", nil
}

func (b *budget) join(separator string, v any) (string, error) {
	list, ok := v.([]any)
	if !ok {
		return "", templateError("join takes a separator and a list")
	}
	var joined strings.Builder
	for i, item := range list {
		text, err := b.text(plainText(item))
		if err != nil {
			return "", err
		}
		if i > 0 {
			text = separator + text
		}
		if joined.Len()+len(text) > maxExport {
			return "", b.fail(errTooMuch)
		}
		joined.WriteString(text)
	}
	return b.text(joined.String(), nil)
}

// same says that two values are the same; 1 and 1.0 are.
func (b *budget) same(x, y any) (bool, error) {
	if err := b.spend(sizeOf(x) + sizeOf(y)); err != nil {
		return false, err
	}
	p, errX := value.Normal(x)
	q, errY := value.Normal(y)
	return errX == nil && errY == nil && value.Equal(p, q), nil
}

// order compares two texts or two numbers.
func (b *budget) order(x, y any) (int, error) {
	if err := b.spend(sizeOf(x) + sizeOf(y)); err != nil {
		return 0, err
	}
	p, isText := x.(string)
	q, both := y.(string)
	if isText && both {
		return strings.Compare(p, q), nil
	}
	m, isNumber := numberOf(x)
	n, both := numberOf(y)
	if !isNumber || !both {
		return 0, templateError(fmt.Sprintf("%s and %s have no order", described(x), described(y)))
	}
	return cmp.Compare(m, n), nil
}

// described names the type of a value that the template may have made itself.
func described(v any) string {
	if normal, err := value.Normal(v); err == nil {
		v = normal
	}
	return value.Describe(v)
}

func numberOf(v any) (float64, bool) {
	switch v := v.(type) {
	case json.Number:
		number, _ := v.Float64() // past what it can hold, infinity
		return number, true
	case int:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// plainText is a string, number or boolean as text.
func plainText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return string(v), nil
	case bool, int, float64:
		return fmt.Sprint(v), nil
	}
	return "", templateError("a field that is " + described(v) + " cannot stand there as text")
}

// jsonText writes any value as JSON that is YAML, too, for readers of every age: characters
// that one of them does not take as they are, or takes for the end of a line, are escaped.
func jsonText(v any) (string, error) {
	normal, err := value.Normal(v)
	if err != nil {
		return "", templateError("a value cannot be written as JSON")
	}
	text := value.Canonical(normal)
	var b strings.Builder
	for _, r := range string(text) {
		if r >= 0x7f && r <= 0x9f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String(), nil
}
