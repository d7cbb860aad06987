package install_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
	"github.com/tenon-sdk/tenon/provisioner/terraform/install"
)

// releases is a mirror of HashiCorp's releases with a few versions, signed with a key of its
// own. The binaries are scripts that say their version.
type releases struct {
	*httptest.Server
	key    string
	asked  atomic.Int32 // for archives
	signer *openpgp.Entity
	spoil  atomic.Bool
}

func mirror(t *testing.T, versions ...string) *releases {
	t.Helper()
	r := &releases{}
	var err error
	r.signer, err = openpgp.NewEntity("test", "", "test@example.org", nil)
	require.NoError(t, err)
	var key bytes.Buffer
	armored, err := armor.Encode(&key, openpgp.PublicKeyType, nil)
	require.NoError(t, err)
	require.NoError(t, r.signer.Serialize(armored))
	require.NoError(t, armored.Close())
	r.key = key.String()

	files := map[string][]byte{}
	index := map[string]any{}
	for _, v := range versions {
		name := fmt.Sprintf("terraform_%s_%s_%s.zip", v, runtime.GOOS, runtime.GOARCH)
		var archive bytes.Buffer
		to := zip.NewWriter(&archive)
		program, err := to.Create("terraform")
		require.NoError(t, err)
		_, err = program.Write([]byte("#!/bin/sh\necho Terraform v" + strings.TrimSuffix(v, "99") + "\n"))
		require.NoError(t, err)
		require.NoError(t, to.Close())
		sums := fmt.Sprintf("%x  %s\n", sha256.Sum256(archive.Bytes()), name)
		var signature bytes.Buffer
		require.NoError(t, openpgp.DetachSign(&signature, r.signer, strings.NewReader(sums), nil))
		folder := "/terraform/" + v + "/"
		files[folder+name], files[folder+"terraform_"+v+"_SHA256SUMS"], files[folder+"terraform_"+v+"_SHA256SUMS.sig"] = archive.Bytes(), []byte(sums), signature.Bytes()
		one := map[string]any{
			"name": "terraform", "version": v, "shasums": "terraform_" + v + "_SHA256SUMS", "shasums_signature": "terraform_" + v + "_SHA256SUMS.sig",
			"builds": []any{map[string]any{"name": "terraform", "version": v, "os": runtime.GOOS, "arch": runtime.GOARCH, "filename": name, "url": folder + name}},
		}
		index[v] = one
		files[folder+"index.json"], err = json.Marshal(one)
		require.NoError(t, err)
	}
	files["/terraform/index.json"], err = json.Marshal(map[string]any{"name": "terraform", "versions": index})
	require.NoError(t, err)
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text, ok := files[req.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, req)
			return
		case strings.HasSuffix(req.URL.Path, ".json"):
			w.Header().Set("Content-Type", "application/json")
		case strings.HasSuffix(req.URL.Path, ".zip"):
			r.asked.Add(1)
			w.Header().Set("Content-Type", "application/zip")
			if r.spoil.Load() {
				text = append(bytes.Clone(text), 'x')
			}
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(r.Close)
	return r
}

func TestTerraform(t *testing.T) {
	t.Parallel()
	server := mirror(t, "1.9.8", "1.11.2", "1.11.10", "1.12.0", "1.13.0-beta1")
	folder := filepath.Join(t.TempDir(), "tools")
	get := install.Terraform(folder, &install.Options{BaseURL: server.URL, PublicKey: server.key, Timeout: 20 * time.Second})
	for _, c := range [][2]string{{"1.11", "1.11.10"}, {"1.9.8", "1.9.8"}, {"v1.11.2", "1.11.2"}, {"1.13.0-beta1", "1.13.0-beta1"}, {"1.12", "1.12.0"}} {
		path, err := get(t.Context(), c[0])
		require.NoError(t, err, c[0])
		require.Equal(t, filepath.Join(folder, c[1], "terraform"), path)
	}
	require.EqualValues(t, 5, server.asked.Load())

	// What is there is not asked for again, also without the network; any means the newest.
	server.Close()
	for want, version := range map[string]string{"1.11": "1.11.10", "": "1.12.0", "1": "1.12.0", "1.9": "1.9.8"} {
		path, err := get(t.Context(), want)
		require.NoError(t, err, want)
		require.Equal(t, filepath.Join(folder, version, "terraform"), path)
	}
	_, err := get(t.Context(), "1.10")
	require.ErrorIs(t, err, provisioner.ErrToolMissing)
	require.ErrorContains(t, err, "terraform 1.10 is not on this machine (install it, or look why it cannot be downloaded: ")
}

