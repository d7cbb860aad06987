package store

import (
	"errors"
	"fmt"
)

var (
	// ErrFenced is a write through a lease that no longer holds its lock: somebody took
	// it over, or it was released.
	ErrFenced = errors.New("the lock is no longer held")
	// ErrFull is a store on a disk without space. Nothing of the write was kept.
	ErrFull = errors.New("no space left on the disk")
	// ErrBusy is a store in which another process is writing all the time.
	ErrBusy = errors.New("another process keeps writing to it")
	// ErrNotWritable is a store whose folder or file this process may not write.
	ErrNotWritable = errors.New("not writable")
)

// DamagedError is a store that is not whole, or a file that is no store.
type DamagedError struct {
	File   string
	Reason string
	Cure   string
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s: %s (%s)", e.File, e.Reason, e.Cure)
}

// VersionError is a store that a newer version of the module has written.
type VersionError struct {
	File      string
	Found     int // schema version of the store
	Supported int // the newest that this version reads
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s: has schema version %d, this version reads up to %d (use the newer version that wrote it)", e.File, e.Found, e.Supported)
}

// KeyError is a store whose sealed values cannot be opened.
type KeyError struct {
	File    string // where the key is expected; empty where Options.Sealer is to open it
	Missing bool
	Reason  string
	Cure    string
}

func (e *KeyError) Error() string {
	name := "key " + e.File
	if e.File == "" {
		name = "key of the store"
	}
	return fmt.Sprintf("%s: %s (%s)", name, e.Reason, e.Cure)
}

// withoutKey is what a store that was opened without its key answers to whoever needs it.
func withoutKey() error {
	return &KeyError{Missing: true, Reason: "the store was opened without it", Cure: "only the structure can be read"}
}
