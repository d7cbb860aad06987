package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
)

func (a *app) bundleCommand() *cobra.Command {
	return group("bundle", "Bundles: modules with a small, safe interface",
		&cobra.Command{
			Use: "lint DIR…", Short: "Find the mistakes of bundles", Args: arguments("DIR…"),
			RunE: func(_ *cobra.Command, args []string) error { return a.bundleLint(args) },
		},
	)
}

func (a *app) bundleLint(folders []string) error {
	var problems tenon.Problems
	for _, folder := range folders {
		if info, err := os.Stat(folder); err != nil {
			return err
		} else if !info.IsDir() {
			return usage("%s: must be the folder of a bundle", folder)
		}
		if !isFile(filepath.Join(folder, bundle.FileName)) {
			return usage("%s: holds no %s: a bundle is a folder such as bundles/postgres", folder, bundle.FileName)
		}
		found, err := a.lint(folder)
		if err != nil {
			return err
		}
		problems.Add(found...)
	}
	return a.verdict(problems, problemsDocument{problems}, func(w io.Writer) {
		if len(problems) == 0 {
			fmt.Fprintf(w, "%s: no problems\n", count(len(folders), "bundle"))
		}
	})
}

// lint gives the mistakes of one bundle. The types of the project that it lies in are known.
func (a *app) lint(folder string) (tenon.Problems, error) {
	catalog, err := a.catalog(a.projectTypes(folder)...)
	if err != nil {
		return nil, err
	}
	return relocate(bundle.Check(os.DirFS(folder), ".", catalog), folder), nil
}

// projectTypes is the folder of types beside the nearest project.yaml above a bundle.
func (a *app) projectTypes(folder string) []string {
	for above := absolute(folder); above != filepath.Dir(above); above = filepath.Dir(above) {
		if !isFile(filepath.Join(above, "project.yaml")) {
			continue
		}
		types := filepath.Join(above, "types")
		if info, err := os.Stat(types); err == nil && info.IsDir() && !a.inCatalog(types) {
			return []string{types}
		}
		break
	}
	return nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
