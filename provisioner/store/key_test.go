package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// planted is a closed store with sealed values in it.
func planted(t *testing.T) (folder, key string) {
	t.Helper()
	folder = t.TempDir()
	st, err := store.Open(t.Context(), folder, nil)
	require.NoError(t, err)
	plant(t, st)
	require.NoError(t, st.Close())
	return folder, filepath.Join(folder, "key")
}

func TestKeyRefused(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, file, text string) {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	for _, test := range []struct {
		name   string
		change func(t *testing.T, key string)
		says   string
	}{
		{"missing", func(t *testing.T, key string) { require.NoError(t, os.Remove(key)) },
			"key %s: is missing: the structure of the store can be read, its sealed values cannot (put the key back there)"},
		{"open to others", func(t *testing.T, key string) { require.NoError(t, os.Chmod(key, 0o644)) },
			"key %s: other users can get at it (mode 0644) (chmod 600 %s; if somebody may have read it, its secrets are no longer secret)"},
		{"empty", func(t *testing.T, key string) { write(t, key, "# nothing\n\n") },
			"key %s: holds no key (put the key back from its copy)"},
		{"not a key", func(t *testing.T, key string) { write(t, key, "# key\n00000001 S3cret\n") },
			"key %s: line 2 is not a key (put the key back from its copy)"},
		{"too short", func(t *testing.T, key string) { write(t, key, "00000001 AAAA\n") },
			"key %s: line 1 is not a key (put the key back from its copy)"},
		{"a folder", func(t *testing.T, key string) {
			require.NoError(t, os.Remove(key))
			require.NoError(t, os.Mkdir(key, 0o700))
		}, "key %s: cannot be read: is a directory (make it readable for this user only)"},
		{"of another store", func(t *testing.T, key string) {
			_, other := planted(t)
			require.NoError(t, os.Rename(other, key))
		}, "key %s: does not open this store, it belongs to another one (put the store's own key there)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS == "windows" && test.name == "open to others" {
				t.Skip("no such modes")
			}
			folder, key := planted(t)
			test.change(t, key)
			_, err := store.Open(t.Context(), folder, nil)
			require.EqualError(t, err, strings.ReplaceAll(test.says, "%s", key))
			var wrong *store.KeyError
			require.ErrorAs(t, err, &wrong)
			require.Equal(t, test.name == "missing", wrong.Missing)
		})
	}
}

func TestWithoutKey(t *testing.T) {
	t.Parallel()
	folder, key := planted(t)
	require.NoError(t, os.Remove(key))
	st := open(t, folder, &store.Options{WithoutKey: true})
	ctx := t.Context()

	i, err := st.Instance(ctx, "shop/dev.data")
	require.NoError(t, err)
	require.True(t, i.Sealed)
	require.Equal(t, "1.2.3", i.Version)
	require.Equal(t, []string{"platform/shared.network"}, i.DependsOn)
	require.Equal(t, "terraform 1.11.4", i.Steps[0].Tool)
	require.Nil(t, i.Steps[0].Inputs)
	require.Equal(t, store.EnvVar{Secret: true}, i.Env["DB_PASSWORD"])
	artifacts, err := st.Artifacts(ctx)
	require.NoError(t, err)
	require.Equal(t, store.Artifact{Type: "postgresql", Version: "1.0.0", Digest: "hmac-sha256:a", Sensitive: []string{"/password"}, Sealed: true},
		artifacts["shop/dev.data.database"])
	deployments, err := st.Deployments(ctx, "shop/dev", 0)
	require.NoError(t, err)
	require.Equal(t, store.Failed, deployments[0].Status)
	require.Nil(t, deployments[0].Summary)
	require.Empty(t, st.MAC("shop", nil))

	_, state := st.State(ctx, "shop/dev.data", "main")
	_, locked := st.Lock(ctx, "shop/dev", "x")
	for _, err := range []error{state, locked, st.VerifyAudit(ctx), st.Audit(ctx, store.AuditEvent{})} {
		var missing *store.KeyError
		require.ErrorAs(t, err, &missing)
		require.True(t, missing.Missing)
		require.ErrorContains(t, err, "key of the store: the store was opened without it (only the structure can be read)")
	}
}

// A second key put on top of the file seals from then on; the first one still opens.
func TestKeyFileWithTwoKeys(t *testing.T) {
	t.Parallel()
	folder, key := planted(t)
	_, other := planted(t)
	first, err := os.ReadFile(key)
	require.NoError(t, err)
	second, err := os.ReadFile(other)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(key, append(second, first...), 0o600))
	st := open(t, folder, nil)
	state, err := st.State(t.Context(), "shop/dev.data", "main")
	require.NoError(t, err)
	require.Equal(t, secret("state"), string(state))
}

func TestKeyFileElsewhere(t *testing.T) {
	t.Parallel()
	folder, key := t.TempDir(), filepath.Join(t.TempDir(), "other.key")
	open(t, folder, &store.Options{KeyFile: key})
	require.FileExists(t, key)
	require.NoFileExists(t, filepath.Join(folder, "key"))
}

func FuzzKeyFile(f *testing.F) {
	const key = "00000001 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
	for _, seed := range []string{"", "# only words\n", key, "# comment\n\n" + key + key, "zz " + key, "00000001\n", "\x00\xff"} {
		f.Add([]byte(seed))
	}
	require.NoError(f, store.ParseKey([]byte(key)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := store.ParseKey(text); err != nil && err.Error() != "holds no key" {
			require.Regexp(t, `^line \d+ is not a key$`, err.Error())
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	st, err := store.Open(f.Context(), f.TempDir(), nil)
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, st.Close()) })
	for _, seed := range []string{"", "\x01", "\x01\x00\x00\x00\x01", "\x01\x00\x00\x00\x01" + strings.Repeat("x", 28), "\x02\x00\x00\x00\x01" + strings.Repeat("x", 40)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, envelope []byte) {
		_, err := st.Unseal(envelope)
		require.ErrorAs(t, err, new(*store.DamagedError))
	})
}
