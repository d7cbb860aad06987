package standard_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
)

var clouds = []string{"aws", "azure", "gcp", "kubernetes", "neutral"}

var categories = []string{
	"cache", "certificate", "compute", "credentials", "database", "dns", "identity", "integration", "messaging", "ml",
	"network", "observability", "registry", "secret", "storage",
}

// typeFile is a file of the catalog as it was written.
type typeFile struct {
	Artifact string
	From     map[string]string
	Grants   map[string]map[string]any
	cloud    string
	category string
	text     string
}

func typeFiles(t *testing.T) []typeFile {
	t.Helper()
	var files []typeFile
	require.NoError(t, fs.WalkDir(os.DirFS("types"), ".", func(name string, entry fs.DirEntry, err error) error {
		require.NoError(t, err)
		if entry.IsDir() || name == "shared.yaml" {
			return nil
		}
		steps := strings.Split(name, "/")
		require.Len(t, steps, 3, "%s: CLOUD/CATEGORY/NAME.yaml", name)
		text, err := os.ReadFile(filepath.Join("types", name))
		require.NoError(t, err)
		file := typeFile{cloud: steps[0], category: steps[1], text: string(text)}
		require.NoError(t, yaml.Unmarshal(text, &file), name)
		require.Equal(t, file.Artifact+".yaml", path.Base(name))
		files = append(files, file)
		return nil
	}))
	require.NotEmpty(t, files)
	return files
}

// A type lies in the folder of its cloud and category, and its name says the cloud.
func TestLayout(t *testing.T) {
	t.Parallel()
	for _, file := range typeFiles(t) {
		require.Contains(t, clouds, file.cloud, file.Artifact)
		require.Contains(t, categories, file.category, file.Artifact)
		if file.cloud != "neutral" && file.Artifact != "kubernetes-cluster" {
			require.True(t, strings.HasPrefix(file.Artifact, file.cloud+"-"), "%s in %s", file.Artifact, file.cloud)
		}
	}
}

// Facts about a provider have their source beside them: in or right above each block of
// grants, and in each block of expressions over its resources.
func TestFactsHaveSources(t *testing.T) {
	t.Parallel()
	for _, file := range typeFiles(t) {
		if len(file.From) > 0 {
			require.Contains(t, section(file.text, "from"), "# Source: ", "%s: from", file.Artifact)
		}
		if granted(file) {
			require.Contains(t, section(file.text, "grants"), "# Source: ", "%s: grants", file.Artifact)
		}
	}
}

func granted(file typeFile) bool {
	for _, grant := range file.Grants {
		for _, platform := range []string{"aws", "azure", "gcp", "kubernetes", "sql"} {
			if grant[platform] != nil {
				return true
			}
		}
	}
	return false
}

// section is the text of a key at the top, with the comments right above it.
func section(text, key string) string {
	lines := strings.Split(text, "\n")
	begin := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, key+":") })
	if begin < 0 {
		return ""
	}
	end := begin + 1
	for end < len(lines) && (strings.HasPrefix(lines[end], " ") || strings.HasPrefix(lines[end], "#") || lines[end] == "") {
		end++
	}
	for begin > 0 && strings.HasPrefix(lines[begin-1], "#") {
		begin--
	}
	return strings.Join(lines[begin:end], "\n")
}

func TestDefinitions(t *testing.T) {
	t.Parallel()
	for definition, documents := range map[string]struct{ right, wrong []string }{
		"cidr":            {[]string{"10.0.0.0/8", "0.0.0.0/0", "192.168.255.0/24"}, []string{"10.0.0.0", "10.0.0/8", "10.0.0.0/33", "10.0.0.0/8 ", "fd00::/8", "10.256.0.0/16", "999.0.0.0/8"}},
		"hostname":        {[]string{"db", "db.internal", "10.0.0.1", "fd00::1"}, []string{"", "-db", "db internal", "https://db"}},
		"aws-arn":         {[]string{"arn:aws:s3:::images", "arn:aws-cn:sqs:cn-north-1:123456789012:q", "arn:aws-us-gov:iam::123456789012:role/x"}, []string{"images", "arn:aws:s3:::", "arn:gcp:s3:::x", "arn:aws:sqs:eu-west-1:12:q"}},
		"aws-region":      {[]string{"eu-west-1", "us-gov-east-1"}, []string{"eu", "EU-WEST-1", "eu-west-1a"}},
		"kms-key-arn":     {[]string{"arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"}, []string{"alias/shop", "arn:aws:s3:::images"}},
		"url":             {[]string{"https://api.shop.example/x", "http://localhost:8080"}, []string{"api.shop.example", "ftp://x", "https://a b"}},
		"gcp-project":     {[]string{"shop-1234"}, []string{"shop", "Shop-1234", "shop-1234-", "1shop-1234"}},
		"azure-id":        {[]string{"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/shop"}, []string{"/subscriptions/x", "shop"}},
		"kubernetes-name": {[]string{"shop", "shop.db-0"}, []string{"Shop", "-shop", "shop-"}},
		"domain":          {[]string{"shop.example", "*.shop.example", "_acme.shop.example"}, []string{"shop example", "shop.example.", ".example"}},
	} {
		text := fmt.Sprintf("artifact: one-field\nversion: 1.0.0\ntitle: One field\nschema: {properties: {field: {$ref: \"types:%s\"}}}\nexamples: [{}]\n", definition)
		shared, err := fs.ReadFile(standard.FS(), "shared.yaml")
		require.NoError(t, err)
		catalog, err := artifacts.Load(fstest.MapFS{"shared.yaml": {Data: shared}, "one.yaml": {Data: []byte(text)}})
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
