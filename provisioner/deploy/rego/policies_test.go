package rego_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/rego"
)

func set(path string, after any) provisioner.Attribute {
	return provisioner.Attribute{Path: path, After: after}
}

// one is the review of a plan with one change.
func one(environment string, change provisioner.Change) *deploy.Review {
	return &deploy.Review{Stage: deploy.AtPlan, Plan: &deploy.Plan{Environment: environment, Instances: []deploy.InstancePlan{
		{ID: environment + ".store", Action: deploy.Update, Steps: []deploy.StepPlan{{Name: "main", Changes: []provisioner.Change{change}}}},
	}}}
}

// The policies that come with this package, each with what it lets pass and what not.
func TestPolicies(t *testing.T) {
	t.Parallel()
	gate, err := rego.New(t.Context(), os.DirFS("policies"), nil)
	require.NoError(t, err)
	tagged := []provisioner.Attribute{set("tags_all.team", "web"), set("tags_all.cost-center", "7")}
	for name, c := range map[string]struct {
		environment string
		change      provisioner.Change
		want        []string // VERDICT POLICY: MESSAGE
	}{
		"delete":          {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Delete}, nil},
		"delete in prod":  {"shop/prod", provisioner.Change{Address: "x", Action: provisioner.Delete}, []string{"deny no_deletes: delete of x: nothing is deleted in production"}},
		"replace in prod": {"shop/prod", provisioner.Change{Address: "x", Action: provisioner.Replace}, []string{"deny no_deletes: replace of x: nothing is deleted in production"}},
		"update in prod":  {"shop/prod", provisioner.Change{Address: "x", Action: provisioner.Update}, nil},

		"all tags":     {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: tagged}, nil},
		"one tag":      {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: tagged[:1]}, []string{"deny required_tags: has no tag cost-center"}},
		"no tag":       {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: []provisioner.Attribute{set("tags_all", map[string]any{})}}, []string{"deny required_tags: has no tag cost-center, team"}},
		"unknown tags": {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: []provisioner.Attribute{{Path: "tags_all", Unknown: true}}}, []string{"warn required_tags: its tags are known only once it is made"}},
		"not taggable": {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create}, nil},

		"region":         {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: []provisioner.Attribute{set("region", "eu-west-1")}}, nil},
		"far region":     {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: []provisioner.Attribute{set("region", "us-east-1")}}, []string{"deny regions: us-east-1 is not an approved region"}},
		"unknown region": {"shop/dev", provisioner.Change{Address: "x", Action: provisioner.Create, Attributes: []provisioner.Attribute{{Path: "location", Unknown: true}}}, []string{"deny regions: what is not known yet is not an approved region"}},

		"private bucket": {"shop/dev", provisioner.Change{Address: "x", Type: "aws_s3_bucket_acl", Action: provisioner.Create, Attributes: []provisioner.Attribute{set("acl", "private")}}, nil},
		"public bucket":  {"shop/dev", provisioner.Change{Address: "x", Type: "aws_s3_bucket_acl", Action: provisioner.Create, Attributes: []provisioner.Attribute{set("acl", "public-read")}}, []string{"deny public_buckets: the ACL public-read opens the bucket"}},
		"open switch":    {"shop/dev", provisioner.Change{Address: "x", Type: "aws_s3_bucket_public_access_block", Action: provisioner.Update, Attributes: []provisioner.Attribute{set("block_public_acls", false), set("block_public_policy", true)}}, []string{"deny public_buckets: block_public_acls is off"}},
		"no switch":      {"shop/dev", provisioner.Change{Address: "x", Type: "aws_s3_bucket_public_access_block", Action: provisioner.Delete}, []string{"deny public_buckets: nothing keeps the bucket from being opened any more"}},
	} {
		found, err := gate.Check(t.Context(), one(c.environment, c.change))
		require.NoError(t, err, name)
		var said []string
		for _, f := range found {
			said = append(said, string(f.Verdict)+" "+f.Policy+": "+f.Message)
			require.Equal(t, c.environment+".store", f.Instance, name)
			require.Equal(t, "main", f.Step, name)
			require.Equal(t, "x", f.Resource, name)
		}
		require.Equal(t, c.want, said, name)
	}
}
