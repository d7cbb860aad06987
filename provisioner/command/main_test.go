package command_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
)

const secretText = `pässw0rd "quoted" & long/enough?`

// program is a Go program of its own, built once: what somebody would write.
var program = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "tenon-command-")
	if err != nil {
		return "", err
	}
	built = folder
	path := filepath.Join(folder, "program")
	output, err := exec.Command("go", "build", "-o", path, "./testdata/program").CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, output)
	}
	return path, err
})

var built string // the folder of program, where it was made

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		_ = os.RemoveAll(built)
	}
	os.Exit(code)
}

// script of a bundle that runs the program.
func script(t *testing.T, protocol string) fstest.MapFS {
	t.Helper()
	need.Tool(t, "go")
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return bundleOf("exec '" + path + "' " + protocol + ` "$1"`)
}

// bundleOf has a script as its program.
func bundleOf(text string) fstest.MapFS {
	return fstest.MapFS{"src/run.sh": {Data: []byte("#!/bin/sh\n" + text + "\n"), Mode: 0o755}}
}

func configOf(more ...any) map[string]any {
	config := map[string]any{"command": []any{"./run.sh"}}
	for i := 0; i+1 < len(more); i += 2 {
		config[more[i].(string)] = more[i+1]
	}
	return config
}

// memo is a state in memory.
type memo struct{ text []byte }

func requestOf(t *testing.T, files fstest.MapFS, config map[string]any, inputs map[string]any) (*provisioner.Request, *memo) {
	t.Helper()
	state := &memo{}
	return &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Mode: provisioner.Apply, Files: files, Path: "src", Inputs: inputs, Config: config,
		WorkDir: filepath.Join(t.TempDir(), "work"), State: state,
	}, state
}
