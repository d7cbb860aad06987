package terraform_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestInspect(t *testing.T) {
	t.Parallel()
	files := bundle(
		"src/main.tf", greeter, "src/more.tf.json", `{"variable": {"tags": {"type": "map(string)", "default": {}, "description": "more"}}}`,
		"src/main.tofu", "variable \"only\" {}\n",
	)
	module, err := terraform.New(nil).Inspect(t.Context(), files, "src")
	require.NoError(t, err)
	require.Equal(t, &provisioner.Module{
		Inputs: []provisioner.Variable{
			{Name: "name", Type: "string", Required: true},
			{Name: "password", Type: "string", Sensitive: true},
			{Name: "tags", Type: "map(string)", Description: "more"},
		},
		Outputs: []provisioner.Variable{{Name: "greeting"}, {Name: "id"}, {Name: "password", Sensitive: true}},
	}, module)

	module, err = terraform.New(&terraform.Options{Tool: terraform.OpenTofu}).Inspect(t.Context(), files, "src")
	require.NoError(t, err)
	require.Equal(t, []provisioner.Variable{
		{Name: "only", Required: true}, {Name: "tags", Type: "map(string)", Description: "more"},
	}, module.Inputs, "OpenTofu reads main.tofu in the place of main.tf")

	_, err = terraform.New(nil).Inspect(t.Context(), bundle("src/main.tf", "variable {}\n"), "src")
	require.ErrorContains(t, err, "src/main.tf:1:10: Missing name for variable: All variable blocks must have 1 labels (name).")
	_, err = terraform.New(&terraform.Options{Tool: terraform.OpenTofu}).Inspect(t.Context(), bundle("src/main.tofu", "x ="), "src")
	require.ErrorContains(t, err, "src/main.tofu:1:4: Missing expression: Expected the start of an expression, but found the end of the file.")
}

// The driver's own .tofu files run too.
func TestTofuFiles(t *testing.T) {
	t.Parallel()
	need.Tool(t, "tofu")
	files := bundle("src/main.tf", "output \"x\" {\n  value = \"terraform\"\n}\n", "src/main.tofu", "output \"x\" {\n  value = \"opentofu\"\n}\n")
	result, err := newDriver(terraform.OpenTofu).Apply(t.Context(), request(t, files, nil), provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, "opentofu", result.Outputs["x"].Value)
}

// Inputs reach the module as they are, whatever they are.
func TestInputs(t *testing.T) {
	t.Parallel()
	const text = `
variable "any" {}
variable "number" { type = number }
variable "text" { type = string }
variable "object" { type = object({ a = string, b = optional(number, 7) }) }
variable "list" { type = list(string) }
variable "nothing" {
  type     = string
  nullable = true
}
variable "unset" { default = "default" }
output "all" {
  value = { any = var.any, number = var.number, text = var.text, object = var.object, list = var.list, nothing = var.nothing, unset = var.unset }
}
`
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req := request(t, bundle("src/main.tf", text, "src/terraform.tfvars", `unset = "by hand"`, "src/x.auto.tfvars.json", `{"text": "by hand"}`), map[string]any{
			"any": map[string]any{"deep": []any{true, nil, json.Number("1.5")}}, "number": json.Number("12345678901234567890"),
			"text": `${not} %{an} "expression" <&>`, "object": map[string]any{"a": json.Number("1")}, "list": []any{}, "nothing": nil,
			"undeclared": "x",
		})
		req.Implicit = true
		result, err := newDriver(which).Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, map[string]any{
			"any": map[string]any{"deep": []any{true, nil, json.Number("1.5")}}, "number": json.Number("12345678901234567890"),
			"text": `${not} %{an} "expression" <&>`, "object": map[string]any{"a": "1", "b": json.Number("7")}, "list": []any{},
			"nothing": nil, "unset": "default",
		}, result.Outputs["all"].Value)
	})
}

// A called module and a folder beside the step's work, and init runs once for the tree.
func TestCalledModules(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		program := need.Tool(t, map[terraform.Tool]string{terraform.Terraform: "terraform", terraform.OpenTofu: "tofu"}[which])
		asked := filepath.Join(t.TempDir(), "asked")
		driver := terraform.New(&terraform.Options{
			Tool: which, Path: script(t, `echo "$1" >> `+asked+`; exec `+program+` "$@"`), Environ: environ(),
		})
		files := bundle(
			"src/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n}\noutput \"x\" {\n  value = module.m.x\n}\n",
			"modules/m/main.tf", "output \"x\" {\n  value = file(\"${path.module}/../../data/x.txt\")\n}\n", "data/x.txt", "found",
		)
		for range 3 {
			result, err := driver.Apply(t.Context(), request(t, files, nil), provisioner.Discard)
			require.NoError(t, err)
			require.Equal(t, "found", result.Outputs["x"].Value)
		}
		require.Equal(t, []string{"version", "init", "apply", "apply", "apply"}, made(t, asked), "one process per step once the tree is known")
	})
}

