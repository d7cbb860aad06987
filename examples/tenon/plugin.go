package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

func (a *app) pluginCommand() *cobra.Command {
	harness := checkOptions{}
	check := &cobra.Command{
		Use: "check PATH", Short: "Prove a plugin with the conformance kit: it makes and destroys what --inputs asks for",
		Args: arguments("PATH"),
		RunE: func(c *cobra.Command, args []string) error { return a.pluginCheck(c.Context(), args[0], harness) },
	}
	flags := check.Flags()
	flags.StringVar(&harness.inputs, "inputs", "", "file with inputs of a step, YAML or JSON, with which an apply succeeds")
	flags.StringVar(&harness.changed, "changed", "", "file with other inputs, which make a difference")
	flags.StringVar(&harness.invalid, "invalid", "", "file with inputs that the driver must refuse")
	flags.StringVar(&harness.config, "config", "", "file with the driver's configuration")
	flags.StringVar(&harness.files, "files", "", "folder with the bundle's files")
	flags.StringVar(&harness.path, "path", "", "folder of the step in them")
	flags.StringArrayVar(&harness.secret, "secret", nil, "name of an input that holds a secret (repeatable)")
	flags.StringArrayVar(&harness.skip, "skip", nil, "RULE=REASON: leave a rule out (repeatable)")
	name, lock := "", "plugins.lock"
	pin := &cobra.Command{
		Use: "pin PATH", Short: "Allow a plugin with the bytes it has now to run",
		Args: arguments("PATH"),
		RunE: func(command *cobra.Command, args []string) error {
			return a.pluginPin(command.Context(), args[0], name, lock)
		},
	}
	pin.Flags().StringVar(&name, "name", "", "of the plugin (default that of its file)")
	pin.Flags().StringVar(&lock, "lock", lock, "the file that says what may run")
	return group("plugin", "Plugins with drivers", check, pin)
}

type checkOptions struct {
	inputs, changed, invalid, config, files, path string
	secret, skip                                  []string
}

// harness reads the files that the flags name.
func (o checkOptions) harness() (drivertest.Harness, error) {
	h := drivertest.Harness{Path: o.path, Secret: o.secret, Skip: map[string]string{}}
	for _, part := range []struct {
		flag, file string
		into       *map[string]any
	}{{"inputs", o.inputs, &h.Inputs}, {"changed", o.changed, &h.Changed}, {"invalid", o.invalid, &h.Invalid}, {"config", o.config, &h.Config}} {
		if part.file == "" {
			continue
		}
		folder, file := splitFile(part.file)
		document, err := artifacts.ReadDocument(os.DirFS(folder), file)
		if err != nil {
			return h, relocateError(err, folder)
		}
		object, ok := document.(map[string]any)
		if !ok {
			return h, usage("--%s %s: must be a map", part.flag, part.file)
		}
		*part.into = object
	}
	if o.files != "" {
		h.Files = os.DirFS(o.files)
	}
	for _, skip := range o.skip {
		rule, reason, ok := strings.Cut(skip, "=")
		if !ok || reason == "" {
			return h, usage("--skip %s: must be RULE=REASON", skip)
		}
		h.Skip[rule] = reason
	}
	return h, nil
}

// pluginCheck runs what lies at the path, whether it is pinned or not: whoever checks a
// plugin is about to decide that.
func (a *app) pluginCheck(ctx context.Context, path string, o checkOptions) error {
	h, err := o.harness()
	if err != nil {
		return err
	}
	driver, err := plugin.Open(ctx, path, &plugin.Options{AnyBytes: true, Environ: a.environ, Pass: a.pass})
	if err != nil {
		return err
	}
	defer driver.Close()
	h.Driver = driver
	report := drivertest.Check(ctx, h)
	if err := a.answer(report, func(w io.Writer) { writeReport(w, report) }); err != nil {
		return err
	}
	if report.Err() != nil {
		return answered(isNot)
	}
	return nil
}

func writeReport(w io.Writer, report drivertest.Report) {
	var rows [][]string
	for _, v := range report.Verdicts {
		rows = append(rows, []string{string(v.Status), v.ID, v.Title})
		if v.Status == drivertest.Failed {
			for _, message := range v.Messages {
				rows = append(rows, []string{"", "", strings.ReplaceAll(message, "\n", " ")})
			}
		}
	}
	table(w, rows)
	fmt.Fprintf(w, "\n%d passed, %d failed, %d skipped\n", report.Count(drivertest.Passed), report.Count(drivertest.Failed), report.Count(drivertest.Skipped))
}

func (a *app) pluginPin(ctx context.Context, path, name, lockFile string) error {
	digest, err := plugin.Digest(path)
	if err != nil {
		return err
	}
	if name == "" {
		name = filepath.Base(path)
	}
	err = plugin.UpdateLock(ctx, lockFile, func(lock *plugin.Lock) error {
		lock.Pin(name, digest)
		return nil
	})
	if err != nil {
		return err
	}
	return a.answer(map[string]string{"name": name, "digest": digest, "lock": lockFile}, func(w io.Writer) {
		fmt.Fprintf(w, "%s %s\n", name, digest)
	})
}

// openPlugins starts the plugins that --plugin names and puts their drivers among the
// others.
func (a *app) openPlugins(ctx context.Context, root string, drivers provisioner.Drivers) (closeAll func(), err error) {
	var opened []*plugin.Driver
	closeAll = func() {
		for _, driver := range opened {
			if err := driver.Close(); err != nil {
				fmt.Fprintln(a.stderr, "warning:", err)
			}
		}
	}
	lock := a.pluginLock
	if lock == "" {
		lock = filepath.Join(root, "plugins.lock")
	}
	for _, named := range a.plugins {
		name, path, ok := strings.Cut(named, "=")
		if !ok || name == "" || path == "" {
			closeAll()
			return nil, usage("--plugin %s: must be NAME=PATH", named)
		}
		driver, err := plugin.Open(ctx, path, &plugin.Options{Name: name, LockFile: lock, Environ: a.environ, Pass: a.pass})
		if err != nil {
			closeAll()
			return nil, err
		}
		opened = append(opened, driver)
		drivers[name] = driver
	}
	return closeAll, nil
}
