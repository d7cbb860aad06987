package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/sarif"
)

func (a *app) gateFlags(c *cobra.Command) {
	c.Flags().StringArrayVar(&a.sarif, "sarif", nil, "the report of a scanner, whose errors deny what is planned (repeatable)")
}

// gates are the reports of scanners.
func (a *app) gates() ([]deploy.Gate, error) {
	var gates []deploy.Gate
	for _, name := range a.sarif {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		report, err := sarif.Read(file)
		_ = file.Close() // it was only read
		if err != nil {
			return nil, usage("%s: %s", name, err)
		}
		gates = append(gates, report)
	}
	return gates, nil
}
