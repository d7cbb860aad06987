package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// What Deployment.Status can be.
const (
	Running     = "running"
	Succeeded   = "succeeded"
	Failed      = "failed"
	Canceled    = "canceled"
	Interrupted = "interrupted" // its process died; set by the next Lock
)

// Deployment is one recorded run over an environment.
type Deployment struct {
	ID                string
	Environment       string
	Kind              string // deploy, destroy
	Status            string
	RequestedBy       string
	Reason            string
	PlanDigest        string
	Started, Finished time.Time // Finished is zero while it runs, and where it died
	Order             []string  // instance addresses of the run, in order
	Summary           []byte    // JSON; sealed; nil in a store opened without its key
}

// Begin records that a run starts. Its Environment is the lease's, its Status running, its
// Started now.
func (l *Lease) Begin(ctx context.Context, d Deployment) error {
	return l.update(ctx, "begin deployment "+d.ID, func(tx *transaction, now time.Time) error {
		if d.ID == "" {
			return errors.New("a deployment needs an id")
		}
		order, err := encode(d.Order)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `
			INSERT INTO deployments (id, environment, kind, status, requested_by, reason, plan_digest, started, finished, instances)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', $9) ON CONFLICT (id) DO NOTHING`,
			d.ID, l.environment, d.Kind, Running, d.RequestedBy, d.Reason, d.PlanDigest, timeText(now), string(order))
		return oneRow(result, err, "its id is taken")
	})
}

// Finish records how a run ended: succeeded, failed or canceled. A deployment finishes
// once.
func (l *Lease) Finish(ctx context.Context, id, status string, summary []byte) error {
	return l.update(ctx, "finish deployment "+id, func(tx *transaction, now time.Time) error {
		if status != Succeeded && status != Failed && status != Canceled {
			return fmt.Errorf("%q is not how a deployment ends", status)
		}
		sealed, err := l.store.seal("summary", l.environment+" "+id, summary)
		if err != nil {
			return err
		}
		result, err := tx.ExecContext(ctx, `UPDATE deployments SET status = $1, finished = $2, sealed = $3 WHERE id = $4 AND environment = $5 AND status = $6`,
			status, timeText(now), sealed, id, l.environment, Running)
		return oneRow(result, err, "it is not running in environment "+l.environment)
	})
}

// oneRow is the error of a statement that must have changed exactly one row.
func oneRow(result sql.Result, err error, otherwise string) error {
	if err != nil {
		return err
	}
	if count, err := result.RowsAffected(); err != nil || count != 1 {
		return errors.Join(err, errors.New(otherwise))
	}
	return nil
}

// Deployments gives the runs over an environment, newest first; all where limit is 0.
func (s *Store) Deployments(ctx context.Context, environment string, limit int) (list []Deployment, err error) {
	if limit <= 0 {
		limit = math.MaxInt32
	}
	rows, err := s.read.QueryContext(ctx, `
		SELECT id, environment, kind, status, requested_by, reason, plan_digest, started, finished, instances, sealed
		FROM deployments WHERE environment = $1 ORDER BY seq DESC LIMIT $2`, environment, limit)
	err = each(rows, err, func(rows *sql.Rows) error {
		var d Deployment
		var sealed []byte
		err := rows.Scan(&d.ID, &d.Environment, &d.Kind, &d.Status, &d.RequestedBy, &d.Reason, &d.PlanDigest,
			textTime{&d.Started}, textTime{&d.Finished}, jsonText{&d.Order}, &sealed)
		if err == nil && sealed != nil && s.vault != nil {
			d.Summary, err = s.unseal("summary", environment+" "+d.ID, sealed)
		}
		list = append(list, d)
		return err
	})
	return list, s.failed(ctx, "deployments of "+environment, err)
}
