package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/graph"
)

// kinds are the files that people write.
var kinds = []string{"bundle", "environment", "import", "organization", "project", "type"}

func (a *app) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema KIND", Short: "Print the JSON Schema of a kind of file: " + strings.Join(kinds, ", "), Args: arguments("KIND"),
		ValidArgs: kinds,
		RunE:      func(_ *cobra.Command, args []string) error { return a.schema(args[0]) },
	}
}

func (a *app) schema(kind string) error {
	if !slices.Contains(kinds, kind) {
		hint := tenon.DidYouMean(kind, kinds)
		if hint == "" {
			hint = "there are " + strings.Join(kinds, ", ")
		}
		return usage("unknown kind of file %q (%s)", kind, hint)
	}
	var document []byte
	switch kind {
	case "bundle":
		document = bundle.FileSchema()
	case "type":
		document = artifacts.FileSchema()
	default:
		document, _ = graph.FileSchema(kind)
	}
	_, err := fmt.Fprintln(a.stdout, strings.TrimSpace(string(document)))
	return err
}
