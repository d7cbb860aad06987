//go:build unix

package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/leak"
	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// What must not be found anywhere; the last one is made by a module.
var sentinels = []string{"S3CRET-param<1>", "S3CRET-nested&2", "S3CRET-import\"3", "S3CRET-app-STRIPE_KEY", "S3CRET-made-by-module"}

// secretive is a project with a secret in every place that takes one: a param, a part of a
// param, an imported artifact, a secret of the app, an output, an artifact, an environment
// variable. The module of its first instance fails while there is a file called fail.
func secretive(t *testing.T) task {
	t.Helper()
	k := estate(t, map[string]string{
		"types/thing.yaml": `
artifact: thing
version: 1.0.0
title: Thing
schema:
  type: object
  required: [id, password]
  properties:
    id: {type: string}
    password: {type: string, x-sensitive: true}
examples: [{id: x, password: y}]
`,
		"imports/outside.yaml": `
import: outside
type: thing@1
data: {id: outside}
secrets: {password: {env: IMPORTED}}
`,
		"environments/dev.yaml": `
environment: dev
imports: [outside]
instances:
  made: {connections: {outside: 'imported:outside'}}
  user: {secrets: {STRIPE_KEY: {env: STRIPE_KEY}}}
`,
		"bundles/maker/bundle.yaml": `
bundle: maker
version: 1.0.0
params:
  type: object
  required: [password, nested, flag]
  properties:
    flag: {type: string}
    password: {type: string, x-sensitive: true}
    nested: {type: object, properties: {token: {type: string, x-sensitive: true}}}
connections:
  outside: {type: thing@1}
artifacts:
  thing: {type: thing@1, value: '{id: .outputs.id, password: .outputs.password}'}
steps:
  - name: main
    path: src
    driver: terraform
    inputs:
      flag: .params.flag
      password: .params.password
      token: .params.nested.token
      imported: .connections.outside.password
`,
		"bundles/maker/src/main.tf": `
variable "flag" {
  type = string
}

variable "password" {
  type = string # the module does not know that it is a secret
}

variable "token" {
  type = string
}

variable "imported" {
  type = string
}

resource "terraform_data" "thing" {
  input = { password = var.password, token = var.token, imported = var.imported }
  provisioner "local-exec" {
    command = "echo telling ${var.token}; sleep 0.5; test ! -e '${var.flag}'"
  }
  lifecycle {
    precondition {
      condition     = var.password != "S3CRET-wrong"
      error_message = "not ${var.password}"
    }
  }
}

output "id" {
  value = terraform_data.thing.id
}

output "password" {
  value     = "S3CRET-made-by-module"
  sensitive = true
}
`,
		"bundles/user/bundle.yaml": `
bundle: user
version: 1.0.0
params: {type: object, properties: {}}
connections:
  thing: {type: thing@1}
artifacts: {}
steps:
  - {name: main, path: src, driver: terraform, inputs: {url: '"https://\(.connections.thing.password)@example"'}}
app:
  identity: container
  env: {URL: '"https://\(.connections.thing.password)@example"'}
  secrets: {STRIPE_KEY: {description: of the payment service, required: true}}
`,
		"bundles/user/src/main.tf": `
variable "url" {
  type = string
}

resource "terraform_data" "user" {
  input = var.url
}
`,
	})
	project, err := json.Marshal(map[string]any{
		"project": "shop",
		"components": map[string]any{
			"made": map[string]any{"bundle": "maker", "params": map[string]any{
				"password": sentinels[0], "nested": map[string]any{"token": sentinels[1]}, "flag": k.path("world/fail"),
			}},
			"user": map[string]any{"bundle": "user"},
		},
		"links": []string{"made.thing -> user.thing"},
	})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(k.path("estate/project.yaml"), project, 0o600))
	k.Do = "deploy"
	return k
}

