package artifacts

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"text/template"

	"github.com/tenon-sdk/tenon/internal/value"
)

// templateError is an error of a function here: it holds no value.
type templateError string

func (e templateError) Error() string { return string(e) }

// templateFuncs are the functions of exports. Each takes a field and gives its text as it may
// stand where it is put.
var templateFuncs = template.FuncMap{
	// urlquery escapes for a query and for user and password of a URL, urlpath for a step
	// of its path.
	"urlquery": func(v any) (string, error) {
		text, err := plainText(v)
		return strings.ReplaceAll(url.QueryEscape(text), "+", "%20"), err
	},
	"urlpath": func(v any) (string, error) { text, err := plainText(v); return url.PathEscape(text), err },
	"base64": func(v any) (string, error) {
		text, err := plainText(v)
		return base64.StdEncoding.EncodeToString([]byte(text)), err
	},
	"unbase64": func(v any) (string, error) {
		text, err := plainText(v)
		if err != nil {
			return "", err
		}
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", templateError("a value is not in base64")
		}
		return string(decoded), nil
	},
	// json and yaml write any value; what json writes is YAML, too.
	"json": jsonText, "yaml": jsonText,
	// shell puts a value into single quotes, in which nothing means anything.
	"shell": func(v any) (string, error) {
		text, err := plainText(v)
		if err == nil && strings.ContainsRune(text, 0) {
			err = templateError("a value holds a NUL, which no shell takes")
		}
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'", err
	},
	// sql writes a string of standard SQL.
	"sql": func(v any) (string, error) {
		text, err := plainText(v)
		if err == nil && strings.ContainsRune(text, 0) {
			err = templateError("a value holds a NUL, which SQL does not take")
		}
		return "'" + strings.ReplaceAll(text, "'", "''") + "'", err
	},
	"join": func(separator string, v any) (string, error) {
		list, ok := v.([]any)
		if !ok {
			return "", templateError("join takes a separator and a list")
		}
		texts := make([]string, len(list))
		for i, item := range list {
			text, err := plainText(item)
			if err != nil {
				return "", err
			}
			texts[i] = text
		}
		joined := strings.Join(texts, separator)
		if len(joined) > maxExport {
			return "", errTooMuch
		}
		return joined, nil
	},
}

// plainText is a string, number or boolean as text.
func plainText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return string(v), nil
	case bool, int:
		return fmt.Sprint(v), nil
	}
	return "", templateError("a field that is " + value.Describe(v) + " cannot stand there as text")
}

func jsonText(v any) (string, error) {
	if n, ok := v.(int); ok {
		return fmt.Sprint(n), nil
	}
	normal, err := value.Normal(v)
	if err != nil {
		return "", templateError("a value cannot be written as JSON")
	}
	text := string(value.Canonical(normal))
	// Separators that YAML 1.1 takes for line breaks, and JavaScript, too.
	return strings.NewReplacer("\u2028", `\u2028`, "\u2029", `\u2029`, "\u0085", `\u0085`).Replace(text), nil
}
