package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Entry is a row of the journal: the intent is durable before a driver is called, the
// outcome after.
type Entry struct {
	ID         int64 // grows
	Deployment string
	Address    string
	Step       string
	Action     string // apply, destroy
	Inputs     string // digest
	Started    time.Time
	Outcome    string // empty while it runs, and where its process died: done, failed, unknown
	Message    string // never a secret
	Finished   time.Time
}

// Intent records that a step is about to be run, and gives the entry's id. Outcome,
// Message and the times of e are not looked at.
func (l *Lease) Intent(ctx context.Context, e Entry) (id int64, err error) {
	err = l.update(ctx, fmt.Sprintf("journal %s %s", e.Address, e.Step), func(tx *transaction, now time.Time) error {
		if err := l.owns(e.Address); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, `
			INSERT INTO journal (environment, deployment, address, step, action, inputs, started, outcome, message, finished)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', '') RETURNING id`,
			l.environment, e.Deployment, e.Address, e.Step, e.Action, e.Inputs, timeText(now)).Scan(&id)
	})
	return id, err
}

// Outcome records how a step ended. An entry gets one outcome; unknown may be replaced
// once somebody has looked.
func (l *Lease) Outcome(ctx context.Context, id int64, outcome, message string) error {
	return l.update(ctx, fmt.Sprintf("journal entry %d", id), func(tx *transaction, now time.Time) error {
		switch provisioner.Outcome(outcome) {
		case provisioner.Done, provisioner.Failed, provisioner.Unknown:
		default:
			return fmt.Errorf("%q is not an outcome", outcome)
		}
		result, err := tx.ExecContext(ctx, `
			UPDATE journal SET outcome = $1, message = $2, finished = $3
			WHERE id = $4 AND environment = $5 AND outcome IN ('', 'unknown')`,
			outcome, message, timeText(now), id, l.environment)
		return oneRow(result, err, "it has an outcome already, or is not of environment "+l.environment)
	})
}

// Unfinished gives the entries of an environment of which nobody knows how they ended, in
// order: without an outcome, or unknown, and no later entry of the same step was done or
// failed.
func (s *Store) Unfinished(ctx context.Context, environment string) ([]Entry, error) {
	entries, err := s.entries(ctx, s.read, `environment = $1 AND `+unsettled, environment)
	return entries, s.failed(ctx, "journal of "+environment, err)
}

// Journal gives the entries of a deployment, in order.
func (s *Store) Journal(ctx context.Context, deployment string) ([]Entry, error) {
	entries, err := s.entries(ctx, s.read, `deployment = $1`, deployment)
	return entries, s.failed(ctx, "journal of deployment "+deployment, err)
}

const unsettled = `outcome IN ('', 'unknown') AND NOT EXISTS (
	SELECT 1 FROM journal AS later WHERE later.address = journal.address AND later.step = journal.step
		AND later.id > journal.id AND later.outcome IN ('done', 'failed'))`

type querier interface {
	QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error)
}

func (s *Store) entries(ctx context.Context, from querier, where string, argument string) (entries []Entry, err error) {
	rows, err := from.QueryContext(ctx, `
		SELECT id, deployment, address, step, action, inputs, started, outcome, message, finished
		FROM journal WHERE `+where+` ORDER BY id`, argument)
	err = each(rows, err, func(rows *sql.Rows) error {
		var e Entry
		err := rows.Scan(&e.ID, &e.Deployment, &e.Address, &e.Step, &e.Action, &e.Inputs, textTime{&e.Started}, &e.Outcome, &e.Message, textTime{&e.Finished})
		entries = append(entries, e)
		return err
	})
	return entries, err
}
