package aws_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	estates "github.com/tenon-sdk/tenon/examples/aws"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/iam/aws"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/store"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// acme is the estate with its records and an engine.
type acme struct {
	estate *graph.Estate
	store  *store.Store
	engine *deploy.Engine
}

func newAcme(t *testing.T, terraformPath, mirror, endpoint string) *acme {
	t.Helper()
	files, err := fs.Sub(estates.Estate, "estate")
	require.NoError(t, err)
	estate, err := graph.Load(files, nil)
	require.NoError(t, err)
	st, err := store.Open(t.Context(), filepath.Join(t.TempDir(), ".tenon"), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	config := filepath.Join(t.TempDir(), "terraform.rc")
	require.NoError(t, os.WriteFile(config, []byte("provider_installation {\n  filesystem_mirror { path = \""+mirror+"\" }\n}\n"), 0o600))
	driver := terraform.New(&terraform.Options{
		Tool: terraform.Terraform, Path: terraformPath, Environ: os.Environ(), CLIConfig: config,
		Env: map[string]string{
			"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret-key",
			"AWS_EC2_METADATA_DISABLED": "true", "CHECKPOINT_DISABLE": "1",
		},
	})
	return &acme{estate, st, deploy.New(st, provisioner.Drivers{"terraform": driver}, &deploy.Options{RequestedBy: "the test"})}
}

func (a *acme) resolve(t *testing.T, address string) *graph.Environment {
	t.Helper()
	known, err := a.engine.Artifacts(t.Context(), a.estate.Catalog())
	require.NoError(t, err)
	env, err := graph.Resolve(a.estate, address, &graph.Options{Artifacts: known})
	require.NoError(t, err)
	return env
}

// policy is what the worker may do, as package iam/aws renders it.
func (a *acme) policy(t *testing.T, worker *graph.Instance) *aws.Rendered {
	t.Helper()
	data := map[string]any{}
	for _, slot := range worker.Slots() {
		artifact, err := a.store.Artifact(t.Context(), slot.From)
		require.NoError(t, err)
		data[slot.Name] = artifact.Data
	}
	rendered, err := aws.Render(worker.Access(), data)
	require.NoError(t, err)
	return rendered
}

// Everything is asked of the cloud itself, not of the tool that made it.
func TestEstate(t *testing.T) {
	cloud, terraformPath, mirror := emulator(t)
	a := newAcme(t, terraformPath, mirror, cloud.endpoint)
	t.Cleanup(func() { // also after a failure: others use the emulator, too
		for _, address := range []string{"shop/dev", "platform/shared"} {
			_, err := a.engine.Destroy(context.WithoutCancel(t.Context()), address, nil)
			require.NoError(t, err)
		}
		require.Empty(t, cloud.everything(t), "nothing is left")
	})

	plan, err := a.engine.Plan(t.Context(), a.resolve(t, "platform/shared"))
	require.NoError(t, err)
	require.Empty(t, plan.Problems)
	run, err := a.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, []string{"platform/shared.network"}, run.Applied)
	run, err = a.engine.Deploy(t.Context(), a.resolve(t, "shop/dev"))
	require.NoError(t, err)
	require.Equal(t, []string{"shop/dev.images", "shop/dev.orders", "shop/dev.worker"}, run.Applied)

	tags := func(project, environment, component, team, stage string, more ...string) map[string]string {
		all := map[string]string{
			"cost-center": "4711", "team": team, "stage": stage, "managed-by": "tenon", "tenon-organization": "acme", "tenon-project": project,
			"tenon-environment": environment, "tenon-component": component, "tenon-instance": project + "/" + environment + "." + component,
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	network := func(name string) map[string]string {
		return tags("platform", "shared", "network", "platform", "shared", "Name", name)
	}
	dev := func(component string) map[string]string {
		return tags("shop", "dev", component, "commerce", "nonprod")
	}
	require.Equal(t, map[string]map[string]string{
		"vpc 10.20.0.0/16":                     network("platform-shared-network"),
		"subnet 10.20.0.0/24":                  network("platform-shared-network-a"),
		"subnet 10.20.1.0/24":                  network("platform-shared-network-b"),
		"bucket shop-dev-images-123456789012":  dev("images"),
		"queue shop-dev-orders":                dev("orders"),
		"role /apps/shop-dev-worker":           dev("worker"),
		"security group shop-dev-worker":       dev("worker"),
		"parameter /shop-dev-worker/BUCKET":    dev("worker"),
		"parameter /shop-dev-worker/LOG_LEVEL": dev("worker"),
		"parameter /shop-dev-worker/QUEUE_URL": dev("worker"),
	}, cloud.everything(t))

	env := a.resolve(t, "shop/dev")
	rendered := a.policy(t, env.Instance("worker"))
	role := cloud.role(t, "shop-dev-worker")
	require.JSONEq(t, rendered.Policy.String(), role.policies["access"], "exactly what was rendered")
	require.Len(t, role.policies, 1)
	require.JSONEq(t, rendered.Trust.String(), role.trust)
	require.Equal(t, "arn:aws:iam::123456789012:policy/boundary", role.boundary)
	require.JSONEq(t, `{
	  "Version": "2012-10-17",
	  "Statement": [
	    {"Effect": "Allow", "Action": ["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"], "Resource": ["arn:aws:s3:::shop-dev-images-123456789012/*"]},
	    {"Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListBucket"], "Resource": ["arn:aws:s3:::shop-dev-images-123456789012"]},
	    {"Effect": "Allow", "Action": ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
	     "Resource": ["arn:aws:sqs:eu-west-1:123456789012:shop-dev-orders"]}
	  ]}`, role.policies["access"])

	status, err := a.engine.Status(t.Context(), env)
	require.NoError(t, err)
	worker := status.Instances[2]
	require.Equal(t, map[string]string{
		"BUCKET": "shop-dev-images-123456789012", "LOG_LEVEL": "debug", "QUEUE_URL": cloud.endpoint + "/123456789012/shop-dev-orders",
	}, worker.Env)

	for _, address := range []string{"platform/shared", "shop/dev"} {
		again, err := a.engine.Deploy(t.Context(), a.resolve(t, address))
		require.NoError(t, err)
		require.Empty(t, again.Applied, "nothing has changed")
	}
	_, err = a.engine.Destroy(t.Context(), "platform/shared", nil)
	var used *deploy.InUseError
	require.ErrorAs(t, err, &used)
	require.Equal(t, "platform/shared.network.network is used by shop/dev.worker: destroy or change the users first", err.Error())
}
