package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

func (a *app) envPlanCommand() *cobra.Command {
	var output, markdown string
	c := &cobra.Command{
		Use: "plan DIR ENV", Short: "Say what a deployment would do", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.envPlan(c.Context(), args[0], args[1], output, markdown)
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "write the plan to this file, for env deploy --plan")
	c.Flags().StringVar(&markdown, "markdown", "", "write the plan to this file as Markdown, for a pull request")
	a.selectionFlags(c, true)
	a.gateFlags(c)
	return c
}

func (a *app) envPlan(ctx context.Context, dir, env, output, markdown string) error {
	s, err := a.session(ctx, dir, env, deploy.SinkFunc(func(deploy.Event) {}))
	if err != nil {
		return err
	}
	defer s.close()
	environment, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	plan, err := s.engine.Plan(ctx, environment)
	if err != nil {
		return relocateError(err, s.root)
	}
	plan.Problems = s.place(plan.Problems)
	if output != "" {
		if err := writePlan(output, plan); err != nil {
			return err
		}
	}
	if markdown != "" {
		if err := os.WriteFile(markdown, []byte(plan.Markdown()), 0o600); err != nil {
			return err
		}
	}
	if err := a.verdict(plan.Problems, plan, func(w io.Writer) { printPlan(w, plan) }); err != nil {
		return err
	}
	if slices.ContainsFunc(plan.Findings, func(f deploy.Finding) bool { return f.Verdict == deploy.Deny }) {
		return answered(isNot) // it would be refused
	}
	return nil
}

func writePlan(file string, plan *deploy.Plan) error {
	text, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}

// signs are how changes are marked, as people know it from diffs.
var signs = map[string]string{
	"create": "+", "update": "~", "replace": "±", "delete": "-", "none": "=", "deferred": "?",
	string(provisioner.NoOp): "=", string(provisioner.Read): "<",
}

func printPlan(w io.Writer, plan *deploy.Plan) {
	fmt.Fprintf(w, "%s\n", plan.Environment)
	total := map[string]int{}
	for _, instance := range plan.Instances {
		total[instance.Action]++
		fmt.Fprintf(w, "  %s %-9s %s", signs[instance.Action], instance.Action, instance.ID)
		if len(instance.WaitsFor) > 0 {
			fmt.Fprintf(w, "  waits for %s", strings.Join(instance.WaitsFor, ", "))
		} else if instance.Reason != "" {
			fmt.Fprintf(w, "  %s", instance.Reason)
		}
		fmt.Fprintln(w)
		for _, step := range instance.Steps {
			switch {
			case step.Mocked:
				fmt.Fprintf(w, "      ≈ %s: planned on stand-ins for %s\n", step.Name, strings.Join(step.WaitsFor, ", "))
			case step.Message != "":
				fmt.Fprintf(w, "      ? %s: %s\n", step.Name, strings.ReplaceAll(strings.TrimSpace(step.Message), "\n", "\n        "))
			}
			for _, change := range step.Changes {
				if change.Action == provisioner.NoOp {
					continue
				}
				fmt.Fprintf(w, "      %s %s: %s", signs[string(change.Action)], step.Name, change.Address)
				if len(change.Attributes) > 0 && change.Action != provisioner.Create && change.Action != provisioner.Delete {
					fmt.Fprintf(w, " (%s)", strings.Join(change.Names(), ", "))
				}
				fmt.Fprintln(w)
			}
		}
	}
	for _, f := range plan.Findings {
		fmt.Fprintf(w, "  %s\n", f)
	}
	fmt.Fprintf(w, "%s\n", planned(total))
}

// planned sums up a plan: 3 to create, 1 unchanged.
func planned(total map[string]int) string {
	var parts []string
	for _, kind := range []struct{ action, words string }{
		{"create", "to create"}, {"update", "to update"}, {"replace", "to replace"}, {"delete", "to delete"},
		{"deferred", "deferred"}, {"none", "unchanged"},
	} {
		if total[kind.action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", total[kind.action], kind.words))
		}
	}
	if len(parts) == 0 {
		return "nothing to do"
	}
	return strings.Join(parts, ", ")
}
