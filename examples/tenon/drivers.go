package main

import (
	"os/user"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/command"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// drivers are what steps can name. memory makes nothing: it is for trying things out.
func (a *app) drivers() provisioner.Drivers {
	return provisioner.Drivers{
		"terraform": a.terraform(terraform.Terraform),
		"opentofu":  a.terraform(terraform.OpenTofu),
		"command":   command.New(&command.Options{Environ: a.environ, Pass: a.pass}),
		"memory":    memory.New(nil),
	}
}

// terraform drives one of the two tools, with the settings that people know it by. Of the
// environment it gets no more than it needs to run and what --pass names.
func (a *app) terraform(tool terraform.Tool) *terraform.Driver {
	config := a.getenv("TF_CLI_CONFIG_FILE")
	if !isFile(config) {
		config = ""
	}
	return terraform.New(&terraform.Options{
		Tool: tool, Environ: a.environ, Pass: a.pass,
		CLIConfig: config, PluginCache: a.getenv("TF_PLUGIN_CACHE_DIR"),
	})
}

// getenv is the value of a variable in the environment of the command.
func (a *app) getenv(name string) string {
	for _, entry := range slices.Backward(a.environ) {
		if value, found := strings.CutPrefix(entry, name+"="); found {
			return value
		}
	}
	return ""
}

// requestedBy is who asks for a run.
func requestedBy() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "unknown"
}
