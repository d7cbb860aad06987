package main

import (
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tenon-sdk/tenon/internal/need"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"quickstart": main})
}

// The scripts in testdata/script run without terraform and tofu.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/script")
}

func TestTerraformScripts(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	runScripts(t, "testdata/terraform")
}

func runScripts(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			// The first folder of PATH holds nothing but the quickstart.
			env.Setenv("QUICKSTART_ONLY", filepath.SplitList(env.Getenv("PATH"))[0])
			env.Setenv("CHECKPOINT_DISABLE", "1")
			return nil
		},
	})
}
