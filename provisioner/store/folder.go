package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// makeFolder makes what is not there yet, private from the first moment on. A folder that
// is there keeps its mode: everything inside is private by itself.
func makeFolder(folder, file, keyFile, work string) error {
	for _, path := range []string{folder, work} {
		if err := os.MkdirAll(path, 0o700); err != nil {
			return notWritable(folder, err)
		}
	}
	if err := os.Chmod(work, 0o700); err != nil {
		return notWritable(folder, err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, err := os.Stat(keyFile); err == nil {
		return &DamagedError{File: file, Reason: "is gone, but its key " + keyFile + " is there",
			Cure: "put it back from a backup; to begin with an empty store, move the key away"}
	}
	// SQLite gives its files beside the database the mode of the database.
	created, err := os.OpenFile(file, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return notWritable(folder, err)
	}
	if err := created.Close(); err != nil {
		return err
	}
	return errors.Join(syncFolder(folder), syncFolder(filepath.Dir(folder)))
}

func notWritable(folder string, err error) error {
	return fmt.Errorf("store folder %s: %w: %w (it must be a folder that this user may write)", folder, ErrNotWritable, err)
}

// syncFolder makes the names in a folder durable. Systems that cannot do not matter.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	_ = folder.Sync() // not every file system synchronises folders; the files are
	return folder.Close()
}
