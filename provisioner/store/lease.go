package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Lease is the right to write about one environment. Every write checks in its own
// transaction that the lock is still held with the lease's token, and is ErrFenced where
// it is not: a process that slept through a takeover changes nothing.
type Lease struct {
	store       *Store
	environment string
	token       int64
	tookOver    *LockedError
}

// Environment is the address of the environment.
func (l *Lease) Environment() string { return l.environment }

// Token is the number of this lock; those of an environment only grow.
func (l *Lease) Token() int64 { return l.token }

// TookOver is the holder that died, nil where the lock was free.
func (l *Lease) TookOver() *LockedError { return l.tookOver }

// releaseTimeout is for the one write of Release, longer than a busy store makes it wait.
const releaseTimeout = 2 * busyTimeout

// Release gives the lock back. Releasing twice, or after somebody took it over, is fine.
// It takes no context because it must happen after a cancel, too.
func (l *Lease) Release() error {
	s := l.store
	s.mu.Lock()
	held := s.leases[l]
	delete(s.leases, l)
	s.mu.Unlock()
	if !held {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), releaseTimeout)
	defer cancel()
	return s.update(ctx, "release environment "+l.environment, func(tx *transaction) error {
		_, err := tx.ExecContext(ctx, `UPDATE locks SET held = 0 WHERE environment = $1 AND token = $2`, l.environment, l.token)
		return err
	})
}

// update is a transaction of the lease's environment; now is its time.
func (l *Lease) update(ctx context.Context, doing string, change func(tx *transaction, now time.Time) error) error {
	return l.store.update(ctx, doing, func(tx *transaction) error {
		var one int
		err := tx.QueryRowContext(ctx, `SELECT 1 FROM locks WHERE environment = $1 AND token = $2 AND held = 1`, l.environment, l.token).Scan(&one)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("environment %s: %w", l.environment, ErrFenced)
		}
		if err != nil {
			return err
		}
		return change(tx, l.store.now())
	})
}

// owns refuses to write about an address of another environment.
func (l *Lease) owns(address string) error {
	if environment := environmentOf(address); environment != l.environment || address == environment {
		return fmt.Errorf("%q is not in environment %s, whose lock this is", address, l.environment)
	}
	return nil
}