// A module that keeps its state itself, in a place of the instance, keeps it.
func TestOwnState(t *testing.T) {
	t.Parallel()
	need.Tool(t, "tofu")
	driver := newDriver(terraform.OpenTofu)
	files := bundle("src/main.tf", `
variable "place" { type = string }
terraform {
  backend "local" {
    path = var.place
  }
}
resource "terraform_data" "a" { input = "kept" }
output "a" { value = terraform_data.a.output }
output "hidden" {
  value     = { n = 1 }
  sensitive = true
}
`)
	place := filepath.Join(t.TempDir(), "state")
	req := request(t, files, map[string]any{"place": place})
	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, map[string]provisioner.Output{
		"a": {Value: "kept"}, "hidden": {Value: map[string]any{"n": json.Number("1")}, Sensitive: true},
	}, result.Outputs)
	require.Nil(t, req.State.(*memo).text)
	require.FileExists(t, place)
	plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.False(t, plan.HasChanges())
	require.Equal(t, result.Outputs, plan.Outputs)
	req.Mode = provisioner.Destroy
	result, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Delete, result.Changes[0].Action)
}

// A local backend without a place is where the state lies anyway.
func TestDefaultBackend(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req := request(t, bundle("src/main.tf", "terraform {\n  backend \"local\" {}\n}\nresource \"terraform_data\" \"a\" {}\n"), nil)
		_, err := newDriver(which).Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []string{"a"}, known(t, req.State.(*memo).text))
	})
}

func TestInitFails(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		config := filepath.Join(t.TempDir(), "rc")
		require.NoError(t, os.WriteFile(config, []byte("provider_installation {\n  filesystem_mirror { path = \""+t.TempDir()+"\" }\n}\n"), 0o600))
		driver := terraform.New(&terraform.Options{Tool: which, Environ: environ(), CLIConfig: config})
		req := request(t, bundle("src/main.tf", "terraform {\n  required_providers {\n    x = {\n      source = \"tenon/nowhere\"\n    }\n  }\n}\n"), nil)
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "src: init: ")
		require.ErrorContains(t, err, "tenon/nowhere")
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, provisioner.Failed, result.Outcome)
		requireEmpty(t, req.WorkDir)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = driver.Apply(ctx, req, provisioner.Discard)
		require.ErrorIs(t, err, context.Canceled)
		requireEmpty(t, req.WorkDir)
	})
}

func TestSavedPlan(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, bundle("src/main.tf", greeter), map[string]any{"name": "world"})
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		req.Saved = plan.Saved
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "Saved plan is stale")
		req.Saved = []byte("{}")
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, "the saved plan is not one that this driver made")
		req.Saved = []byte(`{"tool": "pulumi", "plan": "eA=="}`)
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, "the saved plan was made by Terraform, not by "+title(which))
		requireEmpty(t, req.WorkDir)
	})
}

// Data sources are read while applying and change nothing; a resource that fails leaves
// those before it in the state.
func TestFailureInTheMiddle(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req := request(t, bundle("src/main.tf", `
resource "terraform_data" "first" { input = "first" }
resource "terraform_data" "second" {
  input = terraform_data.first.output
  provisioner "local-exec" { command = "exit 3" }
}
resource "terraform_data" "third" { input = terraform_data.second.output }
output "first" { value = terraform_data.first.output }
`), nil)
		var seen events
		result, err := newDriver(which).Apply(t.Context(), req, &seen)
		requireLine(t, err, "src/main.tf:5:")
		require.ErrorContains(t, err, "local-exec provisioner error")
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Equal(t, []string{"first"}, known(t, req.State.(*memo).text))
		require.Equal(t, []provisioner.Change{
			{Address: "terraform_data.first", Type: "terraform_data", Action: provisioner.Create},
			{Address: "terraform_data.second", Type: "terraform_data", Action: provisioner.Create},
		}, result.Changes, "what was made and then failed is there, and in the state as tainted")
		require.Len(t, seen.of(provisioner.ResourceFailed), 1)
		require.Equal(t, "terraform_data.second", seen.of(provisioner.ResourceFailed)[0].Resource)
		require.Len(t, seen.of(provisioner.Diagnostic), 1)
		requireEmpty(t, req.WorkDir)
	})
}