// plan plans the environment and gives everything that a caller sees of it.
func (k task) plan(t *testing.T) []byte {
	t.Helper()
	var seen []byte
	_, err := k.with(t.Context(), func() {}, func(ctx context.Context, engine *deploy.Engine, st *store.Store) (*deploy.Run, error) {
		env, err := k.environment(ctx, engine)
		if err != nil {
			return nil, err
		}
		plan, err := engine.Plan(ctx, env)
		if err != nil {
			return nil, err
		}
		status, err := engine.Status(ctx, env)
		if err != nil {
			return nil, err
		}
		for _, value := range []any{plan, status, env, env.Instances()} {
			text, err := json.Marshal(value)
			if err != nil {
				return nil, err
			}
			seen = append(seen, text...)
			seen = fmt.Appendf(seen, "%v %+v", value, value)
		}
		deployments, err := st.Deployments(ctx, "shop/dev", 0)
		for _, d := range deployments {
			entries, journalErr := st.Journal(ctx, d.ID)
			err = errors.Join(err, journalErr)
			seen = fmt.Appendf(seen, "%+v %+v %s", d, entries, d.Summary)
		}
		return nil, err
	})
	require.NoError(t, err)
	return seen
}

// clean checks that no secret lies in the store's folder, in an event, a plan, a status, a
// report, a journal or an error.
func (k task) clean(t *testing.T, reports ...report) {
	t.Helper()
	require.Empty(t, leak.InFolder(t, k.path("store"), sentinels...))
	require.Empty(t, leak.InText(t, []byte(k.said(t)), sentinels...))
	require.Empty(t, leak.InText(t, k.plan(t), sentinels...))
	text, err := json.Marshal(reports)
	require.NoError(t, err)
	require.Empty(t, leak.InText(t, text, sentinels...))
	require.Empty(t, leak.InFolder(t, k.path("store"), sentinels...), "planning leaves nothing either")
}

// known checks that the secrets arrived where they are for.
func (k task) known(t *testing.T) {
	t.Helper()
	st, err := store.Open(t.Context(), k.path("store"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	user, err := st.Instance(t.Context(), "shop/dev.user")
	require.NoError(t, err)
	require.Equal(t, store.EnvVar{Value: "https://S3CRET-made-by-module@example", Secret: true}, user.Env["URL"])
	made, err := st.Instance(t.Context(), "shop/dev.made")
	require.NoError(t, err)
	require.Equal(t, sentinels[0], made.Steps[0].Inputs["password"])
	require.Equal(t, provisioner.Output{Value: "S3CRET-made-by-module", Sensitive: true}, made.Steps[0].Outputs["password"])
}

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	t.Run("success", func(t *testing.T) {
		t.Parallel()
		k := secretive(t)
		before := k.plan(t)
		require.Empty(t, leak.InText(t, before, sentinels...))
		said := k.run(t.Context())
		require.Empty(t, said.Error)
		require.Empty(t, said.Errors)
		k.known(t)
		k.clean(t, said)
	})
	t.Run("failure", func(t *testing.T) {
		t.Parallel()
		k := secretive(t)
		fail := k.path("world/fail")
		require.NoError(t, os.WriteFile(fail, nil, 0o600))
		failed := k.run(t.Context())
		require.Equal(t, []string{"shop/dev.made"}, failed.Run.Failed)
		require.Contains(t, failed.Errors["shop/dev.made"], "local-exec provisioner error")
		k.clean(t, failed)
		require.NoError(t, os.Remove(fail))
		said := k.run(t.Context())
		require.Equal(t, "succeeded", said.Run.Status)
		k.known(t)
		k.clean(t, failed, said)
	})
	t.Run("crash", func(t *testing.T) {
		t.Parallel()
		k := secretive(t)
		host := k.start(t)
		require.Eventually(t, func() bool {
			found, err := filepath.Glob(k.path("store/work/*/output.jsonl"))
			return err == nil && len(found) > 0
		}, minute, tick)
		host.kill(t)
		k.Do = "resume"
		said := k.run(t.Context())
		require.Empty(t, said.Error)
		require.Equal(t, "succeeded", said.Run.Status)
		k.known(t)
		k.clean(t, said)
		k.sound(t)
	})
}
