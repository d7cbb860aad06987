package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Store is one open store.
type Store struct {
	folder, file string
	write, read  *sql.DB
	vault        *vault // nil: opened without its key
	now          func() time.Time

	mu     sync.Mutex
	leases map[*Lease]bool // still held

	writes     writes
	statements statements
}

// Options of Open; nil is the zero value.
type Options struct {
	// Sealer wraps the root key; default: the key file.
	Sealer Sealer
	// KeyFile is where the default Sealer has its key; default: key in the folder. It is
	// made, 0600, with a new store.
	KeyFile string
	// WithoutKey opens a store whose key is lost, to read its structure. Instances and
	// artifacts come back Sealed; whatever needs the key, and every write, is a *KeyError.
	WithoutKey bool
	// Now is the clock, called once by every method that writes, before it commits;
	// default time.Now.
	Now func() time.Time
}

// Open opens the store in a folder, and makes both where they are not there.
func Open(ctx context.Context, folder string, opts *Options) (*Store, error) {
	if opts == nil {
		opts = &Options{}
	}
	if scheme, _, found := strings.Cut(folder, "://"); found {
		return nil, fmt.Errorf("a store is a folder, not an address that begins with %s://", scheme)
	}
	if folder == "" {
		return nil, errors.New("the folder of the store has no name")
	}
	folder, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	s := &Store{folder: folder, file: filepath.Join(folder, "tenon.db"), now: opts.Now, leases: map[*Lease]bool{}}
	if s.now == nil {
		s.now = time.Now
	}
	keyFile := opts.KeyFile
	if keyFile == "" {
		keyFile = filepath.Join(folder, "key")
	}
	if err := makeFolder(s.folder, s.file, keyFile, s.WorkDir()); err != nil {
		return nil, err
	}
	if s.write, s.read, err = connect(s.file); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, keyFile, opts); err != nil {
		return nil, errors.Join(s.explain(ctx, err), s.Close())
	}
	return s, nil
}

// begin is one transaction, so that of two processes that open a new store at a time one
// makes schema and key and the other finds them.
func (s *Store) begin(ctx context.Context, keyFile string, opts *Options) error {
	once, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	tx := &transaction{once, nil}
	defer tx.Rollback() //nolint:errcheck // no harm after a commit
	if err := s.migrate(ctx, tx); err != nil {
		return err
	}
	if !opts.WithoutKey {
		if s.vault, err = s.openVault(ctx, tx, keyFile, opts.Sealer); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// Close releases the leases that are still held and closes the store.
func (s *Store) Close() error {
	s.mu.Lock()
	var held []*Lease
	for lease := range s.leases {
		held = append(held, lease)
	}
	s.mu.Unlock()
	var failed []error
	for _, lease := range held {
		failed = append(failed, lease.Release())
	}
	return errors.Join(append(failed, s.read.Close(), s.write.Close())...)
}

// WorkDir is the folder, private to this user, for the work folders of steps. It is an
// absolute path.
func (s *Store) WorkDir() string { return filepath.Join(s.folder, "work") }

// failed names what a read was for.
func (s *Store) failed(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, s.explain(ctx, err))
}
