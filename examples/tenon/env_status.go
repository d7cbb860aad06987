package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

func (a *app) envStatusCommand() *cobra.Command {
	var reveal string
	c := &cobra.Command{
		Use: "status DIR ENV", Short: "Show what is deployed, secrets redacted", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error { return a.envStatus(c.Context(), args[0], args[1], reveal) },
	}
	c.Flags().StringVar(&reveal, "reveal", "", "show secrets, too, for this reason, which the audit keeps")
	c.Flags().Lookup("reveal").NoOptDefVal = "asked for with --reveal"
	return c
}

func (a *app) envStatus(ctx context.Context, dir, env, reveal string) error {
	a.plugins = nil // it runs nothing
	s, err := a.session(ctx, dir, env, deploy.SinkFunc(func(deploy.Event) {}))
	if err != nil {
		return err
	}
	defer s.close()
	environment, err := s.resolve(ctx)
	if err != nil {
		return err
	}
	var status *deploy.Status
	if reveal == "" {
		status, err = s.engine.Status(ctx, environment)
	} else {
		status, err = s.engine.Reveal(ctx, environment, reveal)
	}
	if err != nil {
		return err
	}
	status.Instances = orEmpty(status.Instances)
	return a.answer(status, func(w io.Writer) { printStatus(w, status) })
}

func printStatus(w io.Writer, status *deploy.Status) {
	rows := [][]string{{"INSTANCE", "STATUS", "BUNDLE", "DEPLOYED"}}
	for _, instance := range status.Instances {
		deployed := "-"
		if instance.DeployedAt != nil {
			deployed = instance.DeployedAt.Local().Format(time.DateTime)
		}
		rows = append(rows, []string{instance.ID, instance.Status, instance.Bundle + " " + instance.Version, deployed})
	}
	table(w, rows)
	for _, instance := range status.Instances {
		for _, name := range slices.Sorted(maps.Keys(instance.Artifacts)) {
			artifact := instance.Artifacts[name]
			fmt.Fprintf(w, "\n%s.%s  %s\n%s\n", instance.ID, name, artifact.Type, indented(artifact.Data))
		}
		if len(instance.Env) > 0 {
			fmt.Fprintf(w, "\n%s  environment variables\n", instance.ID)
		}
		for _, name := range slices.Sorted(maps.Keys(instance.Env)) {
			fmt.Fprintf(w, "  %s=%s\n", name, instance.Env[name])
		}
	}
}
