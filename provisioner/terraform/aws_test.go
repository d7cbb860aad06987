package terraform_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// newAWSDriver drives a tool that finds the AWS provider in a mirror on this machine. It has
// no credentials but those of requests. OpenTofu looks for the provider in its own registry,
// so the modules of these tests name that of Terraform.
func newAWSDriver(t *testing.T, which terraform.Tool) *terraform.Driver {
	t.Helper()
	mirror := need.Env(t, "aws-mirror", "TENON_TF_MIRROR")
	config := filepath.Join(t.TempDir(), "rc")
	require.NoError(t, os.WriteFile(config, []byte("provider_installation {\n  filesystem_mirror { path = \""+mirror+"\" }\n}\n"), 0o600))
	return terraform.New(&terraform.Options{
		Tool: which, Environ: environ(), CLIConfig: config, Env: map[string]string{"AWS_EC2_METADATA_DISABLED": "true"},
	})
}

const needsAWS = "terraform {\n  required_providers {\n    aws = { source = \"registry.terraform.io/hashicorp/aws\" }\n  }\n}\n"

// parameters is a module of two accounts and regions that says nothing of its providers.
const parameters = needsAWS + `
variable "name" { type = string }
resource "aws_ssm_parameter" "home" {
  name  = var.name
  type  = "String"
  value = "home"
}
resource "aws_ssm_parameter" "away" {
  provider = aws.away
  name     = var.name
  type     = "String"
  value    = "away"
}
output "home" { value = aws_ssm_parameter.home.arn }
output "away" { value = aws_ssm_parameter.away.arn }
output "tags" { value = aws_ssm_parameter.away.tags_all }
`

const awsSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

func twoAccounts(endpoint string) map[string]provisioner.Provider {
	endpoints := map[string]any{"ssm": endpoint, "sts": endpoint}
	return map[string]provisioner.Provider{
		"aws": {
			Type: "aws-credentials", Settings: map[string]any{"endpoints": []any{endpoints}},
			Data: map[string]any{
				"account": "111111111111", "region": "eu-west-1", "roleArn": "arn:aws:iam::111111111111:role/home", "externalId": "only-for-us-4711",
				"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": awsSecret,
			},
		},
		"aws.away": {
			Type: "aws-iam-role", Data: map[string]any{"id": "x", "arn": "arn:aws:iam::222222222222:role/first"},
			Settings: map[string]any{
				"region": "us-west-2", "access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": awsSecret, "endpoints": []any{endpoints},
				"chain": []any{"arn:aws:iam::333333333333:role/second"},
			},
		},
	}
}

func TestProvidersOfAWS(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver, endpoint := newAWSDriver(t, which), need.Env(t, "aws-endpoint", "TENON_AWS_ENDPOINT")
		name := "tenon-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		req := request(t, bundle("src/main.tf", parameters), map[string]any{"name": name})
		req.Providers = twoAccounts(endpoint)
		req.Metadata.Tags = map[string]string{"team": "platform"}

		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.NotContains(t, unzipped(t, plan.Saved), awsSecret, "a saved plan holds no credentials")
		req.Saved = plan.Saved
		var seen events
		result, err := driver.Apply(t.Context(), req, &seen)
		require.NoError(t, err)
		require.Equal(t, "arn:aws:ssm:eu-west-1:111111111111:parameter/"+name, result.Outputs["home"].Value)
		require.Equal(t, "arn:aws:ssm:us-west-2:333333333333:parameter/"+name, result.Outputs["away"].Value)
		require.Equal(t, map[string]any{"team": "platform"}, result.Outputs["tags"].Value)
		require.NotContains(t, dump(t, seen.all), awsSecret)
		require.NotContains(t, string(req.State.(*memo).text), awsSecret)
		requireEmpty(t, req.WorkDir)

		req.Mode, req.Saved = provisioner.Destroy, nil
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Len(t, result.Changes, 2)
		require.Nil(t, req.State.(*memo).text)
	})
}

// What a module says of its providers itself stays, but for what the request says.
func TestProviderBlocksOfAWS(t *testing.T) {
	t.Parallel()
	text := needsAWS + `
provider "aws" {
  region                   = "eu-north-1"
  shared_credentials_files = ["/nowhere"]
}
provider "aws" {
  alias      = "away"
  region     = "eu-north-1"
  access_key = "AKIAIOSFODNN7OTHERONE"
}
data "aws_region" "home" {}
data "aws_region" "away" { provider = aws.away }
data "aws_caller_identity" "home" {}
data "aws_caller_identity" "away" { provider = aws.away }
output "home" { value = "${data.aws_region.home.name} ${data.aws_caller_identity.home.arn}" }
output "away" { value = "${data.aws_region.away.name} ${data.aws_caller_identity.away.arn}" }
`
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver, endpoint := newAWSDriver(t, which), need.Env(t, "aws-endpoint", "TENON_AWS_ENDPOINT")
		req := request(t, bundle("src/main.tf", text), nil)
		req.Providers = twoAccounts(endpoint)
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, "eu-west-1 arn:aws:sts::111111111111:assumed-role/home/tenon-shop-dev.db", plan.Outputs["home"].Value)
		require.Equal(t, "us-west-2 arn:aws:sts::333333333333:assumed-role/second/tenon-shop-dev.db", plan.Outputs["away"].Value)

		// The settings of what the module does not declare are looked at, and nobody is asked.
		wrong := request(t, bundle("src/main.tf", needsAWS+"data \"aws_region\" \"a\" {}\n"), nil)
		wrong.Providers = map[string]provisioner.Provider{"aws": {Type: "aws-iam-role", Data: map[string]any{"arn": "arn:aws:iam::111111111111:role/home"}, Settings: map[string]any{"regoin": "x"}}}
		require.EqualError(t, driver.Validate(t.Context(), wrong, provisioner.Discard),
			`src: Extraneous JSON object property: No argument or block type is named "regoin". Did you mean "region"?`)
	})
}

