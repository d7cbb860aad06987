package standard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/internal/value"
)

// typeFile is what the catalog keeps and does not act on yet.
type typeFile struct {
	Artifact string
	Version  string
	From     map[string]string
	Exports  map[string]struct{ File, Template string }
	text     string
}

func typeFiles(t *testing.T) []typeFile {
	t.Helper()
	names, err := filepath.Glob("types/*.yaml")
	require.NoError(t, err)
	var files []typeFile
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		file := typeFile{text: string(text)}
		require.NoError(t, yaml.Unmarshal(text, &file))
		if file.Artifact != "" {
			files = append(files, file)
		}
	}
	require.NotEmpty(t, files)
	return files
}

// resources are attributes as the provider writes them into a state, the parts that
// matter.
var resources = map[string]string{
	"aws_db_instance": `{"address": "shop.c1a2b3c4d5e6.eu-west-1.rds.amazonaws.com", "port": 5432, "db_name": "shop", "username": "shop",
		"engine_version_actual": "16.4", "arn": "arn:aws:rds:eu-west-1:123456789012:db:shop", "iam_database_authentication_enabled": false}`,
	"aws_iam_role":  `{"arn": "arn:aws:iam::123456789012:role/platform", "name": "platform"}`,
	"aws_s3_bucket": `{"bucket": "shop-images", "region": "eu-west-1", "arn": "arn:aws:s3:::shop-images"}`,
	"aws_sqs_queue": `{"url": "https://sqs.eu-west-1.amazonaws.com/123456789012/events", "name": "events", "fifo_queue": false,
		"arn": "arn:aws:sqs:eu-west-1:123456789012:events"}`,
}

// What is harvested from a resource is an artifact of the type.
func TestHarvestIsValid(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	var seen []string
	for _, file := range typeFiles(t) {
		for resource, text := range file.From {
			require.Contains(t, resources, resource, "a new resource needs its attributes here")
			expression, err := expr.Compile(text)
			require.NoError(t, err, "%s: %s", file.Artifact, resource)
			var attributes any
			require.NoError(t, json.Unmarshal([]byte(resources[resource]), &attributes))
			normal, err := value.Normal(attributes)
			require.NoError(t, err)
			found, err := expression.Run(t.Context(), normal)
			require.NoError(t, err, "%s: %s", file.Artifact, resource)
			_, err = artifacts.New(catalog.Version(file.Artifact, file.Version), found)
			require.NoError(t, err, "%s: %s", file.Artifact, resource)
			seen = append(seen, resource)
		}
	}
	slices.Sort(seen)
	require.Equal(t, []string{"aws_db_instance", "aws_iam_role", "aws_s3_bucket", "aws_sqs_queue"}, seen)
}

// Exports name fields that there are and none that is secret; at least one example of the
// type fills each.
func TestExports(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	for _, file := range typeFiles(t) {
		typ := catalog.Version(file.Artifact, file.Version)
		require.NotEmpty(t, file.Exports, typ)
		for name, export := range file.Exports {
			require.True(t, filepath.IsLocal(export.File), export.File)
			template, err := artifacts.ParseTemplate(export.Template)
			require.NoError(t, err)
			for _, field := range template.Fields() {
				require.True(t, typ.Declares(field), "%s: %s names %s", typ, name, field)
				require.False(t, slices.ContainsFunc(typ.Sensitive(), func(p tenon.Path) bool { return value.Overlaps(p, field) }), "%s: %s gives %s away", typ, name, field)
			}
			filled := 0
			for _, example := range typ.Examples() {
				_, ok, err := template.Render(example, nil)
				require.NoError(t, err)
				if ok {
					filled++
				}
			}
			require.Positive(t, filled, "%s: %s", typ, name)
		}
	}
}

