package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/render"
)

var formats = map[string]func(*graph.Environment) string{
	"dot":     render.DOT,
	"mermaid": render.Mermaid,
	"text":    render.Text,
}

func (a *app) envRenderCommand() *cobra.Command {
	var format string
	c := &cobra.Command{
		Use: "render DIR ENV", Short: "Draw the graph of an environment", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.envRender(c.Context(), args[0], args[1], format)
		},
	}
	c.Flags().StringVar(&format, "format", "text", "text, mermaid or dot")
	return c
}

func (a *app) envRender(ctx context.Context, dir, env, format string) error {
	draw, ok := formats[format]
	if !ok {
		return usage("--format %q: must be text, mermaid or dot", format)
	}
	environment, problems, err := a.resolved(ctx, dir, env)
	if err != nil {
		return err
	}
	if err := problems.Err(); err != nil {
		return err
	}
	document := struct {
		Format string `json:"format"`
		Text   string `json:"text"`
	}{format, draw(environment)}
	return a.answer(document, func(w io.Writer) { fmt.Fprintln(w, strings.TrimRight(document.Text, "\n")) })
}
