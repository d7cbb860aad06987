package artifacts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"github.com/tenon-sdk/tenon"
)

// goTemplate is a template of text/template with a closed list of functions, whose work is
// bounded.
type goTemplate struct {
	parsed *template.Template
	fields map[string]bool // names that it asks for
}

// Functions that only the check puts into a template: asText stands at the end of all that
// is written, and tick at the start of the body of each loop.
const (
	asText = "_text"
	tick   = "_tick"
)

// parseGoTemplate reads a template, whose fields are those of documents of a type.
func parseGoTemplate(name, text string, of *content) (*goTemplate, tenon.Problems) {
	bad := func(message string) (*goTemplate, tenon.Problems) {
		return nil, tenon.Problems{{Rule: "bad-export", Message: message}}
	}
	if len(text) > maxTemplate {
		return bad(fmt.Sprintf("a template of an export has at most %d bytes", maxTemplate))
	}
	functions := newBudget(context.Background()).functions()
	parsed, err := template.New(name).Option("missingkey=error").Funcs(functions).Parse(text)
	if err != nil {
		return bad("the template does not parse: " + templateWords(err))
	}
	c := &templateCheck{of: of, own: functions, fields: map[string]bool{}, assigned: map[string]bool{}}
	if len(parsed.Templates()) > 1 {
		c.refuse("define")
	}
	if parsed.Tree != nil && parsed.Root != nil {
		c.whole(parsed.Root)
	}
	if c.problems.HasErrors() {
		return nil, c.problems.Sorted()
	}
	return &goTemplate{parsed, c.fields}, nil
}

// templateWords is an error of the parser without the name of the template.
func templateWords(err error) string {
	_, words, found := strings.Cut(err.Error(), ": ")
	if !found {
		return err.Error()
	}
	if _, more, found := strings.Cut(words, ": "); found && strings.Contains(words, "template") {
		return more
	}
	return words
}

var missingKey = regexp.MustCompile(`map has no entry for key "([^"]*)"`)

func (t *goTemplate) render(ctx context.Context, document any) ([]byte, error) {
	unsuited := &ExportError{Reason: "the template does not suit the values of the artifact"}
	parsed, err := t.parsed.Clone()
	if err != nil {
		return nil, unsuited
	}
	b := newBudget(ctx)
	out := &bounded{budget: b}
	err = parsed.Funcs(b.functions()).Execute(out, document)
	if stopped := b.why(); stopped != nil {
		return nil, stopped
	}
	var known templateError
	var failed *ExportError
	switch {
	case err == nil:
		return out.Bytes(), nil
	case errors.As(err, &failed):
		return nil, failed
	case errors.As(err, &known):
		return nil, &ExportError{Reason: string(known)}
	}
	// What the library says may hold values of the document: all that is taken from it is
	// a name that stands in the template.
	if match := missingKey.FindStringSubmatch(err.Error()); match != nil && t.fields[match[1]] {
		return nil, &ExportError{Field: match[1], Reason: "the artifact has no " + match[1]}
	}
	return nil, unsuited
}
