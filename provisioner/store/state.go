package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// State gives the driver state of a step, nil where there is none.
func (s *Store) State(ctx context.Context, address, step string) ([]byte, error) {
	var sealed []byte
	err := s.read.QueryRowContext(ctx, `SELECT sealed FROM states WHERE address = $1 AND step = $2`, address, step).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var state []byte
	if err == nil {
		state, err = s.unseal("state", address+" "+step, sealed)
	}
	return state, s.failed(ctx, fmt.Sprintf("state of %s %s", address, step), err)
}

// SaveState replaces the driver state of a step; nil removes it.
func (l *Lease) SaveState(ctx context.Context, address, step string, state []byte) error {
	return l.update(ctx, fmt.Sprintf("save state of %s %s", address, step), func(tx *transaction, now time.Time) error {
		if err := l.owns(address); err != nil {
			return err
		}
		if state == nil {
			_, err := tx.ExecContext(ctx, `DELETE FROM states WHERE address = $1 AND step = $2`, address, step)
			return err
		}
		return l.store.putState(ctx, tx, address, step, state, now)
	})
}

func (s *Store) putState(ctx context.Context, tx *transaction, address, step string, state []byte, now time.Time) error {
	sealed, err := s.seal("state", address+" "+step, state)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `
		INSERT INTO states (address, step, written, sealed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (address, step) DO UPDATE SET written = excluded.written, sealed = excluded.sealed`,
		address, step, timeText(now), sealed)
	return err
}

// statesOf gives the states of an instance by step.
func (s *Store) statesOf(ctx context.Context, tx *transaction, address string) (map[string][]byte, error) {
	states := map[string][]byte{}
	rows, err := tx.QueryContext(ctx, `SELECT step, sealed FROM states WHERE address = $1`, address)
	err = each(rows, err, func(rows *sql.Rows) error {
		var step string
		var sealed []byte
		err := rows.Scan(&step, &sealed)
		if err == nil {
			states[step], err = s.unseal("state", address+" "+step, sealed)
		}
		return err
	})
	return states, err
}
