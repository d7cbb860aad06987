package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// app is one run of the command: its global flags and where it reads and writes.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	environ        []string
	stages         *stages // nil: nobody interrupts

	catalogs     []string
	noStandard   bool
	json         bool
	directory    string
	state        string
	color        string
	verbose      bool
	concurrency  int
	approveWorse bool // env deploy --plan
	failFast     bool // env deploy, resume and destroy
	selection    deploy.Selection
	sarif        []string // reports of scanners
	pass         []string
	plugins      []string
	pluginLock   string
}

// run is the whole command; it gives the exit status.
func (a *app) run(ctx context.Context, arguments []string) int {
	root := a.command()
	root.SetArgs(arguments)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	// A flag that cannot be parsed must not hide that JSON was asked for.
	for _, argument := range arguments {
		if argument == "--json" || argument == "--json=true" {
			a.json = true
		}
	}
	return a.exit(root.ExecuteContext(ctx))
}

func (a *app) command() *cobra.Command {
	root := group("tenon", "Typed infrastructure environments: check, plan, deploy, destroy")
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SilenceErrors, root.SilenceUsage = true, true
	root.PersistentPreRunE = func(*cobra.Command, []string) error { return a.prepare() }
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage("%s (see %s --help)", err, c.CommandPath())
	})
	flags := root.PersistentFlags()
	flags.StringArrayVar(&a.catalogs, "catalog", nil, "folder of artifact types (repeatable)")
	flags.BoolVar(&a.noStandard, "no-standard", false, "leave out the standard catalog")
	flags.BoolVar(&a.json, "json", false, "print JSON: one document, or one line an event")
	flags.StringVarP(&a.directory, "directory", "C", "", "run as if started in this folder")
	flags.StringVar(&a.state, "state", "", "where the records lie (default .tenon beside the estate)")
	flags.StringVar(&a.color, "color", "auto", "colours: auto, always, never")
	flags.BoolVarP(&a.verbose, "verbose", "v", false, "show what the tools say, too")
	flags.IntVar(&a.concurrency, "concurrency", 0, "steps at a time (default twice the cores)")
	flags.StringArrayVar(&a.pass, "pass", nil, "variable of the environment that the tools get as well, such as AWS_* (repeatable)")
	flags.StringArrayVar(&a.plugins, "plugin", nil, "NAME=PATH: a plugin whose driver steps use by this name (repeatable)")
	flags.StringVar(&a.pluginLock, "plugin-lock", "", "the file that says which plugins may run (default plugins.lock beside the estate)")
	root.AddCommand(a.typeCommand(), a.bundleCommand(), a.envCommand(), a.auditCommand(), a.iamCommand(), a.pluginCommand(), a.runsCommand(), a.schemaCommand(), a.storeCommand(), a.versionCommand())
	return root
}

// prepare checks the global flags and goes to the folder of -C.
func (a *app) prepare() error {
	switch a.color {
	case "auto", "always", "never":
	default:
		return usage("--color %q: must be auto, always or never", a.color)
	}
	if a.concurrency < 0 {
		return usage("--concurrency %d: must not be negative", a.concurrency)
	}
	if a.directory != "" {
		if err := os.Chdir(a.directory); err != nil {
			return usage("-C %s: %v", a.directory, errors.Unwrap(err))
		}
	}
	return nil
}

// group is a command that only has commands below it.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.ArbitraryArgs}
	c.AddCommand(commands...)
	c.RunE = func(c *cobra.Command, arguments []string) error {
		var names []string
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				names = append(names, sub.Name())
			}
		}
		if len(arguments) == 0 {
			return usage("%s needs a command: %s", c.CommandPath(), strings.Join(names, ", "))
		}
		hint := tenon.DidYouMean(arguments[0], names)
		if hint == "" {
			hint = "there are " + strings.Join(names, ", ")
		}
		return usage("unknown command %q for %q (%s)", arguments[0], c.CommandPath(), hint)
	}
	return c
}

// arguments checks how many there are; names is how the help calls them, with a last one
// that ends in … standing for one or more.
func arguments(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, given []string) error {
		atLeast := len(names) > 0 && strings.HasSuffix(names[len(names)-1], "…")
		switch {
		case len(given) < len(names):
			return usage("%s needs %s", c.CommandPath(), strings.Join(names[len(given):], " "))
		case len(given) > len(names) && !atLeast:
			return usage("%s takes %d arguments, got %d: %q is too much", c.CommandPath(), len(names), len(given), given[len(names)])
		}
		return nil
	}
}
