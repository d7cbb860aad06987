package artifacts

import (
	"io/fs"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// ValidationError says that a document is not of its type. Problems have Paths into the
// document, and places where it came from a file.
type ValidationError struct {
	Type     string // postgresql@1.2.0
	Problems tenon.Problems
}

// Error writes one problem a line:
//
//	postgresql@1.2.0: /port: must be a whole number between 1 and 65535, got "5432" (a string)
func (e *ValidationError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		pointer := p.Path.Pointer()
		p.Path = tenon.Path{}
		text := p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		if pointer != "" {
			text = pointer + ": " + text
		}
		lines[i] = e.Type + ": " + text
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives the problems.
func (e *ValidationError) Unwrap() error { return e.Problems.Err() }

// Validate gives nil, or a *ValidationError with every mistake of document, which may be
// anything that encoding/json can write. Sensitive values are never shown.
func (t *Type) Validate(document any) error {
	normal, err := value.Normal(document)
	if err != nil {
		return &ValidationError{Type: t.String(), Problems: tenon.Problems{{Rule: "not-json", Message: err.Error()}}}
	}
	return t.validate(normal)
}

func (t *Type) validate(document any) error {
	if t.made().schema.Valid(document) {
		return nil
	}
	return &ValidationError{Type: t.String(), Problems: t.made().schema.Validate(document, t.isSensitive)}
}

func (t *Type) isSensitive(path tenon.Path) bool {
	for _, pattern := range t.made().sensitive {
		if value.Overlaps(pattern, path) && pattern.Len() <= path.Len() {
			return true
		}
	}
	return false
}

// ValidateFile validates a document in a YAML or JSON file; the problems of the
// *ValidationError have its lines and columns. A file that cannot be read as a document
// is tenon.Problems.
func (t *Type) ValidateFile(fsys fs.FS, name string) error {
	node, problems := source.Read(fsys, name, name)
	if problems.HasErrors() {
		return problems.Err()
	}
	if t.made().schema.Valid(node.Value()) {
		return nil
	}
	return &ValidationError{Type: t.String(), Problems: node.Locate(t.made().schema.Validate(node.Value(), t.isSensitive))}
}