// Bytes that nobody has signed are not run, and do not stay.
func TestSpoilt(t *testing.T) {
	t.Parallel()
	server := mirror(t, "1.11.2")
	other := mirror(t, "1.11.2", "1.5.99")
	for name, c := range map[string]struct {
		opts  install.Options
		spoil bool
		want  string
	}{
		"another key":    {install.Options{BaseURL: server.URL, PublicKey: other.key}, false, "unable to verify checksums signature"},
		"HashiCorp's":    {install.Options{BaseURL: server.URL}, false, "unable to verify checksums signature"},
		"other bytes":    {install.Options{BaseURL: server.URL, PublicKey: server.key}, true, "the archive is not the one that was signed"},
		"no such minor":  {install.Options{BaseURL: other.URL, PublicKey: other.key}, false, "there is no release of Terraform 1.12"},
		"another one":    {install.Options{BaseURL: other.URL, PublicKey: other.key}, false, `says that it is "Terraform v1.5.", and not Terraform 1.5.99`},
		"not a version":  {install.Options{BaseURL: other.URL, PublicKey: other.key}, false, `"../../x" is not a version`},
		"no such server": {install.Options{BaseURL: "http://127.0.0.1:1", Timeout: time.Second}, false, "127.0.0.1:1"},
	} {
		folder := t.TempDir()
		server.spoil.Store(c.spoil)
		want := map[string]string{"no such minor": "1.12", "not a version": "../../x", "another one": "1.5"}[name]
		ctx, cancel := context.WithCancel(t.Context())
		_, err := install.Terraform(folder, &c.opts)(ctx, want)
		cancel()
		require.ErrorContains(t, err, c.want, name)
		require.ErrorIs(t, err, provisioner.ErrToolMissing)
		entries, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.LessOrEqual(t, len(entries), 1, name) // the lock
	}
}

// The driver asks for what PATH does not have; two that ask at once download it once.
func TestDriver(t *testing.T) {
	t.Parallel()
	server := mirror(t, "1.11.2", "1.12.0")
	folder, path := t.TempDir(), t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(path, "terraform"), []byte("#!/bin/sh\necho Terraform v1.12.1\n"), 0o755)) //nolint:gosec // a program
	options := terraform.Options{Environ: []string{"PATH=" + path}, Install: install.Terraform(folder, &install.Options{BaseURL: server.URL, PublicKey: server.key})}
	drivers := []*terraform.Driver{terraform.New(&options), terraform.New(&options)}
	_, version, err := drivers[0].Version(t.Context(), "1.12")
	require.NoError(t, err)
	require.Equal(t, "1.12.1", version, "what is on PATH comes first")
	require.Zero(t, server.asked.Load())

	var group sync.WaitGroup
	for _, driver := range drivers {
		group.Go(func() {
			_, version, err := driver.Version(t.Context(), "1.11")
			if err != nil || version != "1.11.2" {
				t.Error(version, err)
			}
		})
	}
	group.Wait()
	require.EqualValues(t, 1, server.asked.Load())
	id, err := drivers[0].Identity(t.Context(), "1.11")
	require.NoError(t, err)
	require.Contains(t, id, filepath.Join(folder, "1.11.2", "terraform"))
	id, err = drivers[0].Identity(t.Context(), "")
	require.NoError(t, err)
	require.Contains(t, id, path)

	options.Environ = []string{"PATH=/nonexistent"}
	_, version, err = terraform.New(&options).Version(t.Context(), "")
	require.NoError(t, err)
	require.Equal(t, "1.11.2", version, "of what is there, without asking for more")
	_, _, err = terraform.New(&options).Version(t.Context(), "9.9.9")
	require.ErrorIs(t, err, provisioner.ErrToolMissing)
	_, err = terraform.New(&options).Plan(t.Context(), &provisioner.Request{Version: "9.9", Files: fstest.MapFS{}, WorkDir: t.TempDir(), State: none{}}, provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrToolMissing)
}

type none struct{}

func (none) Read(context.Context) ([]byte, error) { return nil, nil }
func (none) Write(context.Context, []byte) error  { return nil }
