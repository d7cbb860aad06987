package terraform_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// What the driver costs beside the tool: a small module applied from nothing, by hand and
// by the driver; and planned and applied, with the three commands that a person would use.
func BenchmarkApply(b *testing.B) {
	program := need.Tool(b, "terraform")
	const text = `
variable "name" { type = string }
resource "terraform_data" "a" { input = var.name }
output "a" { value = terraform_data.a.output }
`
	bare := func(b *testing.B, commands ...[]string) {
		for b.Loop() {
			folder := b.TempDir()
			require.NoError(b, os.WriteFile(filepath.Join(folder, "main.tf"), []byte(text), 0o600))
			require.NoError(b, os.WriteFile(filepath.Join(folder, "x.auto.tfvars.json"), []byte(`{"name": "x"}`), 0o600))
			for _, arguments := range commands {
				command := exec.Command(program, arguments...)
				command.Dir, command.Env = folder, append(environ(), "CHECKPOINT_DISABLE=1")
				output, err := command.CombinedOutput()
				require.NoError(b, err, string(output))
			}
		}
	}
	driver := terraform.New(&terraform.Options{Environ: environ()})
	request := func(b *testing.B) *provisioner.Request {
		return &provisioner.Request{
			Address: "shop/dev.db", Step: "main", Files: bundle("main.tf", text), Path: ".",
			Inputs: map[string]any{"name": "x"}, WorkDir: filepath.Join(b.TempDir(), "work"), State: &memo{},
		}
	}
	b.Run("apply/bare", func(b *testing.B) { bare(b, []string{"apply", "-json", "-auto-approve"}) })
	b.Run("apply/driver", func(b *testing.B) {
		for b.Loop() {
			_, err := driver.Apply(context.Background(), request(b), provisioner.Discard)
			require.NoError(b, err)
		}
	})
	b.Run("plan-and-apply/bare", func(b *testing.B) {
		bare(b, []string{"plan", "-json", "-out=plan"}, []string{"show", "-json", "plan"}, []string{"apply", "-json", "plan"})
	})
	b.Run("plan-and-apply/driver", func(b *testing.B) {
		for b.Loop() {
			req := request(b)
			plan, err := driver.Plan(context.Background(), req, provisioner.Discard)
			require.NoError(b, err)
			req.Saved = plan.Saved
			_, err = driver.Apply(context.Background(), req, provisioner.Discard)
			require.NoError(b, err)
		}
	})
}

// Sixty instances of one module that needs an init: by hand each costs one, by the driver
// one does for all. One after the other in both.
func BenchmarkSixty(b *testing.B) {
	program := need.Tool(b, "terraform")
	files := bundle(
		"main.tf", "module \"m\" {\n  source = \"./m\"\n  name   = var.name\n}\nvariable \"name\" { type = string }\n",
		"m/main.tf", "variable \"name\" { type = string }\nresource \"terraform_data\" \"a\" { input = var.name }\n",
	)
	const sixty = 60
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			for range sixty {
				folder := filepath.Join(b.TempDir(), "module")
				require.NoError(b, os.CopyFS(folder, files))
				require.NoError(b, os.WriteFile(filepath.Join(folder, "x.auto.tfvars.json"), []byte(`{"name": "x"}`), 0o600))
				for _, arguments := range [][]string{{"init", "-input=false"}, {"apply", "-json", "-auto-approve"}} {
					command := exec.Command(program, arguments...)
					command.Dir, command.Env = folder, append(environ(), "CHECKPOINT_DISABLE=1")
					output, err := command.CombinedOutput()
					require.NoError(b, err, string(output))
				}
			}
		}
	})
	b.Run("driver", func(b *testing.B) {
		for b.Loop() {
			driver := terraform.New(&terraform.Options{Environ: environ()})
			for range sixty {
				_, err := driver.Apply(context.Background(), &provisioner.Request{
					Address: "shop/dev.db", Step: "main", Files: files, Path: ".",
					Inputs: map[string]any{"name": "x"}, WorkDir: filepath.Join(b.TempDir(), "work"), State: &memo{},
				}, provisioner.Discard)
				require.NoError(b, err)
			}
		}
	})
}
