package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/leak"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// secret is a value that must not be found; its characters change under JSON, HTML and
// base64.
func secret(name string) string { return `S3cret<"` + name + `">&\` }

// full is an instance with a secret in every place that may hold one.
func full(address string) store.Instance {
	return store.Instance{
		Address: address, Environment: "shop/dev", Component: "db", Bundle: "postgres", Version: "1.2.3", Files: "sha256:f", Status: "deployed",
		Digest: "hmac-sha256:i", Protected: true, Deployment: "d-1", Applied: at(1), Params: map[string]any{"token": secret("param")},
		DependsOn: []string{"platform/shared.network"}, Uses: []string{"platform/shared.network.network"},
		Steps: []store.Step{{
			Name: "main", Path: "src", Driver: "terraform", DriverVersion: "", Tool: "terraform 1.11.4", Status: "done", KeepOnDestroy: true, Digest: "hmac-sha256:s", Files: "sha256:f", Implicit: true,
			Secret:  []string{"password"},
			Inputs:  map[string]any{"password": secret("input"), "size": json.Number("12345678901234567890"), "nothing": nil},
			Config:  map[string]any{"token": []any{secret("config"), true}},
			Outputs: map[string]provisioner.Output{"url": {Value: map[string]any{"inner": secret("output")}, Sensitive: true}},
		}, {Name: "second"}},
		Artifacts: map[string]store.Artifact{
			"database": {Type: "postgresql", Version: "1.0.0", Digest: "hmac-sha256:a", Sensitive: []string{"/password"}, Data: map[string]any{"password": secret("artifact")}},
		},
		Env: map[string]store.EnvVar{"DB_PASSWORD": {Value: secret("env"), Secret: true}, "DB_HOST": {Value: "db.internal"}},
	}
}

var secretNames = []string{"param", "input", "config", "output", "artifact", "env", "state", "plan", "summary"}

// plant writes every secret into a store.
func plant(t *testing.T, st *store.Store) {
	t.Helper()
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	require.NoError(t, lease.Begin(ctx, store.Deployment{ID: "d-1", Kind: "deploy", Order: []string{"shop/dev.db"}}))
	require.NoError(t, lease.SaveInstance(ctx, full("shop/dev.db")))
	require.NoError(t, lease.SaveState(ctx, "shop/dev.db", "main", []byte(secret("state"))))
	require.NoError(t, lease.SavePlan(ctx, "sha256:p", "shop/dev.db", "main", []byte(secret("plan"))))
	require.NoError(t, lease.Finish(ctx, "d-1", store.Failed, []byte(secret("summary"))))
	require.NoError(t, lease.Rename(ctx, "shop/dev.db", "shop/dev.data"))
	require.NoError(t, lease.Release())
}

func TestNoSecretInAnyFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st, err := store.Open(t.Context(), folder, nil)
	require.NoError(t, err)
	plant(t, st)
	var secrets []string
	for _, name := range secretNames {
		secrets = append(secrets, secret(name))
	}
	require.Empty(t, leak.InFolder(t, folder, secrets...), "open, with the write-ahead log")
	require.NoError(t, st.Close())
	require.Empty(t, leak.InFolder(t, folder, secrets...), "closed")
	require.NotEmpty(t, leak.InFolder(t, folder, "platform/shared.network"), "what is not sealed is found")
}

// A value that was moved to another place does not open there.
func TestSealedValuesKeepTheirPlace(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"state to another address": `UPDATE states SET address = 'shop/dev.other'`,
		"artifact from another":    `UPDATE artifacts SET sealed = (SELECT sealed FROM states)`,
		"of another project":       `UPDATE states SET address = 'bank/dev.other'`,
		"cut short":                `UPDATE states SET address = 'shop/dev.other', sealed = substr(sealed, 1, 3)`,
		"another key":              `UPDATE states SET address = 'shop/dev.other', sealed = x'0100000007' || substr(sealed, 6)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			st := open(t, folder, nil)
			plant(t, st)
			byHand(t, folder, statement)
			_, first := st.State(t.Context(), "shop/dev.other", "main")
			_, second := st.State(t.Context(), "bank/dev.other", "main")
			_, third := st.Artifacts(t.Context())
			err := errors.Join(first, second, third)
			require.ErrorAs(t, err, new(*store.DamagedError))
			require.ErrorContains(t, err, "is not what was sealed there (put the store back from a backup)")
			require.NotContains(t, err.Error(), "S3cret")
		})
	}
}

