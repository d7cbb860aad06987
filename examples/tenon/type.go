package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

func (a *app) typeCommand() *cobra.Command {
	return group("type", "Artifact types: the contracts between bundles", append(a.contractCommands(),
		&cobra.Command{
			Use: "list", Short: "List the types of the catalog", Args: arguments(),
			RunE: func(*cobra.Command, []string) error { return a.typeList() },
		},
		&cobra.Command{
			Use: "show REF", Short: "Show one type: postgresql, postgresql@^1.2", Args: arguments("REF"),
			RunE: func(_ *cobra.Command, args []string) error { return a.typeShow(args[0]) },
		},
		&cobra.Command{
			Use: "check FILE…", Short: "Check files of types", Args: arguments("FILE…"),
			RunE: func(_ *cobra.Command, args []string) error { return a.typeCheck(args) },
		},
		&cobra.Command{
			Use: "validate REF|FILE DOC", Short: "Validate a document against a type", Args: arguments("REF|FILE", "DOC"),
			RunE: func(_ *cobra.Command, args []string) error { return a.typeValidate(args[0], args[1]) },
		},
	)...)
}

// typeDocument is a type as JSON.
type typeDocument struct {
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	IsA         []string `json:"isA"`
	Sensitive   []string `json:"sensitive"`
	Grants      []string `json:"grants"`
	Schema      any      `json:"schema,omitempty"`
	Examples    []any    `json:"examples,omitempty"`
}

type typesDocument struct {
	Types []typeDocument `json:"types"`
}

func describeType(t *artifacts.Type) typeDocument {
	d := typeDocument{Name: t.Name(), Version: t.Version(), Title: t.Title(), IsA: []string{}, Sensitive: []string{}, Grants: []string{}}
	for _, ref := range t.IsA() {
		d.IsA = append(d.IsA, ref.String())
	}
	for _, path := range t.Sensitive() {
		d.Sensitive = append(d.Sensitive, path.String())
	}
	for _, grant := range t.Grants() {
		d.Grants = append(d.Grants, grant.Name)
	}
	return d
}

func (a *app) typeList() error {
	catalog, err := a.catalog()
	if err != nil {
		return err
	}
	document := typesDocument{Types: []typeDocument{}}
	for _, t := range catalog.Types() {
		document.Types = append(document.Types, describeType(t))
	}
	return a.answer(document, func(w io.Writer) {
		rows := [][]string{{"TYPE", "TITLE", "IS A", "GRANTS"}}
		for _, t := range document.Types {
			rows = append(rows, []string{t.Name + "@" + t.Version, t.Title, orDash(t.IsA), orDash(t.Grants)})
		}
		table(w, rows)
	})
}

func orDash(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

func (a *app) typeShow(text string) error {
	catalog, err := a.catalog()
	if err != nil {
		return err
	}
	t, err := lookup(catalog, text)
	if err != nil {
		return err
	}
	d := describeType(t)
	d.Description, d.Schema, d.Examples = t.Description(), t.Schema(), t.Examples()
	return a.answer(typesDocument{[]typeDocument{d}}, func(w io.Writer) {
		fmt.Fprintf(w, "%s  %s\n", t, t.Title())
		if t.Description() != "" {
			fmt.Fprintf(w, "%s\n", strings.TrimSpace(t.Description()))
		}
		fmt.Fprintf(w, "\nis a       %s\nsensitive  %s\n", orDash(d.IsA), orDash(d.Sensitive))
		for _, grant := range t.Grants() {
			fmt.Fprintf(w, "grant      %s  %s (%s)\n", grant.Name, strings.TrimSpace(grant.Description), strings.Join(grant.Platforms(), ", "))
		}
		fmt.Fprintf(w, "\nschema\n%s\n", indented(t.Schema()))
		for _, example := range t.Examples() {
			fmt.Fprintf(w, "\nexample\n%s\n", indented(t.Redact(example)))
		}
	})
}

// lookup finds the type that REF names.
func lookup(catalog *artifacts.Catalog, text string) (*artifacts.Type, error) {
	ref, err := artifacts.ParseRef(text)
	if err != nil {
		return nil, usage("%s: %s", text, err)
	}
	return catalog.Lookup(ref)
}

// typeCheck loads the files together with the catalog. A file that lies in a folder of
// --catalog is in it already.
func (a *app) typeCheck(files []string) error {
	var outside []string
	for _, file := range files {
		if _, err := os.Stat(file); err != nil {
			return err
		}
		if !a.inCatalog(file) {
			outside = append(outside, file)
		}
	}
	problems, err := checkTypes(a, outside)
	if err != nil {
		return err
	}
	return a.verdict(problems, problemsDocument{problems}, func(w io.Writer) {
		if !problems.HasErrors() {
			fmt.Fprintf(w, "%s: no problems\n", count(len(files), "file"))
		}
	})
}

func checkTypes(a *app, files []string) (tenon.Problems, error) {
	catalog, err := a.catalog()
	if err == nil {
		catalog, err = withFiles(catalog, files)
	}
	if problems := tenon.ProblemsOf(err); problems != nil {
		return problems, nil
	}
	if err != nil {
		return nil, err
	}
	var folders []string
	for _, file := range files {
		folder, _ := splitFile(file)
		folders = append(folders, folder)
	}
	return relocate(catalog.Warnings(), append(folders, a.catalogs...)...), nil
}

// typeValidate says whether a document is of a type, which is named or given as a file.
func (a *app) typeValidate(typ, document string) error {
	catalog, err := a.catalog()
	if err != nil {
		return err
	}
	var t *artifacts.Type
	if info, statErr := os.Stat(typ); statErr == nil && info.Mode().IsRegular() {
		t, err = a.typeOfFile(catalog, typ)
	} else {
		t, err = lookup(catalog, typ)
	}
	if err != nil {
		return err
	}
	problems, err := validate(t, document)
	if err != nil {
		return err
	}
	type verdict struct {
		Valid    bool           `json:"valid"`
		Problems tenon.Problems `json:"problems"`
	}
	return a.verdict(problems, verdict{!problems.HasErrors(), problems}, func(w io.Writer) {
		if !problems.HasErrors() {
			fmt.Fprintf(w, "%s is a valid %s\n", document, t)
		}
	})
}

// validate reads the document of a file and gives its mistakes.
func validate(t *artifacts.Type, file string) (tenon.Problems, error) {
	if _, err := os.Stat(file); err != nil {
		return nil, err
	}
	folder, name := splitFile(file)
	err := t.ValidateFile(os.DirFS(folder), name)
	if problems := tenon.ProblemsOf(err); problems != nil {
		return relocate(problems, folder), nil
	}
	return nil, err
}
