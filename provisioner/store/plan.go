package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// SavePlan keeps the bytes of a step's saved plan, by the digest of the plan of the
// environment.
func (l *Lease) SavePlan(ctx context.Context, plan, address, step string, data []byte) error {
	return l.update(ctx, fmt.Sprintf("save plan of %s %s", address, step), func(tx *transaction, now time.Time) error {
		if err := l.owns(address); err != nil {
			return err
		}
		sealed, err := l.store.seal("plan", planName(plan, address, step), data)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO plans (plan, address, step, written, sealed) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (plan, address, step) DO UPDATE SET written = excluded.written, sealed = excluded.sealed`,
			plan, address, step, timeText(now), sealed)
		return err
	})
}

// SavedPlan gives the bytes of a step's saved plan, nil where there are none.
func (s *Store) SavedPlan(ctx context.Context, plan, address, step string) ([]byte, error) {
	var sealed []byte
	err := s.read.QueryRowContext(ctx, `SELECT sealed FROM plans WHERE plan = $1 AND address = $2 AND step = $3`, plan, address, step).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	var data []byte
	if err == nil {
		data, err = s.unseal("plan", planName(plan, address, step), sealed)
	}
	return data, s.failed(ctx, fmt.Sprintf("saved plan of %s %s", address, step), err)
}

// DropPlan removes the saved plans of all steps of a plan.
func (s *Store) DropPlan(ctx context.Context, plan string) error {
	return s.update(ctx, "drop plan "+plan, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM plans WHERE plan = $1`, plan)
		return err
	})
}

// planName begins with the address: its project chooses the key.
func planName(plan, address, step string) string { return address + " " + step + " " + plan }