// unzipped is what stands in the plan file of a saved plan.
func unzipped(t *testing.T, text []byte) string {
	t.Helper()
	var saved struct{ Plan []byte }
	require.NoError(t, json.Unmarshal(text, &saved))
	archive, err := zip.NewReader(bytes.NewReader(saved.Plan), int64(len(saved.Plan)))
	require.NoError(t, err)
	var all strings.Builder
	for _, file := range archive.File {
		entry, err := file.Open()
		require.NoError(t, err)
		_, err = io.Copy(&all, entry)
		require.NoError(t, err)
	}
	return all.String()
}

// What was changed past the tool is told, and taken in by import.
func TestDriftAndImportOfAWS(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver, endpoint := newAWSDriver(t, which), need.Env(t, "aws-endpoint", "TENON_AWS_ENDPOINT")
		name := "tenon-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		text := needsAWS + "variable \"name\" {}\nresource \"aws_ssm_parameter\" \"a\" {\n  name = var.name\n  type = \"String\"\n  value = \"a\"\n}\n"
		keys := map[string]provisioner.Provider{"aws": {
			Type: "aws-credentials@1", Data: map[string]any{"account": "123456789012", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": awsSecret, "region": "eu-west-1"},
			Settings: map[string]any{"endpoints": []any{map[string]any{"ssm": endpoint, "sts": endpoint}}},
		}}
		req := request(t, bundle("src/main.tf", text), map[string]any{"name": name})
		req.Providers = keys
		result, err := driver.Import(t.Context(), req, "aws_ssm_parameter.a", name, provisioner.Discard)
		require.ErrorContains(t, err, "src: import: Cannot import non-existent remote object")
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Nil(t, req.State.(*memo).text)

		ssm(t, endpoint, "PutParameter", map[string]any{"Name": name, "Value": "a", "Type": "String"})
		result, err = driver.Import(t.Context(), req, "aws_ssm_parameter.a", name, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []provisioner.Change{{Address: "aws_ssm_parameter.a", Type: "aws_ssm_parameter", Action: provisioner.Import}}, result.Changes)
		_, err = driver.Import(t.Context(), req, "aws_ssm_parameter.a", "x", provisioner.Discard)
		require.Equal(t, "already-managed", tenon.ProblemsOf(err)[0].Rule)

		ssm(t, endpoint, "PutParameter", map[string]any{"Name": name, "Value": "b", "Type": "String", "Description": "by hand", "Overwrite": true})
		state := req.State.(*memo)
		kept := state.text
		drift, err := driver.Drift(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []provisioner.Change{{Address: "aws_ssm_parameter.a", Type: "aws_ssm_parameter", Action: provisioner.Update, Attributes: []provisioner.Attribute{
			{Path: "description", Before: "", After: "by hand"}, {Path: "value", Sensitive: true}, {Path: "version", Before: json.Number("1"), After: json.Number("2")},
		}}}, drift.Changes)
		ssm(t, endpoint, "DeleteParameter", map[string]any{"Name": name})
		drift, err = driver.Drift(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []provisioner.Change{{Address: "aws_ssm_parameter.a", Type: "aws_ssm_parameter", Action: provisioner.Delete}}, drift.Changes)
		require.Equal(t, kept, state.text)
		requireEmpty(t, req.WorkDir)
	})
}

// ssm asks the emulator past the driver.
func ssm(t *testing.T, endpoint, action string, body any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, endpoint, bytes.NewReader(text))
	require.NoError(t, err)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/ssm/aws4_request, SignedHeaders=host, Signature=none")
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("X-Amz-Target", "AmazonSSM."+action)
	response, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer response.Body.Close()
	said, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, response.StatusCode, string(said))
}

// Credentials that are missing or have run out: the provider's own words, without secrets.
func TestBadCredentialsOfAWS(t *testing.T) {
	t.Parallel()
	expired := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>ExpiredToken</Code>`+
			`<Message>The security token `+awsSecret+` included in the request is expired</Message></Error><RequestId>1</RequestId></ErrorResponse>`)
	}))
	t.Cleanup(expired.Close)
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newAWSDriver(t, which)
		req := request(t, bundle("src/main.tf", needsAWS+"data \"aws_caller_identity\" \"a\" {}\n"), nil)
		settings := map[string]any{"endpoints": []any{map[string]any{"sts": expired.URL}}, "region": "eu-west-1", "max_retries": 1}
		req.Providers = map[string]provisioner.Provider{"aws": {
			Type: "aws-credentials", Data: map[string]any{"account": "123456789012", "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": awsSecret}, Settings: settings,
		}}
		_, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "ExpiredToken: The security token (sensitive) included in the request is expired")
		require.True(t, strings.HasPrefix(err.Error(), "src: "), err.Error())
		require.Equal(t, provisioner.Permanent, provisioner.ClassOf(err))
		requireEmpty(t, req.WorkDir)

		settings["shared_credentials_files"], settings["shared_config_files"] = []any{"/dev/null"}, []any{"/dev/null"}
		req.Providers = map[string]provisioner.Provider{"aws": {Type: "something-else", Settings: settings}}
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "No valid credential sources found")
		require.Equal(t, provisioner.Failed, result.Outcome)
	})
}
