package store_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestFiles(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	bundle := fstest.MapFS{
		"bundle.yaml":          {Data: []byte("name: db\n"), Mode: 0o644},
		"src/main.tf":          {Data: []byte(strings.Repeat("# long\n", 10_000)), Mode: 0o600},
		"src/modules/a/x.tf":   {Data: nil, Mode: 0o644},
		"src/.terraform.lock":  {Data: []byte{0, 1, 2, 255}, Mode: 0o644},
		"scripts/run with sp.": {Data: []byte("#!/bin/sh\n"), Mode: 0o755},
	}
	require.NoError(t, st.PutFiles(ctx, "sha256:one", bundle))
	require.NoError(t, st.PutFiles(ctx, "sha256:one", nil), "known files are not read again")
	bundle["src/new.tf"] = &fstest.MapFile{Data: []byte("# new")}
	require.NoError(t, st.PutFiles(ctx, "sha256:two", bundle))
	require.Equal(t, 6, st.Count(t, `SELECT COUNT(*) FROM contents`), "equal files are kept once")
	require.Less(t, st.Count(t, `SELECT SUM(length(deflated)) FROM contents`), 1000, "70,000 bytes that say little")

	files, err := st.Files(ctx, "sha256:one")
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(files, "bundle.yaml", "src/main.tf", "src/modules/a/x.tf", "src/.terraform.lock", "scripts/run with sp."))
	for name, executable := range map[string]bool{"scripts/run with sp.": true, "src/main.tf": false} {
		info, err := fs.Stat(files, name)
		require.NoError(t, err)
		require.Equal(t, executable, info.Mode().Perm()&0o100 != 0)
		content, err := fs.ReadFile(files, name)
		require.NoError(t, err)
		require.Equal(t, bundle[name].Data, content)
	}
	_, err = fs.Stat(files, "src/new.tf")
	require.ErrorIs(t, err, fs.ErrNotExist)

	_, err = st.Files(ctx, "sha256:none")
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.EqualError(t, err, "files sha256:none: file does not exist")
}

func TestFilesRefused(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	broken := errors.New("disk on fire")
	for name, test := range map[string]struct {
		files fs.FS
		says  string
	}{
		"link":      {fstest.MapFS{"ok": {}, "src/link": {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink}}, "src/link: is not a plain file (L---------)"},
		"backslash": {fstest.MapFS{`a\b`: {}}, `a\b: has a backslash in its name, which is a separator on some systems`},
		"broken":    {brokenFS{broken}, "disk on fire"},
	} {
		err := st.PutFiles(t.Context(), "sha256:x", test.files)
		require.EqualError(t, err, "keep files sha256:x: "+test.says, name)
		_, err = st.Files(t.Context(), "sha256:x")
		require.ErrorIs(t, err, fs.ErrNotExist, "nothing is kept of half a bundle")
	}
}

type brokenFS struct{ err error }

func (b brokenFS) Open(string) (fs.File, error) { return nil, b.err }
