package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// All SQL of this package is understood by SQLite and PostgreSQL ($1 parameters, ON
// CONFLICT, RETURNING); what differs between them is in this file.

// busyTimeout is how long a write waits for those of other processes.
const busyTimeout = 10 * time.Second

// readers is how many reads go on at a time, beside one write.
const readers = 4

// connect opens the database file for one writer and several readers. Writing
// transactions take the write lock when they begin: one that read first and then wants to
// write could not wait for another process.
// Source: https://www.sqlite.org/lang_transaction.html, https://www.sqlite.org/wal.html
func connect(file string) (write, read *sql.DB, err error) {
	if write, err = openFile(file, "_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_txlock=immediate"); err != nil {
		return nil, nil, err
	}
	write.SetMaxOpenConns(1)
	if read, err = openFile(file, "_query_only=1"); err != nil {
		return nil, nil, errors.Join(err, write.Close())
	}
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(readers)
	return write, read, nil
}

// openFile opens a database file with options of the driver.
func openFile(file, options string) (*sql.DB, error) {
	path := filepath.ToSlash(file)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive letter
	}
	address := url.URL{Scheme: "file", Path: path, RawQuery: fmt.Sprintf(
		"_busy_timeout=%d&_defensive=1&_dqs=0&_error_rc=1&%s", busyTimeout.Milliseconds(), options)}
	connector, err := sqlite.NewConnector(address.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// openCopy opens a database file that nobody writes, and leaves nothing beside it.
// Source: https://www.sqlite.org/uri.html, "immutable".
func openCopy(file string) (*sql.DB, error) {
	file, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	return openFile(file, "mode=ro&immutable=1")
}

// copyDatabase writes all that a database holds at one moment to a new file. It is a read:
// others write meanwhile.
// Source: https://www.sqlite.org/lang_vacuum.html#vacuuminto
func copyDatabase(ctx context.Context, from, to string) (err error) {
	db, err := openFile(from, "mode=ro")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, `VACUUM INTO $1`, to)
	return err
}

// localWords changes PostgreSQL's words of the schema into SQLite's.
func localWords(schema string) string {
	return strings.ReplaceAll(schema, "BIGSERIAL PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT")
}

// tables gives the names of the tables that are there.
func tables(ctx context.Context, tx *transaction) ([]string, error) {
	return column[string](tx.QueryContext(ctx, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`))
}

// explain turns the database's error codes into errors with a cure.
// Source: https://www.sqlite.org/rescode.html
func (s *Store) explain(ctx context.Context, err error) error {
	var code *sqlite.Error
	if !errors.As(err, &code) {
		return err
	}
	switch code.Code() & 0xff {
	case sqlite3.SQLITE_INTERRUPT:
		if ctx.Err() != nil {
			return ctx.Err()
		}
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%s: %w (free some, then go on: nothing of this write was kept)", s.file, ErrFull)
	case sqlite3.SQLITE_BUSY:
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w (waited %s)", s.file, ErrBusy, busyTimeout)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return fmt.Errorf("%s: %w: %s (it and its folder must be writable for this user)", s.file, ErrNotWritable, code.Error())
	case sqlite3.SQLITE_NOTADB:
		return &DamagedError{File: s.file, Reason: "is not a database", Cure: "give the folder of a store, or put the file back from a backup"}
	case sqlite3.SQLITE_CORRUPT:
		return &DamagedError{File: s.file, Reason: "the database is damaged", Cure: "put it back from a backup; `sqlite3 tenon.db .recover` may save what is left"}
	}
	return fmt.Errorf("%s: %w", s.file, err)
}
