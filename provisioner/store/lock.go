package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// LockedError is an environment that somebody else is writing about.
type LockedError struct {
	Environment, Who, Host string
	PID                    int
	Since                  time.Time
}

func (e *LockedError) Error() string {
	return fmt.Sprintf("environment %s is locked by %s (pid %d on host %s) since %s: wait until it has ended",
		e.Environment, e.Who, e.PID, e.Host, e.Since.UTC().Format(time.RFC3339))
}

// Lock takes the lock of an environment. who is said to those who wait: "deploy of
// alice". *LockedError where somebody has it, this process included. The lock of a
// process of this machine that died is taken over: Lease.TookOver says whose it was.
//
// Whoever has the lock is the only one at work: deployments of the environment that are
// still marked running are marked interrupted.
func (s *Store) Lock(ctx context.Context, environment, who string) (*Lease, error) {
	if projectOf(environment) == environment || strings.Contains(environment, ".") {
		return nil, fmt.Errorf("lock: %q is not the address of an environment (project/environment)", environment)
	}
	lease := &Lease{store: s, environment: environment}
	err := s.update(ctx, "lock environment "+environment, func(tx *transaction) error {
		lease.token, lease.tookOver = 0, nil
		self := thisProcess()
		var held bool
		var by holder
		at := LockedError{Environment: environment}
		err := tx.QueryRowContext(ctx, `SELECT token, held, who, host, boot_id, pid_space, pid, pid_start, since FROM locks WHERE environment = $1`, environment).
			Scan(&lease.token, &held, &at.Who, &by.host, &by.boot, &by.space, &by.pid, &by.start, textTime{&at.Since})
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if held {
			at.Host, at.PID = by.host, by.pid
			if !by.dead(self) {
				return &at
			}
			lease.tookOver = &at
		}
		lease.token++
		_, err = tx.ExecContext(ctx, `
			INSERT INTO locks (environment, token, held, who, host, boot_id, pid_space, pid, pid_start, since) VALUES ($1, $2, 1, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (environment) DO UPDATE SET token = excluded.token, held = 1, who = excluded.who, host = excluded.host, boot_id = excluded.boot_id,
				pid_space = excluded.pid_space, pid = excluded.pid, pid_start = excluded.pid_start, since = excluded.since`,
			environment, lease.token, who, self.host, self.boot, self.space, self.pid, self.start, timeText(s.now()))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE deployments SET status = $1 WHERE environment = $2 AND status = $3`, Interrupted, environment, Running)
		return err
	})
	var locked *LockedError
	if errors.As(err, &locked) {
		return nil, locked // says all there is to say
	}
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.leases[lease] = true
	s.mu.Unlock()
	return lease, nil
}
