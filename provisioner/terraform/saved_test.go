package terraform_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// A plan is saved without credentials, and applied with those of the request that applies
// it: the fake hands out a plan file with the configuration in it, as both tools do, and
// keeps the one that it is to apply.
func TestSavedPlanHasFreshCredentials(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	given, seen := filepath.Join(folder, "given"), filepath.Join(folder, "seen")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `
case $1 in
plan) for a; do case $a in -out=*) /bin/cp `+given+` ${a#-out=} ;; esac; done ;;
apply) for last; do :; done; /bin/cp $last `+seen+`; echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}' ;;
esac`)})
	files := bundle("src/main.tf", "provider \"aws\" {}\nresource \"aws_vpc\" \"a\" {\n  provider = aws.away\n}\n")
	req := request(t, files, nil)
	keys := func(secret string) map[string]provisioner.Provider {
		document := map[string]any{"account": "1", "accessKeyId": "AKIA", "secretAccessKey": secret}
		return map[string]provisioner.Provider{"aws": {Type: "aws-credentials", Data: document}, "aws.away": {Type: "aws-credentials", Data: document}}
	}
	var archive bytes.Buffer
	to := zip.NewWriter(&archive)
	for name, text := range map[string]string{
		"tfplan": "binary", "tfconfig/m-/main.tf": "# module", "tfconfig/m-m/zz_tenon_credentials.tf.json": "# of a called module",
		"tfconfig/m-/zz_tenon_credentials.tf.json": "first-secret", "tfconfig/m-/zz_tenon_credentials_override.tf.json": "first-secret",
	} {
		file, err := to.Create(name)
		require.NoError(t, err)
		_, err = file.Write([]byte(text))
		require.NoError(t, err)
	}
	require.NoError(t, to.Close())
	require.NoError(t, os.WriteFile(given, archive.Bytes(), 0o600))

	req.Providers = keys("first-secret")
	plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.NotContains(t, unzipped(t, plan.Saved), "first-secret")

	req.Saved, req.Providers = plan.Saved, keys("second-secret")
	_, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	applied, err := os.ReadFile(seen)
	require.NoError(t, err)
	wrapped, err := json.Marshal(map[string]any{"plan": applied})
	require.NoError(t, err)
	text := unzipped(t, wrapped)
	require.Contains(t, text, `{"provider":{"aws":[{"access_key":"AKIA","alias":"away","allowed_account_ids":["1"],"secret_key":"second-secret"}]}}`)
	require.Contains(t, text, `{"provider":{"aws":[{"access_key":"AKIA","allowed_account_ids":["1"],"secret_key":"second-secret"}]}}`)
	require.Contains(t, text, "# of a called module")
	require.Contains(t, text, "binary")
	requireEmpty(t, req.WorkDir)

	// One that is no zip file, such as an encrypted one, is left as it is.
	require.NoError(t, os.WriteFile(given, []byte("encrypted"), 0o600))
	req.Saved = nil
	plan, err = driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	req.Saved = plan.Saved
	_, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	applied, err = os.ReadFile(seen)
	require.NoError(t, err)
	require.Equal(t, "encrypted", string(applied))
}
