package main

import (
	"context"
	"os"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

func (a *app) envDeployCommand() *cobra.Command {
	var planFile string
	c := &cobra.Command{
		Use: "deploy DIR ENV", Short: "Make an environment what its files say", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			if planFile != "" && (len(a.selection.Targets) > 0 || a.selection.Force) {
				return usage("--plan says itself what it is about: leave out --target and --force, or plan with them")
			}
			return a.watch(c.Context(), args[0], args[1], a.session, func(ctx context.Context, s *session) (*deploy.Run, error) {
				if planFile != "" {
					return s.applyPlan(ctx, planFile)
				}
				environment, err := s.resolve(ctx)
				if err != nil {
					return nil, err
				}
				return s.engine.Deploy(ctx, environment)
			})
		},
	}
	c.Flags().StringVar(&planFile, "plan", "", "apply the plan that env plan -o wrote to this file")
	c.Flags().BoolVar(&a.approveWorse, "approve-worse", false, "with --plan: also where real values lead to more than it says")
	a.selectionFlags(c, true)
	a.gateFlags(c)
	a.failFastFlag(c)
	return c
}

func (a *app) failFastFlag(c *cobra.Command) {
	c.Flags().BoolVar(&a.failFast, "fail-fast", false, "start nothing more after the first failure")
}

// selectionFlags are for commands that a part of an environment can be meant with.
func (a *app) selectionFlags(c *cobra.Command, force bool) {
	c.Flags().StringArrayVar(&a.selection.Targets, "target", nil, "only this instance, by component or address (repeatable)")
	c.Flags().BoolVar(&a.selection.Needs, "with-needs", false, "and all that the targets need")
	c.Flags().BoolVar(&a.selection.Users, "with-users", false, "and all in the environment that need the targets")
	if force {
		c.Flags().BoolVar(&a.selection.Force, "force", false, "the targets, or all, also where nothing has changed")
	}
}

// applyPlan applies a plan from a file. The engine refuses it where an input has changed.
func (s *session) applyPlan(ctx context.Context, file string) (*deploy.Run, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	environment, err := s.resolve(ctx)
	if err != nil {
		return nil, err
	}
	plan, err := deploy.ReadPlan(text, environment)
	if err != nil {
		return nil, err
	}
	return s.engine.Apply(ctx, plan)
}

func (a *app) envResumeCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "resume DIR ENV", Short: "Settle a run that died, then go on with it", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.watch(c.Context(), args[0], args[1], a.session, func(ctx context.Context, s *session) (*deploy.Run, error) {
				environment, err := s.resolve(ctx)
				if err != nil {
					return nil, err
				}
				return s.engine.Resume(ctx, environment)
			})
		},
	}
	a.failFastFlag(c)
	a.gateFlags(c) // also what is left of a run is held against them
	return c
}

func (a *app) envDestroyCommand() *cobra.Command {
	var unprotect bool
	c := &cobra.Command{
		Use: "destroy DIR ENV", Short: "Destroy what was last applied, in reverse order", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			return a.watch(c.Context(), args[0], args[1], a.recorded, func(ctx context.Context, s *session) (*deploy.Run, error) {
				// Also where the file says so since the last deployment.
				if s.Estate != nil && !unprotect {
					if environment, err := s.resolve(ctx); err == nil && environment.Protected() {
						return nil, &deploy.ProtectedError{Environment: s.environment}
					}
				}
				return s.engine.Destroy(ctx, s.environment, &deploy.DestroyOptions{Unprotect: unprotect})
			})
		},
	}
	c.Flags().BoolVar(&unprotect, "unprotect", false, "destroy a protected environment, too")
	a.selectionFlags(c, false)
	a.failFastFlag(c)
	return c
}
