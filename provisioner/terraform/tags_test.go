package terraform_test

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
	"github.com/tenon-sdk/tenon/tagging"
)

const required = `
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
`

func parameter(name, extra string) string {
	return `
resource "aws_ssm_parameter" "` + name + `" {
  name  = "/` + name + `/${var.suffix}"
  type  = "String"
  value = "x"
  ` + extra + `
}
`
}

// awsDriver runs the real AWS provider against an emulator.
func awsDriver(t *testing.T) (driver *terraform.Driver, endpoint string) {
	t.Helper()
	mirror := need.Env(t, "aws-mirror", "TENON_TF_MIRROR")
	endpoint = need.Env(t, "aws-endpoint", "TENON_AWS_ENDPOINT")
	need.Tool(t, "terraform")
	config := filepath.Join(t.TempDir(), "terraform.rc")
	require.NoError(t, os.WriteFile(config, []byte(`provider_installation {
  filesystem_mirror { path = "`+mirror+`" }
}
`), 0o600))
	return terraform.New(&terraform.Options{
		Tool: terraform.Terraform, Environ: environ(), CLIConfig: config,
		Env: map[string]string{
			"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret-key",
			"AWS_REGION": "eu-west-1", "AWS_EC2_METADATA_DISABLED": "true",
		},
	}), endpoint
}

// Every resource gets the tags, whatever way the module configures the provider, and the
// module's own tags stay.
func TestDefaultTags(t *testing.T) {
	t.Parallel()
	driver, endpoint := awsDriver(t)
	suffix := unique()
	variables := `
variable "suffix" { type = string }
variable "extra" {
  type    = map(string)
  default = { fromVariable = "yes" }
}
`
	files := bundle(
		"src/main.tf", required+variables+`
provider "aws" {
  default_tags {
    tags = { own = "literal", team = "the module's" }
  }
}
provider "aws" {
  alias  = "east"
  region = "us-east-1"
  default_tags {
    tags = merge(var.extra, { own = "expression" })
  }
}
provider "aws" {
  alias  = "bare"
  region = "eu-west-2"
}
provider "aws" {
  alias  = "dynamic"
  region = "eu-west-3"
  dynamic "default_tags" {
    for_each = [var.extra]
    content {
      tags = default_tags.value
    }
  }
}
module "own" {
  source = "../modules/own"
  suffix = var.suffix
}
module "inherits" {
  source = "../modules/inherits"
  suffix = var.suffix
}
`+parameter("plain", `tags = { mine = "resource" }`)+
			parameter("east", `provider = aws.east`)+parameter("bare", `provider = aws.bare`)+
			parameter("dynamic", `provider = aws.dynamic`),
		"modules/own/main.tf.json", `{
  "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws"}}},
  "variable": {"suffix": {"type": "string"}},
  "provider": {"aws": [{"region": "eu-central-1", "default_tags": [{"tags": {"own": "nested ${var.suffix}"}}]}]},
  "resource": {"aws_ssm_parameter": {"own": {"name": "/own/${var.suffix}", "type": "String", "value": "x"}}}
}`,
		"modules/inherits/main.tf", required+`variable "suffix" { type = string }`+parameter("inherits", ""),
	)
	req := request(t, files, map[string]any{"suffix": suffix})
	const odd = `100${"x"} %{ if "quoted" }`
	req.Metadata.Tags = tagging.Tags{"team": "commerce", "tenon-project": "shop", "odd:key/with.dots": odd}

	var seen events
	result, err := driver.Apply(t.Context(), req, &seen)
	require.NoError(t, err)
	require.Len(t, result.Changes, 6)
	t.Cleanup(func() {
		destroy := *req
		destroy.Mode = provisioner.Destroy
		_, err := driver.Apply(context.WithoutCancel(t.Context()), &destroy, provisioner.Discard)
		require.NoError(t, err)
	})
	with := func(more ...string) map[string]string {
		tags := map[string]string{"team": "commerce", "tenon-project": "shop", "odd:key/with.dots": odd}
		for i := 0; i < len(more); i += 2 {
			tags[more[i]] = more[i+1]
		}
		return tags
	}
	for name, want := range map[string]struct {
		region string
		tags   map[string]string
	}{
		"plain":    {"eu-west-1", with("own", "literal", "mine", "resource")},
		"east":     {"us-east-1", with("own", "expression", "fromVariable", "yes")},
		"bare":     {"eu-west-2", with()},
		"dynamic":  {"eu-west-3", with("fromVariable", "yes")},
		"own":      {"eu-central-1", with("own", "nested "+suffix)},
		"inherits": {"eu-west-1", with("own", "literal")},
	} {
		require.Equal(t, want.tags, parameterTags(t, endpoint, want.region, "/"+name+"/"+suffix), name)
	}
}

// A module that uses the provider without a block for it gets one.
func TestDefaultTagsWithoutBlock(t *testing.T) {
	t.Parallel()
	driver, endpoint := awsDriver(t)
	suffix := unique()
	req := request(t, bundle(
		"src/main.tf", "variable \"suffix\" {}\nmodule \"inner\" {\n  source = \"./inner\"\n  suffix = var.suffix\n}\n",
		"src/inner/main.tf", "variable \"suffix\" {}\n"+parameter("inner", ""),
	), map[string]any{"suffix": suffix})
	req.Metadata.Tags = tagging.Tags{"team": "commerce"}
	_, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"team": "commerce"}, parameterTags(t, endpoint, "eu-west-1", "/inner/"+suffix))
	req.Mode = provisioner.Destroy
	_, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
}

// unique keeps runs against one emulator apart.
func unique() string { return strconv.FormatInt(time.Now().UnixNano(), 36) }

// parameterTags asks the emulator, not the tool.
func parameterTags(t *testing.T, endpoint, region, name string) map[string]string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"ResourceType": "Parameter", "ResourceId": name})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, strings.NewReader(string(body)))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonSSM.ListTagsForResource")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=test/20260101/"+region+"/ssm/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	var answer struct{ TagList []struct{ Key, Value string } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&answer))
	tags := map[string]string{}
	for _, tag := range answer.TagList {
		tags[tag.Key] = tag.Value
	}
	return tags
}
