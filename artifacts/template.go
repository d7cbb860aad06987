package artifacts

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Template is text with fields of an artifact in it: {{.arn}}/*. Only the path of a field
// stands in braces: no functions, no conditions. The zero Template is the empty text.
type Template struct {
	text  string
	parts []templatePart
}

type templatePart struct {
	literal string
	field   tenon.Path // where it is not the root, a field; else literal
}

var fieldPattern = regexp.MustCompile(`^\s*((?:\.[A-Za-z_][A-Za-z0-9_-]*(?:\[\d+\])*)+)\s*$`)
var fieldStep = regexp.MustCompile(`\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d+)\]`)

// ParseTemplate reads a template.
func ParseTemplate(text string) (Template, error) {
	t := Template{text: text}
	for rest := text; rest != ""; {
		before, after, found := strings.Cut(rest, "{{")
		if strings.Contains(before, "}}") {
			return Template{}, fmt.Errorf("%q closes braces that it does not open", text)
		}
		if before != "" {
			t.parts = append(t.parts, templatePart{literal: before})
		}
		if !found {
			break
		}
		inside, remaining, closed := strings.Cut(after, "}}")
		if !closed {
			return Template{}, fmt.Errorf("%q opens braces that it does not close", text)
		}
		match := fieldPattern.FindStringSubmatch(inside)
		if match == nil {
			return Template{}, fmt.Errorf("%q: only a field such as {{.arn}} may stand in braces, not {{%s}}", text, inside)
		}
		path := tenon.Path{}
		for _, step := range fieldStep.FindAllStringSubmatch(match[1], -1) {
			if step[1] != "" {
				path = path.Append(step[1])
				continue
			}
			i, err := strconv.Atoi(step[2])
			if err != nil {
				return Template{}, fmt.Errorf("%q: %s is not an index", text, step[2])
			}
			path = path.Append(i)
		}
		t.parts = append(t.parts, templatePart{field: path})
		rest = remaining
	}
	return t, nil
}

// String is the template as it was written.
func (t Template) String() string { return t.text }

// Fields that the template reads, in order, each once.
func (t Template) Fields() []tenon.Path {
	var fields []tenon.Path
	seen := map[tenon.Path]bool{}
	for _, part := range t.parts {
		if !part.field.IsRoot() && !seen[part.field] {
			seen[part.field] = true
			fields = append(fields, part.field)
		}
	}
	return fields
}

// Render fills the fields from a document. Each value goes through escape first, which
// may refuse it, and is told the text that stands before. ok is false where a field is
// missing, null or an empty text; a list or an object is an error.
func (t Template) Render(document any, escape func(before string, field tenon.Path, text string) (string, error)) (text string, ok bool, err error) {
	var b strings.Builder
	for _, part := range t.parts {
		if part.field.IsRoot() {
			b.WriteString(part.literal)
			continue
		}
		v, _ := part.field.Get(document)
		var plain string
		switch v := v.(type) {
		case nil:
		case string:
			plain = v
		case bool:
			plain = strconv.FormatBool(v)
		case json.Number:
			plain = v.String()
		default:
			if number, err := value.Normal(v); err == nil { // a number of Go's own
				if n, isNumber := number.(json.Number); isNumber {
					plain = n.String()
					break
				}
			}
			return "", false, fmt.Errorf("field %s is not a text, a number or a truth value", part.field)
		}
		if plain == "" {
			return "", false, nil
		}
		if escape != nil {
			if plain, err = escape(b.String(), part.field, plain); err != nil {
				return "", false, err
			}
		}
		b.WriteString(plain)
	}
	return b.String(), true, nil
}

// MarshalText writes the template as it was written.
func (t Template) MarshalText() ([]byte, error) { return []byte(t.text), nil }

// UnmarshalText is ParseTemplate.
func (t *Template) UnmarshalText(text []byte) (err error) {
	*t, err = ParseTemplate(string(text))
	return err
}
