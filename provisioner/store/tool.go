package store

import (
	"context"
	"database/sql"
	"errors"
)

// ToolVersion gives the name and version that SaveToolVersion kept for the identity of a
// binary, so that an unchanged one is not asked again.
func (s *Store) ToolVersion(ctx context.Context, identity string) (name, version string, ok bool, err error) {
	err = s.read.QueryRowContext(ctx, `SELECT name, version FROM tools WHERE identity = $1`, identity).Scan(&name, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return "", "", false, nil
	}
	return name, version, err == nil, s.failed(ctx, "version of "+identity, err)
}

// SaveToolVersion keeps what a binary said of itself.
func (s *Store) SaveToolVersion(ctx context.Context, identity, name, version string) error {
	return s.update(ctx, "save version of "+identity, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `
			INSERT INTO tools (identity, name, version) VALUES ($1, $2, $3)
			ON CONFLICT (identity) DO UPDATE SET name = excluded.name, version = excluded.version`, identity, name, version)
		return err
	})
}
