package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/graph"
)

func (a *app) contractCommands() []*cobra.Command {
	var projects []string
	diff := &cobra.Command{
		Use: "diff OLD NEW", Short: "Say what changes between two types, and whom it breaks", Args: arguments("OLD", "NEW"),
		RunE: func(_ *cobra.Command, args []string) error { return a.typeDiff(args[0], args[1], projects) },
	}
	diff.Flags().StringArrayVar(&projects, "project", nil, "a folder of a project: say what in it stops fitting (repeatable)")
	var seed uint64
	var number int
	var minimal bool
	sample := &cobra.Command{
		Use: "sample REF|FILE", Short: "Make valid documents", Args: arguments("REF|FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return a.typeSample(args[0], seed, number, minimal) },
	}
	sample.Flags().Uint64Var(&seed, "seed", 0, "chooses the samples")
	sample.Flags().IntVar(&number, "count", 1, "how many samples")
	sample.Flags().BoolVar(&minimal, "minimal", false, "the smallest document")
	return []*cobra.Command{
		{
			Use: "compat PRODUCER CONSUMER", Short: "Say whether every document of one type is one of another", Args: arguments("PRODUCER", "CONSUMER"),
			RunE: func(_ *cobra.Command, args []string) error { return a.typeCompat(args[0], args[1]) },
		},
		diff, sample,
		{
			Use: "harvest FILE", Short: "Find artifacts in a Terraform state or plan", Args: arguments("FILE"),
			RunE: func(c *cobra.Command, args []string) error { return a.typeHarvest(c, args[0]) },
		},
		{
			Use: "export REF DOC [EXPORT]", Short: "Make a file of an artifact: a kubeconfig, an .env", Args: cobra.RangeArgs(2, 3),
			RunE: func(c *cobra.Command, args []string) error { return a.typeExport(c, args) },
		},
	}
}

// contract is a type of the catalog, of a file, or a JSON Schema of a file; the type is nil
// for the last.
type contract struct {
	name   string
	schema *schema.Schema
	typ    *artifacts.Type
}

var isTypeFile = regexp.MustCompile(`(?m)^\s*(\{\s*)?"?artifact"?\s*:`)

func (a *app) contract(text string) (contract, error) {
	catalog, err := a.catalog()
	if err != nil {
		return contract{}, err
	}
	info, statErr := os.Stat(text)
	if statErr != nil || !info.Mode().IsRegular() {
		t, err := lookup(catalog, text)
		if err != nil {
			return contract{}, err
		}
		return contract{t.String(), t.Contract(), t}, nil
	}
	data, err := os.ReadFile(text)
	if err != nil {
		return contract{}, err
	}
	if isTypeFile.Match(data) {
		t, err := a.typeOfFile(catalog, text)
		if err != nil {
			return contract{}, err
		}
		return contract{t.String(), t.Contract(), t}, nil
	}
	folder, name := splitFile(text)
	s, err := catalog.ReadSchema(os.DirFS(folder), name)
	return contract{text, s, nil}, relocateError(err, folder)
}

func (a *app) typeCompat(producer, consumer string) error {
	from, err := a.contract(producer)
	if err != nil {
		return err
	}
	to, err := a.contract(consumer)
	if err != nil {
		return err
	}
	v := schema.Compatible(from.schema, to.schema)
	err = a.answer(v, func(w io.Writer) {
		switch v.Answer {
		case schema.Yes:
			fmt.Fprintf(w, "yes: every %s is a %s\n", from.name, to.name)
		case schema.No:
			fmt.Fprintf(w, "no: a %s that is no %s:\n%s\n%s: %s\n", from.name, to.name, indented(v.Witness), cmp.Or(v.Path, "/"), v.Reason)
		case schema.Unknown:
			fmt.Fprintf(w, "unknown: cannot be decided: %s\n", strings.Join(v.Undecided, ", "))
		}
	})
	if err == nil && v.Answer != schema.Yes {
		return answered(isNot)
	}
	return err
}

type diffDocument struct {
	Bump     schema.Bump      `json:"bump"`
	Changes  []schema.Change  `json:"changes"`
	Affected []graph.Affected `json:"affected"`
	Problems tenon.Problems   `json:"problems"`
}

// typeDiff compares two types, or two JSON Schemas. A step of the version that is too small
// is a problem.
func (a *app) typeDiff(before, after string, projects []string) error {
	old, err := a.contract(before)
	if err != nil {
		return err
	}
	next, err := a.contract(after)
	if err != nil {
		return err
	}
	document := diffDocument{Affected: []graph.Affected{}, Problems: tenon.Problems{}}
	var text string
	if old.typ != nil && next.typ != nil {
		report := artifacts.Diff(old.typ, next.typ)
		document.Bump, document.Changes, text = report.Bump, report.Changes, report.String()
		if err := report.Check(); err != nil && old.typ.Name() == next.typ.Name() && old.typ.Version() != next.typ.Version() {
			document.Problems = tenon.ProblemsOf(err)
		}
	} else {
		report := schema.Diff(old.schema, next.schema)
		document.Bump, document.Changes, text = report.Bump, report.Changes, report.String()
	}
	for _, project := range projects {
		if old.typ == nil || next.typ == nil {
			return usage("--project takes types, not JSON Schemas")
		}
		affected, err := a.affected(project, old.typ, next.typ)
		if err != nil {
			return err
		}
		document.Affected = append(document.Affected, affected...)
	}
	document.Changes = orEmpty(document.Changes)
	return a.verdict(document.Problems, document, func(w io.Writer) {
		fmt.Fprint(w, text)
		for _, f := range document.Affected {
			fmt.Fprintf(w, "%s %s: %s\n", f.Environment, cmp.Or(f.Link(), f.Component+"."+f.Artifact), f.Why)
		}
	})
}

func (a *app) affected(folder string, before, after *artifacts.Type) ([]graph.Affected, error) {
	root, _, err := findRoot(folder)
	if err != nil {
		return nil, err
	}
	outside := *a // the types of the project's own folders are in it already
	outside.catalogs = slices.DeleteFunc(slices.Clone(a.catalogs), func(catalog string) bool {
		relative, err := filepath.Rel(absolute(root), absolute(catalog))
		return err == nil && filepath.IsLocal(relative)
	})
	estate, err := outside.load(root)
	if err != nil {
		return nil, err
	}
	there := estate.Catalog().Version(before.Name(), before.Version())
	if there == nil {
		return nil, nil // nothing in it can use the type
	}
	affected, failed := graph.Impact(estate, there, after)
	for _, address := range slices.Sorted(maps.Keys(failed)) {
		return nil, relocateError(failed[address], root)
	}
	return affected, nil
}

type samplesDocument struct {
	Samples []any `json:"samples"`
}

func (a *app) typeSample(text string, seed uint64, number int, minimal bool) error {
	if number < 1 || number > 100_000 {
		return usage("--count must be between 1 and 100000")
	}
	c, err := a.contract(text)
	if err != nil {
		return err
	}
	document := samplesDocument{Samples: []any{}}
	opts := schema.SampleOptions{Seed: seed}
	if minimal {
		opts.Style = schema.Minimal
	}
	for range number {
		v, err := c.schema.Sample(&opts)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		document.Samples = append(document.Samples, v)
		opts.Seed++
	}
	return a.answer(document, func(w io.Writer) {
		for _, sample := range document.Samples {
			fmt.Fprintln(w, indented(sample))
		}
	})
}

type foundDocument struct {
	Address  string         `json:"address"`
	Resource string         `json:"resource"`
	Type     string         `json:"type"`
	Valid    bool           `json:"valid"`
	Data     any            `json:"data,omitempty"` // redacted
	Unknown  []string       `json:"unknown"`
	Problems tenon.Problems `json:"problems"`
}

// typeHarvest finds artifacts in a state or a plan; secrets are redacted.
func (a *app) typeHarvest(c *cobra.Command, file string) error {
	catalog, err := a.catalog()
	if err != nil {
		return err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	found, err := catalog.FromPlan(c.Context(), data)
	if err != nil {
		if found, err = catalog.FromState(c.Context(), data); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	document := struct {
		Found []foundDocument `json:"found"`
	}{[]foundDocument{}}
	rows := [][]string{{"RESOURCE", "TYPE", "ARTIFACT"}}
	for _, f := range found {
		d := foundDocument{Address: f.Address, Resource: f.Resource, Type: f.Type.String(), Valid: f.Valid(), Unknown: orEmpty(f.Unknown), Problems: f.Problems}
		said := "not valid: "
		if f.Valid() {
			d.Data = f.Artifact.Redacted()
			said = strings.TrimPrefix(f.Artifact.String(), f.Type.String()+" ")
		} else {
			var parts []string
			for _, p := range f.Problems {
				parts = append(parts, p.String())
			}
			said += strings.Join(parts, "; ")
		}
		if d.Problems == nil {
			d.Problems = tenon.Problems{}
		}
		document.Found = append(document.Found, d)
		rows = append(rows, []string{d.Address, d.Type, said})
	}
	return a.answer(document, func(w io.Writer) {
		if len(rows) == 1 {
			fmt.Fprintln(w, "nothing was found that a type of the catalog can be made of")
			return
		}
		table(w, rows)
	})
}
