package terraform_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// tools are the two that every test of a run is run with.
var tools = []terraform.Tool{terraform.Terraform, terraform.OpenTofu}

func eachTool(t *testing.T, test func(t *testing.T, tool terraform.Tool)) {
	t.Helper()
	for _, tool := range tools {
		t.Run(string(tool), func(t *testing.T) {
			t.Parallel()
			program := "terraform"
			if tool == terraform.OpenTofu {
				program = "tofu"
			}
			need.Tool(t, program)
			test(t, tool)
		})
	}
}

func environ() []string { return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()} }

func newDriver(tool terraform.Tool) *terraform.Driver {
	return terraform.New(&terraform.Options{Tool: tool, Environ: environ()})
}

// bundle makes the files of a bundle from names and texts.
func bundle(files ...string) fstest.MapFS {
	made := fstest.MapFS{}
	for i := 0; i+1 < len(files); i += 2 {
		made[files[i]] = &fstest.MapFile{Data: []byte(files[i+1]), Mode: 0o644}
	}
	return made
}

// memo is a State in memory.
type memo struct {
	sync.Mutex
	text   []byte
	writes int
	fail   error
}

func (m *memo) Read(context.Context) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	return m.text, nil
}

func (m *memo) Write(_ context.Context, text []byte) error {
	m.Lock()
	defer m.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.text, m.writes = text, m.writes+1
	return nil
}

// events is a Sink that remembers.
type events struct {
	sync.Mutex
	all []provisioner.Event
}

func (e *events) Send(event provisioner.Event) {
	e.Lock()
	defer e.Unlock()
	e.all = append(e.all, event)
}

func (e *events) of(kind provisioner.EventKind) (found []provisioner.Event) {
	e.Lock()
	defer e.Unlock()
	for _, event := range e.all {
		if event.Kind == kind {
			found = append(found, event)
		}
	}
	return found
}

func request(t *testing.T, files fstest.MapFS, inputs map[string]any) *provisioner.Request {
	t.Helper()
	return &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Mode: provisioner.Apply, Files: files, Path: "src",
		Inputs: inputs, WorkDir: filepath.Join(t.TempDir(), "work"), State: &memo{},
	}
}

func requireEmpty(t *testing.T, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	require.Empty(t, entries)
}

// fakeTool is a program in the place of the tool, which introduces itself as Terraform.
func fakeTool(t *testing.T, text string) string {
	t.Helper()
	return script(t, "[ \"$1\" = version ] && { echo Terraform v1.11.4; exit 0; }\n"+text)
}

// script is a program in the place of the tool.
func script(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "terraform")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	return path
}

// lines are the single problems of an error.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

func title(which terraform.Tool) string {
	if which == terraform.OpenTofu {
		return "OpenTofu"
	}
	return "Terraform"
}

// made are the words in a file that resources write to.
func made(t *testing.T, log string) []string {
	t.Helper()
	text, err := os.ReadFile(log)
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return strings.Fields(string(text))
}

// lockedBuffer is a log that several may write to.
type lockedBuffer struct {
	sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.Lock()
	defer b.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.Lock()
	defer b.Unlock()
	return b.text.String()
}

func (b *lockedBuffer) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(b, &slog.HandlerOptions{Level: slog.LevelDebug}))
}
