package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/iam/aws"
)

func (a *app) iamCommand() *cobra.Command {
	return group("iam", "Access: least privilege along the lines of the graph", a.iamRenderCommand())
}

func (a *app) iamRenderCommand() *cobra.Command {
	var platform string
	c := &cobra.Command{
		Use: "render DIR ENV INSTANCE", Short: "Print the policies of an instance", Args: arguments("DIR", "ENV", "INSTANCE"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.iamRender(c.Context(), args[0], args[1], args[2], platform)
		},
	}
	c.Flags().StringVar(&platform, "platform", "aws", "aws")
	return c
}

// accessDocument is what iam render prints for AWS.
type accessDocument struct {
	Policies []*aws.Document `json:"policies"`
	Trust    *aws.Document   `json:"trust"`
	Boundary string          `json:"boundary"`
}

func (a *app) iamRender(ctx context.Context, dir, env, name, platform string) error {
	if platform != "aws" {
		return usage("--platform %q: must be aws", platform)
	}
	opened, err := a.open(dir, env)
	if err != nil {
		return err
	}
	known, err := a.known(ctx, opened)
	if err != nil {
		return err
	}
	environment, err := graph.Resolve(opened.Estate, opened.environment, &graph.Options{Artifacts: known})
	if err != nil {
		return relocateError(err, opened.root)
	}
	instance := environment.Instance(name)
	if instance == nil {
		return unknownInstance(environment, name)
	}
	data, err := boundData(instance, func(address string) (any, bool) {
		artifact, ok := known[address]
		if !ok {
			return nil, false
		}
		return artifact.Redacted(), true
	})
	if err != nil {
		return err
	}
	rendered, err := aws.Render(instance.Access(), data)
	if err != nil {
		return relocateError(err, opened.root)
	}
	document := accessDocument{Policies: []*aws.Document{}, Trust: rendered.Trust, Boundary: rendered.Boundary}
	if rendered.Policy != nil {
		document.Policies = append(document.Policies, rendered.Policy)
	}
	return a.answer(document, func(w io.Writer) { fmt.Fprintln(w, indented(document)) })
}

// boundData gives the artifacts that the instance has grants on, by slot. Access names
// resources, which are no secrets, so the redacted documents do.
func boundData(instance *graph.Instance, known func(address string) (any, bool)) (map[string]any, error) {
	data := map[string]any{}
	var missing tenon.Problems
	for _, slot := range instance.Slots() {
		document, ok := known(slot.From)
		switch {
		case ok:
			data[slot.Name] = document
		case slot.From != "" && len(slot.Grants) > 0:
			missing.Add(tenon.Problem{
				Rule: "not-deployed", Path: tenon.At("connections", slot.Name),
				Message: fmt.Sprintf("%s is not deployed, so its resources have no names yet", slot.From),
			})
		}
	}
	return data, missing.Err()
}

func unknownInstance(environment *graph.Environment, name string) error {
	var components []string
	for _, instance := range environment.Instances() {
		components = append(components, instance.Component())
	}
	hint := tenon.DidYouMean(name, components)
	if hint == "" {
		hint = "there are " + strings.Join(components, ", ")
	}
	return tenon.Problem{Rule: "unknown-instance", Message: fmt.Sprintf("unknown instance %q in %s", name, environment.Address()), Hint: hint}
}
