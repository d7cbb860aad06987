package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// hasDrifted is the exit status of a drift check that found something: a schedule can tell
// it from one that could not look.
const hasDrifted = 3

func (a *app) envDriftCommand() *cobra.Command {
	return &cobra.Command{
		Use: "drift DIR ENV", Short: "Say what is not as it was deployed; exit status 3 where something is not", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error { return a.envDrift(c.Context(), args[0], args[1]) },
	}
}

func (a *app) envDrift(ctx context.Context, dir, env string) error {
	s, err := a.recorded(ctx, dir, env, deploy.SinkFunc(func(deploy.Event) {}))
	if err != nil {
		return err
	}
	defer s.close()
	drift, err := s.engine.Drift(ctx, s.environment)
	if err != nil {
		return relocateError(err, s.root)
	}
	drift.Problems = s.place(drift.Problems)
	if err := a.verdict(drift.Problems, drift, func(w io.Writer) { printDrift(w, drift) }); err != nil {
		return err
	}
	if drift.Found() {
		return answered(hasDrifted)
	}
	return nil
}

func printDrift(w io.Writer, drift *deploy.Drift) {
	total := map[string]int{}
	for _, instance := range drift.Instances {
		total[instance.Status]++
		if instance.Status == deploy.Same {
			continue
		}
		fmt.Fprintf(w, "%-9s %s\n", instance.Status, instance.ID)
		for _, step := range instance.Steps {
			for _, change := range step.Changes {
				fmt.Fprintf(w, "  %s %s: %s", signs[string(change.Action)], step.Name, change.Address)
				if names := change.Names(); len(names) > 0 {
					fmt.Fprintf(w, " %v", names)
				}
				fmt.Fprintln(w)
			}
		}
	}
	fmt.Fprintf(w, "%d drifted, %d as deployed, %d not looked at\n", total[deploy.Drifted], total[deploy.Same], total[deploy.Unlooked])
}
