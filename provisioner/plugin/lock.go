package plugin

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/flock"
)

// Lock says which plugins may run: digests by the name of the plugin, several where there
// are several platforms or versions. The zero value allows none. It is written as a file,
// plugins.lock, one digest a line:
//
//	vault sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
type Lock struct{ digests map[string][]string }

var (
	lockLine  = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]{0,99}) (sha256:[0-9a-f]{64})$`)
	lockIntro = "# The plugins that may run, by the SHA-256 of their bytes.\n"
)

// ReadLock reads a lock file; one that is not there is an empty lock. Lines that are none
// are tenon.Problems.
func ReadLock(path string) (*Lock, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &Lock{}, nil
	}
	if err != nil {
		return nil, err
	}
	lock, problems := &Lock{}, tenon.Problems{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := lockLine.FindStringSubmatch(line)
		if parts == nil {
			problems.Add(tenon.Problem{Rule: "bad-lock", File: filepath.ToSlash(path), Line: number, Message: "is not a name and a digest", Hint: "write NAME sha256:64 hexadecimal digits"})
			continue
		}
		lock.Pin(parts[1], parts[2])
	}
	if err := lines.Err(); err != nil {
		problems.Add(tenon.Problem{Rule: "bad-lock", File: filepath.ToSlash(path), Message: err.Error()})
	}
	return lock, problems.Err()
}

// Allows says that a plugin with these bytes may run.
func (l *Lock) Allows(name, digest string) bool { return slices.Contains(l.digests[name], digest) }

// Knows says that some digest of the plugin is pinned.
func (l *Lock) Knows(name string) bool { return len(l.digests[name]) > 0 }

// Pin allows a plugin with these bytes, beside those that are allowed.
func (l *Lock) Pin(name, digest string) {
	if l.digests == nil {
		l.digests = map[string][]string{}
	}
	if !l.Allows(name, digest) {
		l.digests[name] = append(l.digests[name], digest)
		slices.Sort(l.digests[name])
	}
}

// UpdateLock reads a lock file, lets change change it and writes it, while no other process
// does. An error of change is given back, and nothing is written.
func UpdateLock(ctx context.Context, path string, change func(*Lock) error) error {
	release, err := flock.Take(ctx, filepath.Dir(path)) // the file itself is replaced
	if err != nil {
		return err
	}
	defer release()
	lock, err := ReadLock(path)
	if err != nil {
		return err
	}
	before := lock.text()
	if err := change(lock); err != nil || bytes.Equal(before, lock.text()) {
		return err
	}
	return lock.Write(path)
}

// Write writes the lock file, whole or not at all. A name that could not be read again is
// an error.
func (l *Lock) Write(path string) error {
	for name, digests := range l.digests {
		for _, digest := range digests {
			if !lockLine.MatchString(name + " " + digest) {
				return fmt.Errorf("%q is not a name for a plugin with the digest %q (letters, digits, '.', '_' and '-')", name, digest)
			}
		}
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".plugins-*.lock")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(l.text())
	if err := errors.Join(err, temporary.Chmod(0o644), temporary.Close()); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), path)
}

func (l *Lock) text() []byte {
	text := bytes.NewBufferString(lockIntro)
	for _, name := range slices.Sorted(maps.Keys(l.digests)) {
		for _, digest := range l.digests[name] {
			fmt.Fprintf(text, "%s %s\n", name, digest)
		}
	}
	return text.Bytes()
}
