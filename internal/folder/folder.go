// Package folder fills and empties the private folders that tools work in.
package folder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/tenon-sdk/tenon"
)

// Fill copies files into a folder that is made for them, for their owner only; what may be
// run stays so. Names and folders for which leftOut says yes are passed over; it may be
// nil. What is neither a folder nor a plain file is a tenon.Problem of rule bundle-file.
func Fill(target string, files fs.FS, leftOut func(fs.DirEntry) bool) error {
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if leftOut != nil && leftOut(entry) {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		to := filepath.Join(target, filepath.FromSlash(name))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o700)
		}
		info, err := fs.Stat(files, name) // follows a link inside the bundle
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return tenon.Problems{{Rule: "bundle-file", File: name, Message: "a bundle holds folders and plain files only"}}
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if info.Mode()&0o100 == 0 {
			return os.WriteFile(to, text, 0o600)
		}
		return writeProgram(to, text)
	})
}

// writeProgram keeps others of this process from starting a program meanwhile: a child has
// the files that are open for writing until it runs that program, and a file that somebody
// may write to cannot be run. Source: golang.org/issue/22315.
func writeProgram(name string, text []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(name, text, 0o700) //nolint:gosec // it is to be run
}

// Empty removes what is in a folder, and leaves the folder. None is empty.
func Empty(root string) error {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	failed := []error{err}
	for _, entry := range entries {
		failed = append(failed, remove(filepath.Join(root, entry.Name())))
	}
	return errors.Join(failed...)
}

// remove removes also what its owner may not write to: tools leave caches so.
func remove(path string) error {
	err := os.RemoveAll(path)
	if err == nil {
		return nil
	}
	_ = filepath.WalkDir(path, func(name string, entry fs.DirEntry, err error) error {
		if entry != nil && entry.IsDir() {
			_ = os.Chmod(name, 0o700) // else it stays, and is told below
		}
		return nil // what cannot be read now could not be a moment ago
	})
	return os.RemoveAll(path)
}

// IsEmpty says that nothing is in a folder, or that there is none.
func IsEmpty(root string) bool {
	entries, err := os.ReadDir(root)
	return err != nil || len(entries) == 0
}
