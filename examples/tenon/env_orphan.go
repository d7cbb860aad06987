package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

func (a *app) envOrphanCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: "orphan DIR ENV", Short: "Forget instances, and leave what they made", Args: arguments("DIR", "ENV"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(a.selection.Targets) == 0 || reason == "" {
				return usage("say what is forgotten and why: --target and --reason")
			}
			s, err := a.recorded(c.Context(), args[0], args[1], deploy.SinkFunc(func(deploy.Event) {}))
			if err != nil {
				return err
			}
			defer s.close()
			forgotten, err := s.engine.Orphan(c.Context(), s.environment, reason)
			if len(forgotten) > 0 || err == nil {
				if err := a.answer(map[string]any{"forgotten": forgotten}, func(w io.Writer) {
					for _, address := range forgotten {
						fmt.Fprintf(w, "%s is forgotten; what it made is still there\n", address)
					}
				}); err != nil {
					return err
				}
			}
			return err
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit")
	a.selectionFlags(c, false)
	return c
}
