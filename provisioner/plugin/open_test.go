package plugin_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

func TestDoesNotStart(t *testing.T) {
	t.Parallel()
	for kind, want := range map[string]string{
		"garbage":   "it is no plugin: what it wrote first is not the line of a handshake",
		"version":   "it does not speak version 1 of the protocol",
		"elsewhere": `it listens at "tcp 127.0.0.1:1", and not on a socket in its folder`,
		"silent":    "it did not say that it is ready within 1s",
		"exits":     "it ended before it said that it is ready (it said: no licence)",
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			_, err := tryOpen(t, kind, func(o *plugin.Options) { o.StartTimeout = time.Second })
			var start *plugin.StartError
			require.ErrorAs(t, err, &start)
			require.ErrorContains(t, err, "the plugin test cannot be started: "+want)
		})
	}
}

func TestCanceledStart(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = plugin.Open(ctx, program, &plugin.Options{AnyBytes: true, Env: map[string]string{asPlugin: "silent"}})
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestNotAPlugin(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	elf := "\x7fELF\x02\x01\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00" + "\x02\x00\xf3\x00" // for RISC-V
	link := filepath.Join(folder, "linked")
	require.NoError(t, os.Mkdir(link, 0o700))
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(link, "plugin")))
	for path, want := range map[string]string{
		filepath.Join(folder, "missing"):                "no such file",
		file("data", "x", 0o600):                        "is not executable (chmod +x",
		file("words", "not a program", 0o700):           "it is not a program for this machine",
		file("other", elf, 0o700):                       "it is not a program for this machine",
		file("script", "#!/nowhere/sh\n", 0o700):        "no such file or directory",
		filepath.Dir(file("folder/readme", "x", 0o700)): "there is no program plugin in the folder",
		link:        "leads out of the plugin's folder",
		"/dev/null": "is not a program",
	} {
		_, err := plugin.Open(t.Context(), path, &plugin.Options{AnyBytes: true})
		require.ErrorContains(t, err, want, path)
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	lock, program := filepath.Join(folder, "plugins.lock"), filepath.Join(folder, "vault")
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, text, 0o700))
	digest, err := plugin.Digest(program)
	require.NoError(t, err)
	open := func(change func(*plugin.Options)) error {
		options := &plugin.Options{LockFile: lock, Env: map[string]string{asPlugin: "whole"}}
		if change != nil {
			change(options)
		}
		driver, err := plugin.Open(t.Context(), program, options)
		if err != nil {
			return err
		}
		require.Equal(t, digest, driver.Digest())
		return driver.Close()
	}
	var pin *plugin.PinError
	require.ErrorAs(t, open(nil), &pin)
	require.False(t, pin.Pinned)
	require.EqualError(t, open(nil), fmt.Sprintf("the plugin vault is not pinned (if %s may run, add the line %q to %s)", program, "vault "+digest, lock))
	require.ErrorAs(t, open(func(o *plugin.Options) { o.LockFile = "" }), &pin, "nothing runs unasked")
	require.NoError(t, open(func(o *plugin.Options) { o.LockFile, o.SHA256 = "", []string{digest} }))
	require.NoError(t, open(func(o *plugin.Options) { o.TrustFirst = true }))
	require.NoError(t, open(nil), "it is pinned now")
	written, err := os.ReadFile(lock)
	require.NoError(t, err)
	require.Equal(t, "# The plugins that may run, by the SHA-256 of their bytes.\nvault "+digest+"\n", string(written))

	require.NoError(t, os.WriteFile(program, append(text, 'x'), 0o700))
	for _, trust := range []bool{false, true} {
		err = open(func(o *plugin.Options) { o.TrustFirst = trust })
		require.ErrorAs(t, err, &pin)
		require.True(t, pin.Pinned)
		require.ErrorContains(t, err, "the plugin vault has changed")
	}
	require.NoError(t, os.WriteFile(lock, []byte("vault sha256:abc\n\nvault "+digest+" more\n"), 0o600))
	require.Len(t, tenon.ProblemsOf(open(nil)), 2)
}

// What was checked is what runs, also when the file is another by the time it is started.
func TestSwapped(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "vault")
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(program, text, 0o700))
	digest, err := plugin.Digest(program)
	require.NoError(t, err)
	driver, err := plugin.Open(t.Context(), program, &plugin.Options{SHA256: []string{digest}, Env: map[string]string{asPlugin: "whole"}})
	require.NoError(t, err)
	defer driver.Close()
	require.NoError(t, os.WriteFile(program, []byte("#!/bin/sh\necho swapped >&2; exit 1\n"), 0o700))
	_, err = driver.Apply(t.Context(), crime(t, "exit"), provisioner.Discard)
	require.ErrorContains(t, err, "exit status 7")
	result, err := driver.Apply(t.Context(), request(t, map[string]any{"size": 1}), provisioner.Discard)
	require.NoError(t, err, "the copy is started again, not what lies there now")
	require.Equal(t, provisioner.Done, result.Outcome)
}

func TestFolder(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("no shell")
	}
	folder := filepath.Join(t.TempDir(), "vault")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "lib"), 0o700))
	self, err := os.Executable()
	require.NoError(t, err)
	text, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "lib", "real"), text, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "plugin"), []byte("#!/bin/sh\nexec \"$(dirname \"$0\")/link\"\n"), 0o700))
	require.NoError(t, os.Symlink("lib/real", filepath.Join(folder, "link")))
	before, err := plugin.Digest(folder)
	require.NoError(t, err)
	driver, err := plugin.Open(t.Context(), folder, &plugin.Options{SHA256: []string{before}, Environ: os.Environ(), Env: map[string]string{asPlugin: "whole"}})
	require.NoError(t, err)
	require.NoError(t, driver.Close())
	require.NoError(t, os.WriteFile(filepath.Join(folder, "lib", "more"), nil, 0o600))
	after, err := plugin.Digest(folder)
	require.NoError(t, err)
	require.NotEqual(t, before, after, "every file counts")
}
