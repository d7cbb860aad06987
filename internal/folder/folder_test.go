package folder_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
)

func TestFillAndEmpty(t *testing.T) {
	t.Parallel()
	root := filepath.Join(t.TempDir(), "work")
	require.True(t, folder.IsEmpty(root))
	require.NoError(t, folder.Empty(root))
	files := fstest.MapFS{
		"a/run.sh": {Data: []byte("x"), Mode: 0o777}, "a/main.tf": {Data: []byte("y"), Mode: 0o644},
		".git/config": {Data: []byte("z")}, "b": {Data: []byte("z")},
	}
	require.NoError(t, folder.Fill(root, files, func(e fs.DirEntry) bool { return e.Name() == ".git" || e.Name() == "b" }))
	info, err := os.Stat(filepath.Join(root, "a/run.sh"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode())
	info, err = os.Stat(filepath.Join(root, "a/main.tf"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode())
	require.NoFileExists(t, filepath.Join(root, "b"))
	require.NoDirExists(t, filepath.Join(root, ".git"))
	require.False(t, folder.IsEmpty(root))
	require.NoError(t, folder.Empty(root))
	require.True(t, folder.IsEmpty(root))
	require.DirExists(t, root)

	locked := filepath.Join(root, "a", "b", "c")
	require.NoError(t, os.MkdirAll(locked, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(locked, "x"), nil, 0o400))
	require.NoError(t, os.Chmod(locked, 0o500))                   //nolint:gosec // a folder
	require.NoError(t, os.Chmod(filepath.Join(root, "a"), 0o500)) //nolint:gosec // a folder
	require.NoError(t, folder.Empty(root))
	require.True(t, folder.IsEmpty(root))

	err = folder.Fill(root, fstest.MapFS{"pipe": {Mode: fs.ModeNamedPipe}}, nil)
	require.Equal(t, "bundle-file", tenon.ProblemsOf(err)[0].Rule)
}
