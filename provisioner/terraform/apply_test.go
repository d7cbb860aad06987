package terraform_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

const greeter = `
variable "name" { type = string }
variable "password" {
  type      = string
  sensitive = true
  default   = "none"
}
resource "terraform_data" "greeting" {
  input = "hello ${var.name}"
}
resource "terraform_data" "keeper" {
  triggers_replace = [var.name]
}
output "greeting" { value = terraform_data.greeting.output }
output "password" {
  value     = var.password
  sensitive = true
}
output "id" { value = terraform_data.greeting.id }
`

func TestLifeOfAStep(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, tool terraform.Tool) {
		driver, ctx := newDriver(tool), t.Context()
		req := request(t, bundle("src/main.tf", greeter), map[string]any{"name": "world", "password": "hunter2!"})
		req.Secret = []string{"password"}

		plan, err := driver.Plan(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.True(t, plan.Exact)
		require.True(t, plan.HasChanges())
		require.Equal(t, []provisioner.Change{
			{Address: "terraform_data.greeting", Type: "terraform_data", Action: provisioner.Create, Attributes: []provisioner.Attribute{
				{Path: "id", Unknown: true}, {Path: "input", After: "hello world"}, {Path: "output", Unknown: true},
			}},
			{Address: "terraform_data.keeper", Type: "terraform_data", Action: provisioner.Create, Attributes: []provisioner.Attribute{
				{Path: "id", Unknown: true}, {Path: "triggers_replace.0", After: "world"},
			}},
		}, plan.Changes)
		require.Equal(t, map[string]provisioner.Output{"password": {Value: "hunter2!", Sensitive: true}}, plan.Outputs)
		requireEmpty(t, req.WorkDir)

		// The plan is applied exactly.
		req.Saved = plan.Saved
		var seen events
		result, err := driver.Apply(ctx, req, &seen)
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.Equal(t, []provisioner.Change{
			{Address: "terraform_data.greeting", Type: "terraform_data", Action: provisioner.Create},
			{Address: "terraform_data.keeper", Type: "terraform_data", Action: provisioner.Create},
		}, result.Changes, "what was made is told without attributes")
		require.Equal(t, "hello world", result.Outputs["greeting"].Value)
		require.Equal(t, provisioner.Output{Value: "hunter2!", Sensitive: true}, result.Outputs["password"])
		require.Len(t, seen.of(provisioner.ResourceFinished), 2)
		requireEmpty(t, req.WorkDir)

		// Once more changes nothing.
		req.Saved = nil
		plan, err = driver.Plan(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.False(t, plan.HasChanges())
		require.Equal(t, result.Outputs, plan.Outputs)
		again, err := driver.Apply(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, again.Changes)
		require.Equal(t, result.Outputs, again.Outputs)

		// Another input changes one resource and replaces one.
		req.Inputs = map[string]any{"name": "moon", "password": "hunter2!"}
		plan, err = driver.Plan(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []provisioner.Change{
			{Address: "terraform_data.greeting", Type: "terraform_data", Action: provisioner.Update, Attributes: []provisioner.Attribute{
				{Path: "input", Before: "hello world", After: "hello moon"}, {Path: "output", Before: "hello world", Unknown: true},
			}},
			{Address: "terraform_data.keeper", Type: "terraform_data", Action: provisioner.Replace, Attributes: []provisioner.Attribute{
				{Path: "id", Before: plan.Changes[1].Attributes[0].Before, Unknown: true}, {Path: "triggers_replace.0", Before: "world", After: "moon", Replaces: true},
			}},
		}, plan.Changes)
		require.Contains(t, plan.Outputs, "id")
		require.NotContains(t, plan.Outputs, "greeting", "not known before it is applied")
		moved, err := driver.Apply(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []provisioner.Change{
			{Address: "terraform_data.greeting", Type: "terraform_data", Action: provisioner.Update},
			{Address: "terraform_data.keeper", Type: "terraform_data", Action: provisioner.Replace},
		}, moved.Changes)

		// Destroyed, and destroyed again.
		req.Mode = provisioner.Destroy
		plan, err = driver.Plan(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Delete, plan.Changes[0].Action)
		require.Len(t, plan.Changes, 2)
		gone, err := driver.Apply(ctx, req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, gone.Outcome)
		require.Empty(t, gone.Outputs)
		require.Nil(t, req.State.(*memo).text)
		var silence events
		gone, err = driver.Apply(ctx, req, &silence)
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, gone.Outcome)
		require.Empty(t, silence.all, "nothing is started to destroy nothing")
	})
}
