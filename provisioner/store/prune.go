package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"
)

// PruneOptions say how much history is kept.
type PruneOptions struct {
	Before time.Time // what is younger stays; zero: nothing is removed
	Keep   int       // the newest deployments of each environment stay, however old; default 10, at least 1
	Who    string    // for the audit
}

const defaultKeep = 10

// Pruned is how much was removed.
type Pruned struct {
	Deployments int `json:"deployments"` // with their journal, attempts and what they left
	Artifacts   int `json:"artifacts"`   // versions that were replaced since
	Plans       int `json:"plans"`       // that nobody has applied
}

// Prune removes history and gives the space back to the disk. What is current stays
// whatever its age: instances, states, artifacts, the files of bundles, and deployments of
// which a step is not settled yet. So does the audit, which says that it was done before it is.
func (s *Store) Prune(ctx context.Context, opts PruneOptions) (Pruned, error) {
	if opts.Before.IsZero() {
		return Pruned{}, nil
	}
	if opts.Keep == 0 {
		opts.Keep = defaultKeep
	}
	opts.Keep = max(opts.Keep, 1)
	before := timeText(opts.Before)
	event := AuditEvent{Who: opts.Who, What: "prune", Details: map[string]string{"before": before, "keep": fmt.Sprint(opts.Keep)}}
	if err := s.Audit(ctx, event); err != nil {
		return Pruned{}, err
	}
	var pruned Pruned
	err := s.update(ctx, "prune", func(tx *transaction) error {
		old, err := oldDeployments(ctx, tx, before, opts.Keep)
		if err != nil {
			return err
		}
		pruned = Pruned{Deployments: len(old)}
		for _, id := range old {
			for _, statement := range []string{
				`DELETE FROM journal WHERE deployment = $1`, `DELETE FROM attempts WHERE deployment = $1`,
				`DELETE FROM deployed WHERE deployment = $1`, `DELETE FROM deployments WHERE id = $1`,
			} {
				if _, err := tx.ExecContext(ctx, statement, id); err != nil {
					return err
				}
			}
		}
		pruned.Artifacts, err = count(tx.ExecContext(ctx, `
			DELETE FROM artifact_history WHERE recorded < $1
				AND id NOT IN (SELECT MAX(id) FROM artifact_history GROUP BY address)`, before))
		if err != nil {
			return err
		}
		pruned.Plans, err = count(tx.ExecContext(ctx, `DELETE FROM plans WHERE written < $1`, before))
		return err
	})
	if err != nil {
		return Pruned{}, err
	}
	return pruned, s.failed(ctx, "compact", s.compact(ctx))
}

// oldDeployments gives the ids of those that go. Of each environment it is a beginning of
// its history: an entry of the journal that is settled by a later one never outlives that.
func oldDeployments(ctx context.Context, tx *transaction, before string, keep int) ([]string, error) {
	type deployment struct {
		id  string
		old bool
	}
	byEnvironment := map[string][]deployment{} // newest first
	rows, err := tx.QueryContext(ctx, `SELECT environment, id, started < $1 AND status <> $2 FROM deployments ORDER BY seq DESC`, before, Running)
	err = each(rows, err, func(rows *sql.Rows) error {
		var environment string
		var d deployment
		err := rows.Scan(&environment, &d.id, &d.old)
		byEnvironment[environment] = append(byEnvironment[environment], d)
		return err
	})
	if err != nil {
		return nil, err
	}
	open, err := column[string](tx.QueryContext(ctx, `SELECT DISTINCT deployment FROM journal WHERE `+unsettled))
	if err != nil {
		return nil, err
	}
	var old []string
	for _, list := range byEnvironment {
		list = list[min(keep, len(list)):]
		first := slices.IndexFunc(list, func(d deployment) bool { return d.old })
		if first < 0 {
			continue
		}
		for _, d := range list[first:] {
			if !slices.Contains(open, d.id) {
				old = append(old, d.id)
			}
		}
	}
	return old, nil
}

func count(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}

// compact gives space back to the disk. Writes wait meanwhile.
// Source: https://www.sqlite.org/lang_vacuum.html
func (s *Store) compact(ctx context.Context) error {
	s.writes.turn.Lock()
	defer s.writes.turn.Unlock()
	_, err := s.write.ExecContext(ctx, `VACUUM`)
	if err != nil {
		return err
	}
	rows, err := s.write.QueryContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	return errors.Join(each(rows, err, func(*sql.Rows) error { return nil }))
}
