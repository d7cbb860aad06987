package artifacts

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Export is a file that a person can take away from an artifact: a kubeconfig, an .env.
type Export struct {
	Name string
	File string // its name, without a folder
	// Label of the button and format of the file, where a published definition gives them.
	Label, Format string

	render func(ctx context.Context, document any) ([]byte, error)
}

// ExportFile is what Artifact.Export makes. It may hold secrets.
type ExportFile struct {
	Name    string
	Content []byte
}

// ExportError says why an export cannot be made of an artifact: a field is missing, or the
// template asks for too much. It holds no value of the document.
type ExportError struct {
	Type, Export string
	Field        string // that is missing; empty where it is something else
	Reason       string
}

func (e *ExportError) Error() string {
	return fmt.Sprintf("%s: the export %q cannot be made: %s", e.Type, e.Export, e.Reason)
}

// Exports of the type, by name.
func (t *Type) Exports() []Export { return slices.Clone(t.made().exports) }

// Export makes a file of the plain document, after the recorder took the reason. The error
// is a tenon.Problem of rule unknown-export, with what may have been meant, an
// *ExportError, the recorder's, or ctx's.
func (a Artifact) Export(ctx context.Context, name, reason string, recorder Recorder) (ExportFile, error) {
	c := a.contents()
	if c.typ == nil {
		return ExportFile{}, fmt.Errorf("the catalog no longer has %s@%s", c.name, c.version)
	}
	at := slices.IndexFunc(c.typ.made().exports, func(e Export) bool { return e.Name == name })
	if at < 0 {
		var names []string
		for _, e := range c.typ.made().exports {
			names = append(names, e.Name)
		}
		hint := tenon.DidYouMean(name, names)
		if hint == "" && len(names) > 0 {
			hint = "there is " + strings.Join(names, ", ")
		}
		return ExportFile{}, tenon.Problem{Rule: "unknown-export", Message: fmt.Sprintf("%s has no export %q", c.typ, name), Hint: hint}
	}
	document, err := a.Reveal(ctx, reason, recorder)
	if err != nil {
		return ExportFile{}, err
	}
	export := c.typ.made().exports[at]
	content, err := export.render(ctx, document)
	if err != nil {
		var failed *ExportError
		if errors.As(err, &failed) {
			failed.Type, failed.Export = c.typ.String(), name
		}
		return ExportFile{}, err
	}
	return ExportFile{Name: export.File, Content: content}, nil
}

// A plain name means the same on every system: no folder, no device.
var (
	plainFile  = regexp.MustCompile(`^\.?[A-Za-z0-9_]([A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$`)
	deviceFile = regexp.MustCompile(`^(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)
)

// exports reads the exports of a type file.
func (a *assembly) exports(c *content, block *source.Node) {
	for _, name := range block.Keys() {
		node := block.Get(name)
		file, _ := node.Get("file").Value().(string)
		text, _ := node.Get("template").Value().(string)
		if !plainFile.MatchString(file) || deviceFile.MatchString(file) {
			a.problems.Add(node.Get("file").Problem("bad-export", fmt.Sprintf("%q is not the name of a file, without a folder", file), "of letters, digits, '.', '_' and '-'"))
		}
		template, problems := parseGoTemplate(name, text, c)
		for _, p := range problems {
			a.problems.Add(node.Get("template").Problem(p.Rule, p.Message, p.Hint))
		}
		if template != nil {
			c.exports = append(c.exports, Export{Name: name, File: file, render: template.render})
		}
	}
	slices.SortFunc(c.exports, func(x, y Export) int { return strings.Compare(x.Name, y.Name) })
}
