package bundle_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/bundle"
)

func module() fstest.MapFS {
	return fstest.MapFS{
		"b/bundle.yaml":  {Data: []byte("bundle: test\nversion: 1.0.0\n" + oneStep)},
		"b/src/main.tf":  {Data: []byte("output \"x\" { value = 1 }\n")},
		"b/src/run.sh":   {Data: []byte("true\n"), Mode: 0o755},
		"b/src/empty.tf": {},
	}
}

func digest(t *testing.T, files fs.FS) string {
	t.Helper()
	b, err := bundle.Load(files, "b")
	require.NoError(t, err)
	d, err := b.Digest()
	require.NoError(t, err)
	return d
}

// The digest of known files is known: it is kept with what was deployed, so it must never
// change by itself.
func TestDigestIsStable(t *testing.T) {
	t.Parallel()
	require.Equal(t, "sha256:e434bb629e830c49035f75b2b701ca4d2280dfc106d6fd27fc7d3feb8f9dd86c", digest(t, module()))

	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, module()))
	require.NoError(t, os.Chmod(filepath.Join(dir, "b/src/run.sh"), 0o700))
	require.NoError(t, os.Chmod(filepath.Join(dir, "b/src/main.tf"), 0o600))
	require.Equal(t, digest(t, module()), digest(t, os.DirFS(dir)), "a folder on disk, with modes of its own")
}

func TestDigestTellsFilesApart(t *testing.T) {
	t.Parallel()
	before := digest(t, module())
	changes := map[string]func(fstest.MapFS){
		"content":    func(m fstest.MapFS) { m["b/src/main.tf"].Data[0] ^= 1 },
		"name":       func(m fstest.MapFS) { m["b/src/other.tf"] = m["b/src/main.tf"]; delete(m, "b/src/main.tf") },
		"new":        func(m fstest.MapFS) { m["b/src/new.tf"] = &fstest.MapFile{} },
		"gone":       func(m fstest.MapFS) { delete(m, "b/src/empty.tf") },
		"executable": func(m fstest.MapFS) { m["b/src/run.sh"].Mode = 0o644 },
		"swapped": func(m fstest.MapFS) {
			m["b/src/main.tf"].Data, m["b/src/empty.tf"].Data = nil, m["b/src/main.tf"].Data
		},
	}
	seen := map[string]string{before: "nothing"}
	for name, change := range changes {
		files := module()
		change(files)
		d := digest(t, files)
		require.NotContains(t, seen, d, name)
		seen[d] = name
	}
	left := module()
	for _, name := range []string{".terraform/x", "src/.terraform/providers/y", ".git/HEAD", "src/terraform.tfstate", "src/terraform.tfstate.backup", "src/x.tfplan", "src/.DS_Store", "crash.log", ".tenon/key"} {
		left["b/"+name] = &fstest.MapFile{Data: []byte("left behind")}
	}
	left["elsewhere/main.tf"] = &fstest.MapFile{}
	require.Equal(t, before, digest(t, left), "what tools leave behind is no part of it")
}

// What was digested is what is used, even when the folder changes meanwhile.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, module()))
	b, err := bundle.Load(os.DirFS(dir), "b")
	require.NoError(t, err)
	files, taken, err := b.Snapshot()
	require.NoError(t, err)
	require.Equal(t, digest(t, module()), taken)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b/src/main.tf"), []byte("changed"), 0o600))
	require.NoError(t, fstest.TestFS(files, "bundle.yaml", "src/main.tf", "src/run.sh", "src/empty.tf"))
	content, err := fs.ReadFile(files, "src/main.tf")
	require.NoError(t, err)
	require.Equal(t, string(module()["b/src/main.tf"].Data), string(content))
	info, err := fs.Stat(files, "src/run.sh")
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), info.Mode())
}

func TestLinksAreRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, module()))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(dir, "b/src/users.tf")))
	require.NoError(t, os.Symlink("main.tf", filepath.Join(dir, "b/src/also.tf")))
	b, err := bundle.Load(os.DirFS(dir), "b")
	require.NoError(t, err)
	_, err = b.Digest()
	require.EqualError(t, err, `b/src/also.tf: is not a regular file (a bundle holds files and folders, no links)
b/src/users.tf: is not a regular file (a bundle holds files and folders, no links)`)
}

func TestTooLargeBundles(t *testing.T) {
	t.Parallel()
	files := module()
	big := make([]byte, bundle.MaxSize/2)
	files["b/src/one.bin"], files["b/src/two.bin"] = &fstest.MapFile{Data: big}, &fstest.MapFile{Data: big}
	b, err := bundle.Load(files, "b")
	require.NoError(t, err)
	_, err = b.Digest()
	require.EqualError(t, err, "b: the files of the bundle have more than 64 MiB")
}
