package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tenon": main,
		// A plugin to be checked and used: the reference driver in a process of its own.
		"kept": func() { plugin.Serve(memory.New(nil)) },
	})
}

// The scripts in testdata/script need no tool: their steps name the memory driver.
func TestScripts(t *testing.T) {
	t.Parallel()
	runScripts(t, "testdata/script")
}

// The scripts in testdata/terraform run real modules.
func TestTerraformScripts(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	runScripts(t, "testdata/terraform")
}

func runScripts(t *testing.T, folder string) {
	testscript.Run(t, testscript.Params{
		Dir:                 folder,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// The first folder of PATH holds nothing but tenon.
			env.Setenv("TENON_ONLY", filepath.SplitList(env.Getenv("PATH"))[0])
			env.Setenv("CHECKPOINT_DISABLE", "1")
			return os.CopyFS(filepath.Join(env.WorkDir, "wiki"), os.DirFS("testdata/wiki"))
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   exits,
			"replace": replace,
			"sql":     tamper,
		},
	})
}

// exits runs a program and checks its exit status: exits 2 tenon env plan.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS PROGRAM ARGUMENTS…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var ended *exec.ExitError
		if !errors.As(err, &ended) {
			ts.Fatalf("%v", err)
		}
		got = ended.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

// replace changes a file where a pattern matches: replace FILE PATTERN TEXT, with \n for
// the end of a line.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace FILE PATTERN TEXT")
	}
	file, pattern := ts.MkAbs(args[0]), regexp.MustCompile(args[1])
	text, err := os.ReadFile(file)
	ts.Check(err)
	if !pattern.Match(text) {
		ts.Fatalf("%s holds nothing like %s", args[0], args[1])
	}
	ts.Check(os.WriteFile(file, pattern.ReplaceAll(text, []byte(strings.ReplaceAll(args[2], `\n`, "\n"))), 0o666))
}