func TestEqualValuesAreSealedDifferently(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	lease := lock(t, st, "shop/dev")
	for _, step := range []string{"a", "b"} {
		require.NoError(t, lease.SaveState(t.Context(), "shop/dev.db", step, []byte("the same")))
	}
	require.Equal(t, 2, st.Count(t, `SELECT COUNT(DISTINCT sealed) FROM states`))
}

// reverse is a key service of another process: it sees the root key only.
type reverse struct{ calls int }

func (r *reverse) Encrypt(plain, associated []byte) ([]byte, error) {
	r.calls++
	return append(bytes.Clone(associated), turned(plain)...), nil
}

func (r *reverse) Decrypt(sealed, associated []byte) ([]byte, error) {
	r.calls++
	if !bytes.HasPrefix(sealed, associated) {
		return nil, errors.New("key service: access denied")
	}
	return turned(sealed[len(associated):]), nil
}

func turned(b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out
}

type denied struct{ reverse }

func (*denied) Decrypt(_, _ []byte) ([]byte, error) {
	return nil, errors.New("key service: access denied")
}

func TestSealerOfTheCaller(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	sealer := &reverse{}
	st, err := store.Open(t.Context(), folder, &store.Options{Sealer: sealer})
	require.NoError(t, err)
	plant(t, st)
	require.Equal(t, 1, sealer.calls, "asked for the root key, not for each value")
	require.NoError(t, st.Close())
	require.NoFileExists(t, filepath.Join(folder, "key"))

	again := open(t, folder, &store.Options{Sealer: sealer})
	state, err := again.State(t.Context(), "shop/dev.data", "main")
	require.NoError(t, err)
	require.Equal(t, secret("state"), string(state))

	_, err = store.Open(t.Context(), folder, &store.Options{Sealer: &denied{}})
	require.ErrorAs(t, err, new(*store.KeyError))
	require.EqualError(t, err, "key of the store: the sealer does not open it (give the sealer that the store was made with): key service: access denied")
}

func TestMAC(t *testing.T) {
	t.Parallel()
	a, b := open(t, t.TempDir(), nil), open(t, t.TempDir(), nil)
	require.Regexp(t, `^hmac-sha256:[0-9a-f]{64}$`, a.MAC("shop", []byte("weak")))
	require.Equal(t, a.MAC("shop", []byte("weak")), a.MAC("shop", []byte("weak")))
	require.NotEqual(t, a.MAC("shop", []byte("weak")), a.MAC("shop", []byte("week")))
	require.NotEqual(t, a.MAC("shop", []byte("weak")), a.MAC("bank", []byte("weak")), "a key for each project")
	require.NotEqual(t, a.MAC("shop", []byte("weak")), b.MAC("shop", []byte("weak")), "and for each store")
}

func TestFilesAreNotSealed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	require.NoError(t, st.PutFiles(t.Context(), "sha256:f", fstest.MapFS{"main.tf": {Data: []byte("# public")}}))
	require.NoError(t, os.Remove(filepath.Join(folder, "key")))
	structure := open(t, folder, &store.Options{WithoutKey: true})
	files, err := structure.Files(t.Context(), "sha256:f")
	require.NoError(t, err)
	content, err := files.Open("main.tf")
	require.NoError(t, err)
	require.NoError(t, content.Close())
}
