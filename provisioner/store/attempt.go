package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon"
)

// Unknown is an attempt of which nobody knows how it ended.
const Unknown = "unknown"

// Attempt is what one run did with one instance. Those that had nothing to do, or were
// never begun because something they need failed, are not recorded. What the run left is
// in Deployed.
type Attempt struct {
	ID          int64          `json:"id"` // grows
	Deployment  string         `json:"deployment"`
	Environment string         `json:"environment"`
	Instance    string         `json:"instance"` // address
	Bundle      string         `json:"bundle"`   // name
	Version     string         `json:"version"`
	Action      string         `json:"action"`             // apply, destroy
	Status      string         `json:"status"`             // Running, Succeeded, Failed, Canceled, Unknown or Interrupted
	Reason      string         `json:"reason,omitempty"`   // why something was to be done
	Message     string         `json:"message,omitempty"`  // why it did not succeed; never a secret
	Problems    tenon.Problems `json:"problems,omitempty"` // the same, where it is somebody's mistake; never a secret
	Started     time.Time      `json:"started"`            // default: when it is first recorded
	Finished    time.Time      `json:"finished,omitzero"`  // zero while it runs, and where its process died
}

// SaveAttempt records an attempt, in place of what was recorded of this instance in this
// deployment; but for the start and its reason, which stay. ID, Environment and Finished are not
// looked at.
func (l *Lease) SaveAttempt(ctx context.Context, a Attempt) error {
	return l.update(ctx, "attempt at "+a.Instance, func(tx *transaction, now time.Time) error {
		return l.writeAttempts(ctx, tx, []Attempt{a}, now)
	})
}

func (l *Lease) writeAttempts(ctx context.Context, tx *transaction, attempts []Attempt, now time.Time) error {
	for _, a := range attempts {
		if err := l.owns(a.Instance); err != nil {
			return err
		}
		finished := timeText(now)
		switch a.Status {
		case Running:
			finished = ""
		case Succeeded, Failed, Canceled, Unknown:
		default:
			return fmt.Errorf("%q is not the status of an attempt", a.Status)
		}
		if a.Started.IsZero() {
			a.Started = now
		}
		var rules strings.Builder
		for _, p := range a.Problems {
			rules.WriteString(" " + p.Rule + " ")
		}
		problems, err := encode(a.Problems)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO attempts (deployment, environment, address, component, bundle, version, action, status, reason, message, rules, problems, started, finished)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (deployment, address) DO UPDATE SET bundle = excluded.bundle, version = excluded.version, action = excluded.action, status = excluded.status,
				message = excluded.message, rules = excluded.rules, problems = excluded.problems, finished = excluded.finished`,
			a.Deployment, l.environment, a.Instance, a.Instance[len(l.environment)+1:], a.Bundle, a.Version, a.Action, a.Status, a.Reason,
			a.Message, rules.String(), string(problems), timeText(a.Started), finished)
		if err != nil {
			return err
		}
	}
	return nil
}
