package store

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Each file brings the schema from the version before it to the one in its name. A
// released file is never changed.
//
//go:embed schema/*.sql
var schema embed.FS

// migrate brings the database to the newest schema, inside the transaction that opens it.
func (s *Store) migrate(ctx context.Context, tx *transaction) error {
	names, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return err
	}
	version, err := s.schemaVersion(ctx, tx)
	if err != nil || version == len(names) {
		return err
	}
	if version > len(names) {
		return &VersionError{File: s.file, Found: version, Supported: len(names)}
	}
	for _, name := range names[version:] {
		text, err := schema.ReadFile(name)
		if err != nil {
			return err
		}
		for statement := range strings.SplitSeq(localWords(string(text)), ";\n") {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	_, err = tx.ExecContext(ctx, `UPDATE schema_version SET version = $1`, len(names))
	return err
}

// schemaVersion is 0 for an empty database.
func (s *Store) schemaVersion(ctx context.Context, tx *transaction) (version int, err error) {
	found, err := tables(ctx, tx)
	switch {
	case err != nil:
		return 0, err
	case slices.Contains(found, "schema_version"):
		err = tx.QueryRowContext(ctx, `SELECT version FROM schema_version`).Scan(&version)
		return version, err
	case len(found) > 0:
		return 0, &DamagedError{File: s.file, Reason: fmt.Sprintf("is a database, but not of a store (it has the table %s)", found[0]), Cure: "give another folder"}
	}
	for _, statement := range []string{`CREATE TABLE schema_version (version BIGINT NOT NULL)`, `INSERT INTO schema_version (version) VALUES (0)`} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return 0, err
		}
	}
	return 0, nil
}
