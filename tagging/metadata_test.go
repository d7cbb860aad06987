package tagging_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/tagging"
)

func TestMetadataDocument(t *testing.T) {
	t.Parallel()
	m := tagging.Metadata{
		Organization: "acme", Project: "shop", Environment: "dev", Component: "db", Instance: "shop/dev.db", Account: "000000000000",
		Region: "eu-west-1", Bundle: "postgres", Version: "1.4.0", NamePrefix: "shop-dev-db", Tags: tagging.Tags{"team": "commerce"},
	}
	require.Equal(t, map[string]any{
		"organization": "acme", "project": "shop", "environment": "dev", "component": "db", "instance": "shop/dev.db", "account": "000000000000",
		"region": "eu-west-1", "bundle": "postgres", "version": "1.4.0", "name_prefix": "shop-dev-db", "tags": map[string]any{"team": "commerce"},
	}, m.Document())

	// The document is what the JSON says.
	text, err := json.Marshal(m)
	require.NoError(t, err)
	document, err := json.Marshal(m.Document())
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(document))
}

func TestMetadataDocumentHasEveryKey(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]any{
		"organization": "", "project": "", "environment": "", "component": "", "instance": "", "account": "",
		"region": "", "bundle": "", "version": "", "name_prefix": "", "tags": map[string]any{},
	}, tagging.Metadata{}.Document())
}

func TestMetadataDocumentIsACopy(t *testing.T) {
	t.Parallel()
	m := tagging.Metadata{Tags: tagging.Tags{"team": "commerce"}}
	m.Document()["tags"].(map[string]any)["team"] = "changed"
	require.Equal(t, "commerce", m.Tags["team"])
}

func TestRunEnviron(t *testing.T) {
	t.Parallel()
	require.Empty(t, tagging.Run{}.Environ())
	require.Equal(t, []string{"TENON_TIME=2026-11-23T15:04:05Z"}, tagging.Run{Time: "2026-11-23T15:04:05Z"}.Environ())
}
