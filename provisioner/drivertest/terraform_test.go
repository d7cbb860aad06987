//go:build unix

package drivertest_test

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
	"testing/fstest"
	"time"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// chain makes two resources one after the other. Each writes its name into a folder, so
// that the world can be looked at without the tool.
const chain = `
variable "name" {
  type = string
  validation {
    condition     = var.name != "invalid"
    error_message = "Not this name."
  }
}
variable "world" { type = string }
variable "pause" {
  type    = number
  default = 0
}
variable "fail" {
  type    = bool
  default = false
}
variable "password" {
  type      = string
  sensitive = true
}
resource "terraform_data" "first" {
  input            = { name = var.name, world = var.world }
  triggers_replace = [var.password]
  provisioner "local-exec" { command = "mkdir -p ${self.input.world} && touch ${self.input.world}/first" }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f ${self.input.world}/first"
  }
}
resource "terraform_data" "second" {
  depends_on = [terraform_data.first]
  input      = { name = "second", world = var.world }
  provisioner "local-exec" { command = "sleep ${var.pause} && touch ${self.input.world}/second" }
  provisioner "local-exec" {
    when    = destroy
    command = "rm -f ${self.input.world}/second"
  }
  lifecycle {
    precondition {
      condition     = !var.fail
      error_message = "Not with ${nonsensitive(var.password)}."
    }
  }
}
output "name" { value = terraform_data.first.output.name }
output "id" { value = terraform_data.second.id }
output "password" {
  value     = "the password is ${var.password}"
  sensitive = true
}
`

func TestTerraform(t *testing.T) { ofTool(t, terraform.Terraform, "terraform") }

func TestOpenTofu(t *testing.T) { ofTool(t, terraform.OpenTofu, "tofu") }

func ofTool(t *testing.T, tool terraform.Tool, program string) {
	t.Helper()
	need.Tool(t, program)
	root := t.TempDir()
	world := func(req *provisioner.Request) string {
		return filepath.Join(root, strings.ReplaceAll(filepath.ToSlash(req.Address), "/", "-"))
	}
	inputs := func(name string, more ...any) map[string]any {
		made := map[string]any{"name": name, "password": password, "world": "filled in by Prepare"}
		for i := 0; i+1 < len(more); i += 2 {
			made[more[i].(string)] = more[i+1]
		}
		return made
	}
	drivertest.Run(t, drivertest.Harness{
		Driver: terraform.New(&terraform.Options{Tool: tool, Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}}),
		Files:  fstest.MapFS{"src/main.tf": {Data: []byte(chain), Mode: 0o644}}, Path: "src",
		Inputs: inputs("one"), Changed: inputs("two"), Invalid: inputs("invalid"), Secret: []string{"password"},
		Mistake: func(req *provisioner.Request) {
			req.Files = fstest.MapFS{"src/main.tf": {Data: []byte(strings.Replace(chain, "var.fail", "var.fial", 1)), Mode: 0o644}}
		},
		Failing: &drivertest.Case{Inputs: inputs("one", "fail", true)},
		Slow:    &drivertest.Case{Inputs: inputs("one", "pause", 120)},
		Import: &drivertest.Import{Inputs: map[string]any{}, Make: func(context.Context, *provisioner.Request) (string, string, error) {
			return "terraform_data.found", "found", nil
		}},
		Prepare: func(req *provisioner.Request) error {
			if strings.HasPrefix(req.Address, "drivertest/import") {
				req.Files = fstest.MapFS{"src/main.tf": {Data: []byte("resource \"terraform_data\" \"found\" {}\n"), Mode: 0o644}}
				req.Inputs, req.Secret = map[string]any{}, nil
				return nil
			}
			if _, ok := req.Inputs["world"]; ok && len(req.Address) < 100 && !strings.ContainsAny(req.Address, "\x00\n;$\"") {
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
		Grace: 30 * time.Second, Limit: time.Minute,
	})
}
