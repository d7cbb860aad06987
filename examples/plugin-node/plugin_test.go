// Package pluginnode proves with the conformance kit that a plugin need not be written in Go.
package pluginnode

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

// build lays the plugin out as it is shipped: its files, the protocol, and what npm installs.
func build(t *testing.T) string {
	t.Helper()
	need.Tool(t, "node")
	npm := need.Tool(t, "npm")
	folder := filepath.Join(t.TempDir(), "flags")
	for _, file := range []string{
		"plugin", "driver.js", "package.json", "package-lock.json", "lib/goplugin.proto", "lib/handshake.js", "lib/serve.js", "lib/tar.js",
		"../../provisioner/plugin/protocol/driver.proto",
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		info, err := os.Stat(file)
		require.NoError(t, err)
		target := filepath.Join(folder, file)
		if filepath.Base(file) == "driver.proto" {
			target = filepath.Join(folder, "lib", "driver.proto")
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(target), 0o700))
		require.NoError(t, os.WriteFile(target, text, info.Mode()))
	}
	install := exec.Command(npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = folder
	output, err := install.CombinedOutput()
	require.NoError(t, err, string(output))
	return folder
}

func TestPlugin(t *testing.T) {
	folder := build(t)
	digest, err := plugin.Digest(folder)
	require.NoError(t, err)
	driver, err := plugin.Open(t.Context(), folder, &plugin.Options{SHA256: []string{digest}, Environ: os.Environ()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, driver.Close()) })

	app := t.TempDir() // the application's
	inputs := func(dark bool) map[string]any {
		return map[string]any{"folder": app, "name": "kit", "flags": map[string]any{"dark-mode": dark, "search": true}, "token": "sentinel-token"}
	}
	fileOf := func(req *provisioner.Request) string { return filepath.Join(app, nameOf(req)+".json") }
	drivertest.Run(t, drivertest.Harness{
		Driver: driver, Inputs: inputs(false), Changed: inputs(true), Secret: []string{"token"},
		Files:   os.DirFS("."),
		Invalid: map[string]any{"folder": "here", "name": "Kit", "flags": map[string]any{}},
		Prepare: func(req *provisioner.Request) error {
			if req.Inputs["name"] == "kit" {
				req.Inputs["name"] = nameOf(req)
			}
			return nil
		},
		World: func(_ context.Context, req *provisioner.Request) ([]string, error) {
			if _, err := os.Stat(fileOf(req)); err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					err = nil
				}
				return nil, err
			}
			return []string{"file"}, nil
		},
		Drift: func(_ context.Context, req *provisioner.Request) error {
			return os.WriteFile(fileOf(req), []byte("{}"), 0o600)
		},
		Import: &drivertest.Import{Make: func(_ context.Context, req *provisioner.Request) (address, id string, err error) {
			made := *req
			made.State = &kept{}
			result, err := driver.Apply(t.Context(), &made, provisioner.Discard)
			if err == nil && result.Outcome != provisioner.Done {
				err = errors.New("it was not made")
			}
			return "file", fileOf(req), err
		}},
	})
}

type kept struct{ text []byte }

func (k *kept) Read(context.Context) ([]byte, error) { return k.text, nil }

func (k *kept) Write(_ context.Context, text []byte) error {
	k.text = text
	return nil
}

func nameOf(req *provisioner.Request) string {
	sum := fnv.New64a()
	fmt.Fprint(sum, req.Address, "/", req.Step)
	return fmt.Sprintf("kit-%x", sum.Sum64())
}
