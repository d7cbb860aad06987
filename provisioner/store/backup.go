package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Backup writes a copy of the records to a file that is not there yet, as they are at one
// moment; runs go on meanwhile. The copy is sealed as the store is, 0600, and compact; the
// key is not in it: keep a copy of that elsewhere. Work folders of steps that run are not in
// it either. The file is there when all of it is on the disk and was read once, or not at all.
func (s *Store) Backup(ctx context.Context, file string) error {
	if err := s.backup(ctx, file); err != nil {
		return fmt.Errorf("backup to %s: %w", file, err)
	}
	return nil
}

func (s *Store) backup(ctx context.Context, file string) error {
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("it is there already: %w", fs.ErrExist)
	}
	folder, err := os.MkdirTemp(filepath.Dir(file), ".tenon-backup-") // 0700: nobody else reads it half done
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	part := filepath.Join(folder, "tenon.db")
	if err := copyDatabase(ctx, s.file, part); err != nil {
		return s.explain(ctx, err)
	}
	if err := os.Chmod(part, 0o600); err != nil {
		return err
	}
	if err := inspect(ctx, part); err != nil {
		return err
	}
	if err := syncFile(part); err != nil {
		return err
	}
	if err := os.Link(part, file); err != nil { // a rename would replace what came meanwhile
		return err
	}
	return syncFolder(filepath.Dir(file))
}

// Restore makes the store of a folder that has none from a backup: Options say where its key
// is, as for Open, and it must be there. Nobody holds a lock of a restored store, and runs
// that were under way are interrupted: Resume looks at what they did. What was done since the
// backup is not known to it: look for drift before anything is deployed. It is *DamagedError
// where the backup is not whole, *AuditError where its audit is not as it was written; the
// folder is as it was then. That it was restored, and by whom, is in the audit.
func Restore(ctx context.Context, backup, folder, who string, opts *Options) error {
	if err := restore(ctx, backup, folder, who, opts); err != nil {
		return fmt.Errorf("restore %s: %w", backup, err)
	}
	return nil
}

func restore(ctx context.Context, backup, folder, who string, opts *Options) (err error) {
	if opts == nil {
		opts = &Options{}
	}
	if opts.WithoutKey {
		return withoutKey()
	}
	info, err := os.Stat(backup)
	if err != nil {
		return err
	}
	if err := inspect(ctx, backup); err != nil {
		return err
	}
	file := filepath.Join(folder, "tenon.db")
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has records already: move them away first", folder)
	}
	keyFile := opts.KeyFile
	if keyFile == "" {
		keyFile = filepath.Join(folder, "key")
	}
	if opts.Sealer == nil {
		if _, err := os.Stat(keyFile); err != nil {
			return &KeyError{File: keyFile, Missing: true, Reason: "is not there, and the backup does not hold it", Cure: "put the store's key there first"}
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return notWritable(folder, err)
	}
	if err := copyFile(backup, file); err != nil {
		return errors.Join(err, removeIfThere(file))
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(file), removeIfThere(file+"-wal"), removeIfThere(file+"-shm"))
		}
	}()
	s, err := Open(ctx, folder, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	head, err := s.CheckAudit(ctx)
	if err != nil {
		return err
	}
	err = s.update(ctx, "release locks", func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `UPDATE locks SET held = 0, token = token + 1`)
		if err == nil {
			_, err = tx.ExecContext(ctx, `UPDATE deployments SET status = $1 WHERE status = $2`, Interrupted, Running)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.Audit(ctx, AuditEvent{Who: who, What: "restore", Details: map[string]string{
		"backup": filepath.Base(backup), "bytes": fmt.Sprint(info.Size()), "last event": fmt.Sprint(head.Seq),
	}})
}

// inspect reads a database that nobody writes: it is whole, and one that this version reads.
func inspect(ctx context.Context, file string) (err error) {
	damaged := func(reason string) error {
		return &DamagedError{File: file, Reason: reason, Cure: "take another backup"}
	}
	if info, err := os.Stat(file + "-wal"); err == nil && info.Size() > 0 {
		return damaged("is the database of a store that is open, not a backup")
	}
	db, err := openCopy(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var says string
	if err := db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&says); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return damaged("is no whole database: " + err.Error())
	}
	if says != "ok" {
		return damaged("the database is damaged: " + says)
	}
	var version int
	if err := db.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version); err != nil {
		return damaged("is a database, but not of a store")
	}
	names, err := fs.Glob(schema, "schema/*.sql")
	if err == nil && version > len(names) {
		err = &VersionError{File: file, Found: version, Supported: len(names)}
	}
	return err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close(), syncFolder(filepath.Dir(to)))
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

// removeIfThere removes a file that may not be there.
func removeIfThere(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
