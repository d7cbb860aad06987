package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/render"
)

func (a *app) envResolveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "resolve DIR ENV", Short: "Fill every connection, check every type", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error { return a.envResolve(c.Context(), args[0], args[1]) },
	}
}

func (a *app) envResolve(ctx context.Context, dir, env string) error {
	environment, problems, err := a.resolved(ctx, dir, env)
	if err != nil {
		return err
	}
	document, err := withProblems(environment, problems)
	if err != nil {
		return err
	}
	return a.verdict(problems, document, func(w io.Writer) {
		if problems.HasErrors() {
			return
		}
		fmt.Fprint(w, render.Text(environment))
		fmt.Fprintf(w, "\norder: %s\n", strings.Join(environment.Order(), ", "))
	})
}

// withProblems is the environment's JSON with the problems in it.
func withProblems(environment *graph.Environment, problems tenon.Problems) (map[string]any, error) {
	document := map[string]any{"instances": []any{}, "order": []any{}}
	if environment != nil {
		text, err := json.Marshal(environment)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &document); err != nil {
			return nil, err
		}
	}
	document["problems"] = problems
	return document, nil
}
