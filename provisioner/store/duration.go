package store

import (
	"context"
	"database/sql"
	"time"
)

// Durations gives how long the last attempt that made something of an instance took, by
// address; of those of the environment whose last one succeeded.
func (s *Store) Durations(ctx context.Context, environment string) (map[string]time.Duration, error) {
	durations := map[string]time.Duration{}
	rows, err := s.read.QueryContext(ctx, `
		SELECT address, started, finished FROM attempts
		WHERE id IN (SELECT MAX(id) FROM attempts WHERE environment = $1 AND action = 'apply' GROUP BY address) AND status = $2`,
		environment, Succeeded)
	err = each(rows, err, func(rows *sql.Rows) error {
		var address string
		var started, finished time.Time
		err := rows.Scan(&address, textTime{&started}, textTime{&finished})
		if took := finished.Sub(started); took > 0 { // not where the clock was set back
			durations[address] = took
		}
		return err
	})
	return durations, s.failed(ctx, "durations", err)
}
