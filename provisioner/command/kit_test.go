package command_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/command"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
)

// The kit, with a program that names its resources and one that does not, by both
// protocols.
func TestConformance(t *testing.T) {
	for name, config := range map[string]map[string]any{
		"files":       configOf(),
		"files-named": configOf("actions", []any{"plan", "validate", "drift", "replace"}),
		"stdio":       configOf("protocol", "stdio"),
		"stdio-named": configOf("protocol", "stdio", "actions", []any{"plan", "validate", "drift", "replace"}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			world := func(req *provisioner.Request) string {
				return filepath.Join(root, strings.ReplaceAll(filepath.ToSlash(req.Address), "/", "-"))
			}
			inputs := func(size, pause int, fail bool) map[string]any {
				return map[string]any{"size": size, "pause": pause, "fail": fail, "password": secretText, "world": "filled in by Prepare"}
			}
			protocol, named, _ := strings.Cut(name, "-")
			h := drivertest.Harness{
				Driver: command.New(&command.Options{Environ: os.Environ(), Grace: 5 * time.Second}),
				Files:  script(t, protocol), Path: "src", Config: config,
				Inputs: inputs(2, 0, false), Changed: inputs(3, 0, false), Secret: []string{"password"},
				Mistake: func(req *provisioner.Request) { req.Config["comand"] = []any{"x"} },
				Failing: &drivertest.Case{Inputs: inputs(2, 0, true)}, Slow: &drivertest.Case{Inputs: inputs(2, 600, false)},
				Prepare: func(req *provisioner.Request) error {
					if _, given := req.Inputs["world"]; given && len(req.Address) < 100 && !strings.ContainsAny(req.Address, "\x00\n;$\"") {
						req.Inputs["world"] = world(req)
					}
					return nil
				},
				World: func(_ context.Context, req *provisioner.Request) ([]string, error) {
					entries, err := os.ReadDir(world(req))
					if err != nil && !errors.Is(err, fs.ErrNotExist) {
						return nil, err
					}
					var names []string
					for _, entry := range entries {
						names = append(names, entry.Name())
					}
					return names, nil
				},
				Interrupt: func(_ context.Context, req *provisioner.Request) error {
					var record struct{ Process struct{ PID int } }
					text, err := os.ReadFile(filepath.Join(req.WorkDir, "run.json"))
					if err == nil {
						err = json.Unmarshal(text, &record)
					}
					if err != nil {
						return err
					}
					return syscall.Kill(record.Process.PID, syscall.SIGKILL)
				},
				Grace: 10 * time.Second, Limit: time.Minute,
			}
			if named == "named" {
				h.Invalid = inputs(0, 0, false)
				h.Drift = func(_ context.Context, req *provisioner.Request) error {
					return os.Remove(filepath.Join(world(req), "second"))
				}
			} else {
				h.Skip = map[string]string{"drift-none": "this program does not tell drift"}
			}
			drivertest.Run(t, h)
		})
	}
}