// Facts about a provider have their source beside them: in each block of statements, of
// SQL, and of expressions over its resources.
func TestFactsHaveSources(t *testing.T) {
	t.Parallel()
	for _, file := range typeFiles(t) {
		grants, from := strings.Index(file.text, "\ngrants:"), strings.Index(file.text, "\nfrom:")
		if from >= 0 {
			block, _, _ := strings.Cut(file.text[from:], "\nexports:")
			require.Contains(t, block, "# Source: ", "%s: from", file.Artifact)
		}
		if grants >= 0 && (strings.Contains(file.text, "aws:\n") || strings.Contains(file.text, "sql: ")) {
			end := len(file.text)
			if from > grants {
				end = from
			}
			before := strings.LastIndex(file.text[:grants], "\n    ") // the comment stands above
			require.Contains(t, file.text[before:end], "# Source: ", "%s: grants", file.Artifact)
		}
	}
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	for definition, documents := range map[string]struct{ right, wrong []string }{
		"cidr":       {[]string{"10.0.0.0/8", "0.0.0.0/0", "192.168.255.0/24"}, []string{"10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/8 ", "fd00::/8"}},
		"hostname":   {[]string{"db", "db.internal", "10.0.0.1", "fd00::1"}, []string{"", "-db", "db internal", "https://db"}},
		"aws-arn":    {[]string{"arn:aws:s3:::images", "arn:aws-cn:sqs:cn-north-1:123456789012:q", "arn:aws-us-gov:iam::123456789012:role/x"}, []string{"images", "arn:aws:s3:::", "arn:gcp:s3:::x", "arn:aws:sqs:eu-west-1:12:q"}},
		"aws-region": {[]string{"eu-west-1", "us-gov-east-1"}, []string{"eu", "EU-WEST-1", "eu-west-1a"}},
	} {
		catalog, err := artifacts.Load(standard.FS(), oneField(definition))
		require.NoError(t, err)
		typ := catalog.Version("one-field", "1.0.0")
		for _, text := range documents.right {
			require.NoError(t, typ.Validate(map[string]any{"field": text}), definition)
		}
		for _, text := range documents.wrong {
			require.Error(t, typ.Validate(map[string]any{"field": text}), "%s: %q", definition, text)
		}
	}
}

func oneField(definition string) fstest.MapFS {
	example := map[string]string{"cidr": "10.0.0.0/8", "hostname": "db", "aws-arn": "arn:aws:s3:::images", "aws-region": "eu-west-1"}[definition]
	return fstest.MapFS{"one.yaml": {Data: fmt.Appendf(nil, "artifact: one-field\nversion: 1.0.0\ntitle: One field\nschema: {properties: {field: {$ref: \"types:%s\"}}}\nexamples: [{field: %q}]\n", definition, example)}}
}

// Attributes that harvest expressions read are the provider's own: its schema is the proof.
func TestHarvestReadsRealAttributes(t *testing.T) {
	t.Parallel()
	attributes := providerAttributes(t, need.Tool(t, "terraform"), need.Env(t, "aws-mirror", "TENON_TF_MIRROR"))
	read := regexp.MustCompile(`(^|[^\w"])\.([a-z_]+)`)
	checked := 0
	for _, file := range typeFiles(t) {
		for resource, expression := range file.From {
			require.Contains(t, attributes, resource)
			for _, match := range read.FindAllStringSubmatch(expression, -1) {
				require.Contains(t, attributes[resource], match[2], "%s: %s", file.Artifact, resource)
				checked++
			}
		}
	}
	require.Greater(t, checked, 10)
}

// providerAttributes asks the AWS provider for the attributes of its resources.
func providerAttributes(t *testing.T, terraform, mirror string) map[string]map[string]any {
	t.Helper()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("main.tf", "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n")
	config := write("cli.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror { path = %q }\n}\n", mirror))
	run := func(arguments ...string) []byte {
		command := exec.CommandContext(t.Context(), terraform, append([]string{"-chdir=" + folder}, arguments...)...)
		command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
		output, err := command.Output()
		require.NoError(t, err, string(output))
		return output
	}
	run("init", "-input=false", "-no-color")
	var schemas struct {
		Providers map[string]struct {
			Resources map[string]struct {
				Block struct {
					Attributes map[string]any `json:"attributes"`
				} `json:"block"`
			} `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	require.NoError(t, json.Unmarshal(run("providers", "schema", "-json"), &schemas))
	attributes := map[string]map[string]any{}
	for _, provider := range schemas.Providers {
		for name, resource := range provider.Resources {
			attributes[name] = resource.Block.Attributes
		}
	}
	return attributes
}
