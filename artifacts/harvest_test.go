package artifacts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
)

const databaseType = `artifact: sql
version: 1.0.0
title: SQL
schema: {type: object, required: [host], properties: {host: {type: string, minLength: 1}, port: {type: integer}, password: {type: string, x-sensitive: true}}}
from: {aws_db_instance: '{host: .address, port: .port}'}
examples: [{host: db}]
`

const postgresType = `artifact: postgres
version: 1.0.0
title: PostgreSQL
isA: [sql@1]
schema: {type: object, required: [host, port], properties: {host: {type: string, minLength: 1}, port: {type: integer}, password: {type: string, x-sensitive: true}}}
from: {aws_db_instance: 'if .engine == "postgres" then {host: .address, port: .port, password: .password} else null end'}
examples: [{host: db, port: 5432}]
`

func harvestCatalog(t testing.TB) *artifacts.Catalog {
	t.Helper()
	catalog, err := artifacts.Load(fstest.MapFS{"sql.yaml": {Data: []byte(databaseType)}, "postgres.yaml": {Data: []byte(postgresType)}})
	require.NoError(t, err)
	return catalog
}

const stateText = `{"version": 4, "terraform_version": "1.11.4", "resources": [
  {"mode": "managed", "type": "aws_db_instance", "name": "main", "module": "module.db", "instances": [
    {"index_key": 0, "attributes": {"engine": "postgres", "address": "db-0.internal", "port": 5432, "password": "correct-horse"}},
    {"index_key": 1, "attributes": {"engine": "mysql", "address": "db-1.internal", "port": 3306, "password": null}},
    {"index_key": 2, "deposed": "abc", "attributes": {"engine": "mysql", "address": "old"}}]},
  {"mode": "managed", "type": "aws_db_instance", "name": "empty", "instances": [{"attributes": {"engine": "postgres", "address": "", "port": null}}]},
  {"mode": "data", "type": "aws_db_instance", "name": "other", "instances": [{"attributes": {"engine": "postgres", "address": "x", "port": 1}}]},
  {"mode": "managed", "type": "time_sleep", "name": "wait", "instances": [{"index_key": "a\"b", "attributes": {"id": "x"}}]}]}`

func ExampleCatalog_FromState() {
	catalog, err := artifacts.Load(fstest.MapFS{"sql.yaml": {Data: []byte(databaseType)}, "postgres.yaml": {Data: []byte(postgresType)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := catalog.FromState(context.Background(), []byte(stateText))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range found {
		if f.Valid() {
			fmt.Println(f.Address, f.Artifact)
		} else {
			fmt.Println(f.Address, f.Type, f.Problems.Error())
		}
	}
	// Output:
	// aws_db_instance.empty postgres@1.0.0 host: must have at least 1 character
	// port: is required
	// aws_db_instance.empty sql@1.0.0 host: must have at least 1 character
	// module.db.aws_db_instance.main[0] postgres@1.0.0 {"host":"db-0.internal","password":"(sensitive)","port":5432}
	// module.db.aws_db_instance.main[0] sql@1.0.0 {"host":"db-0.internal","port":5432}
	// module.db.aws_db_instance.main[1] sql@1.0.0 {"host":"db-1.internal","port":3306}
}

func TestFromShow(t *testing.T) {
	t.Parallel()
	catalog := harvestCatalog(t)
	shown := `{"format_version": "1.0", "values": {"root_module": {"resources": [], "child_modules": [{"resources": [
	  {"address": "module.db.aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "values": {"engine": "postgres", "address": "db", "port": 5432}}]}]}}}`
	found, err := catalog.FromState(t.Context(), []byte(shown))
	require.NoError(t, err)
	require.Len(t, found, 2)
	require.Equal(t, "postgres", found[0].Type.Name())
	require.True(t, found[0].Valid())

	plan := `{"format_version": "1.2", "planned_values": {"root_module": {"resources": [
	  {"address": "aws_db_instance.main", "mode": "managed", "type": "aws_db_instance", "values": {"engine": "postgres", "port": 5432}}]}},
	  "resource_changes": [{"address": "aws_db_instance.main", "change": {"after_unknown": {"address": true, "id": true}}}]}`
	found, err = catalog.FromPlan(t.Context(), []byte(plan))
	require.NoError(t, err)
	require.Equal(t, []string{"address"}, found[0].Unknown)
	require.False(t, found[0].Valid())
	require.Equal(t, "host: is required", found[0].Problems.Error())

	empty, err := catalog.FromState(t.Context(), []byte(`{"format_version": "1.0"}`))
	require.NoError(t, err)
	require.Empty(t, empty)
	for text, want := range map[string]string{
		`{"version": 3}`: "the state has version 3", `[]`: "the state cannot be read", `{`: "the state cannot be read", plan: "it is a plan, not a state",
		`{"version": 4, "resources": [{"mode": "managed", "type": "a", "instances": [{"attributes": {"a": 1e99999}}]}]}`: "",
	} {
		_, err := catalog.FromState(t.Context(), []byte(text))
		if want != "" {
			require.ErrorContains(t, err, want)
		}
	}
	_, err = catalog.FromPlan(t.Context(), []byte(stateText))
	require.ErrorContains(t, err, "it is no plan")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = catalog.FromState(ctx, []byte(stateText))
	require.ErrorIs(t, err, context.Canceled)
}

func TestImportFile(t *testing.T) {
	t.Parallel()
	found, err := harvestCatalog(t).FromState(t.Context(), []byte(stateText))
	require.NoError(t, err)
	for _, f := range found {
		text, err := f.ImportFile("old-db")
		if !f.Valid() {
			require.Error(t, err)
			continue
		}
		require.NoError(t, err)
		require.NotContains(t, string(text), "correct-horse")
		if f.Type.Name() == "postgres" {
			require.Equal(t, `{
  "data": {
    "host": "db-0.internal",
    "port": 5432
  },
  "import": "old-db",
  "secrets": {
    "password": {
      "env": "OLD_DB_PASSWORD"
    }
  },
  "type": "postgres@1.0.0"
}
`, string(text))
		}
	}
}

func TestHarvestMistakes(t *testing.T) {
	t.Parallel()
	_, err := artifacts.Load(fstest.MapFS{"sql.yaml": {Data: []byte(strings.Replace(databaseType, ".port}'", ".port | now}'", 1))}})
	require.ErrorContains(t, err, "sql.yaml:5:25: from.aws_db_instance: the function now cannot be used")
	catalog, err := artifacts.Load(fstest.MapFS{"sql.yaml": {Data: []byte(strings.Replace(databaseType, "{host: .address, port: .port}", "{host: (.address | tonumber)}", 1))}})
	require.NoError(t, err)
	found, err := catalog.FromState(t.Context(), []byte(stateText))
	require.NoError(t, err)
	require.Equal(t, "harvest-failed", found[0].Problems[0].Rule)
	require.NotContains(t, found[0].Problems.Error(), "internal")
}

func FuzzFromState(f *testing.F) {
	f.Add([]byte(stateText))
	f.Add([]byte(`{"format_version":"1.0","values":{"root_module":{"child_modules":[{"child_modules":[{}]}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		catalog := harvestCatalog(t)
		found, err := catalog.FromState(t.Context(), data)
		_, _ = catalog.FromPlan(t.Context(), data)
		if err != nil {
			return
		}
		for _, f := range found {
			require.NotEqual(t, f.Valid(), len(f.Problems) > 0)
		}
	})
}
