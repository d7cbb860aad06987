package main

import (
	"context"
	"encoding/base64"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/artifacts"
)

// exportDocument is a file as JSON; it may hold secrets.
type exportDocument struct {
	Export  string `json:"export"`
	File    string `json:"file"`
	Content string `json:"content"`
	Base64  bool   `json:"base64,omitempty"`
}

// typeExport prints a file that the type makes of a document. The document is the person's
// own: it is plain already, so that revealing it is no event.
func (a *app) typeExport(c *cobra.Command, args []string) error {
	typ, err := a.contract(args[0])
	if err != nil {
		return err
	}
	if typ.typ == nil {
		return usage("%s is no type: only types have exports", args[0])
	}
	name := ""
	if len(args) > 2 {
		name = args[2]
	}
	exports := typ.typ.Exports()
	switch {
	case len(exports) == 0:
		return usage("%s has no exports", typ.name)
	case name == "" && len(exports) > 1:
		var names []string
		for _, e := range exports {
			names = append(names, e.Name)
		}
		return usage("%s has several exports, name one: %s", typ.name, strings.Join(names, ", "))
	case name == "":
		name = exports[0].Name
	}
	problems, err := validate(typ.typ, args[1])
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return problems
	}
	folder, file := splitFile(args[1])
	document, err := artifacts.ReadDocument(os.DirFS(folder), file)
	if err != nil {
		return relocateError(err, folder)
	}
	artifact, err := artifacts.New(typ.typ, document)
	if err != nil {
		return err
	}
	made, err := artifact.Export(c.Context(), name, "tenon type export", ownDocument{})
	if err != nil {
		return err
	}
	d := exportDocument{Export: name, File: made.Name, Content: string(made.Content)}
	if strings.ToValidUTF8(d.Content, "") != d.Content {
		d.Content, d.Base64 = base64.StdEncoding.EncodeToString(made.Content), true
	}
	return a.answer(d, func(w io.Writer) { _, _ = w.Write(made.Content) })
}

// ownDocument records nothing: the document was handed in by the one who asks.
type ownDocument struct{}

func (ownDocument) RecordReveal(context.Context, artifacts.Reveal) error { return nil }
