package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

func TestEstate(t *testing.T) {
	t.Parallel()
	estate := load(t, with(t, txtar.File{Name: "organization.yaml", Text: "organization: acme\nstore: postgres://db/tenon\n"}))
	require.Equal(t, "acme", estate.Organization())
	require.Equal(t, "postgres://db/tenon", estate.Store())
	require.Equal(t, []string{"platform", "shop"}, estate.Projects())
	name, ok := estate.ProjectAt("projects/shop")
	require.True(t, ok)
	require.Equal(t, "shop", name)
	_, ok = estate.ProjectAt("projects")
	require.False(t, ok)
	var bundles []string
	for _, b := range estate.Bundles() {
		bundles = append(bundles, b.String())
	}
	require.Equal(t, []string{"network@1.0.0", "api@2.1.0", "postgres@1.4.2", "queue@1.0.3"}, bundles)
}

func TestFileSchemas(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"organization", "project", "environment", "import"} {
		data, ok := graph.FileSchema(kind)
		require.True(t, ok, kind)
		require.True(t, json.Valid(data), kind)
	}
	_, ok := graph.FileSchema("bundle")
	require.False(t, ok)
}

// A default that others share is no mistake of an environment that has no use for it.
func TestSharedDefaults(t *testing.T) {
	t.Parallel()
	organization := txtar.File{Name: "organization.yaml", Text: `organization: acme
defaults:
  account: imported:account
  bucket: data/prod.lake.objects
`}
	data := []txtar.File{
		{Name: "projects/data/project.yaml", Text: "project: data\ncomponents: {lake: {bundle: lake}}\n"},
		{Name: "projects/data/environments/prod.yaml", Text: "environment: prod\n"},
		{Name: "projects/data/bundles/lake/bundle.yaml", Text: "bundle: lake\nversion: 1.0.0\nartifacts: {objects: {type: aws-credentials@1, value: .outputs.x}}\nsteps: [{name: main, path: src, driver: terraform}]\n"},
		{Name: "imports/account.yaml", Text: "import: account\ntype: aws-credentials@1\ndata: {account: \"123456789012\", roleArn: \"arn:aws:iam::123456789012:role/x\"}\n"},
	}
	env := resolve(t, with(t, append(data, organization)...), "shop/dev", nil)
	require.Empty(t, env.Imports(), "neither imported nor allowed, and not needed")
}

// Thousands of mistakes in a project of thousands of components are told in seconds: the
// first with the name that was meant.
func TestManyMistakes(t *testing.T) {
	t.Parallel()
	files := wide(1500)
	const project = "projects/shop/project.yaml"
	files.Set(project, strings.ReplaceAll(files.Get(project), ".out -> i", ".out -> j"))
	_, err := graph.Resolve(load(t, files), "shop/dev", nil)
	var problems tenon.Problems
	require.ErrorAs(t, err, &problems)
	require.Len(t, problems, 3*1499)
	require.Equal(t, `did you mean "i00001"?`, problems[0].Hint)
	require.Empty(t, problems[len(problems)-1].Hint)
}
