package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// AttemptQuery says which attempts are asked for: those that fit all fields that are not
// empty. The zero value asks for the newest.
type AttemptQuery struct {
	Environment string // address
	Deployment  string
	Instance    string // address, or the name of a component, in all environments then
	Bundle      string // name
	Version     string
	Status      string
	// Diagnostic is the rule of a problem, or a part of the message, in capitals or not.
	Diagnostic string
	Before     int64 // only attempts with a smaller ID: the next page after the last of this one
	Limit      int   // default 50
}

const defaultAttempts = 50

// attemptStatus says interrupted of what was running when its process died.
const attemptStatus = `CASE WHEN attempts.status = 'running' AND deployments.status = 'interrupted' THEN 'interrupted' ELSE attempts.status END`

// Attempts gives what runs did with instances, newest first, so that a use of a bundle that
// fails can be held against those that work.
func (s *Store) Attempts(ctx context.Context, q AttemptQuery) (list []Attempt, err error) {
	where, arguments := q.where()
	rows, err := s.read.QueryContext(ctx, `
		SELECT attempts.id, attempts.deployment, attempts.environment, address, bundle, version, action, `+attemptStatus+`,
			attempts.reason, message, problems, attempts.started, attempts.finished
		FROM attempts LEFT JOIN deployments ON deployments.id = attempts.deployment
		WHERE `+where+` ORDER BY attempts.id DESC LIMIT `+fmt.Sprintf("$%d", len(arguments)), arguments...)
	err = each(rows, err, func(rows *sql.Rows) error {
		var a Attempt
		err := rows.Scan(&a.ID, &a.Deployment, &a.Environment, &a.Instance, &a.Bundle, &a.Version, &a.Action, &a.Status,
			&a.Reason, &a.Message, jsonText{&a.Problems}, textTime{&a.Started}, textTime{&a.Finished})
		if len(a.Problems) == 0 {
			a.Problems = nil
		}
		list = append(list, a)
		return err
	})
	return list, s.failed(ctx, "attempts", err)
}

// where gives the condition and its arguments, with the limit as the last one.
func (q AttemptQuery) where() (string, []any) {
	conditions, arguments := []string{"1 = 1"}, []any{}
	and := func(condition, value string) {
		if value != "" {
			arguments = append(arguments, value)
			conditions = append(conditions, strings.ReplaceAll(condition, "?", fmt.Sprintf("$%d", len(arguments))))
		}
	}
	and(`attempts.environment = ?`, q.Environment)
	and(`attempts.deployment = ?`, q.Deployment)
	if strings.Contains(q.Instance, "/") {
		and(`address = ?`, q.Instance)
	} else {
		and(`component = ?`, q.Instance)
	}
	and(`bundle = ?`, q.Bundle)
	and(`version = ?`, q.Version)
	switch q.Status {
	case Running, Interrupted: // beside the deployment's; the index finds the few that can be one of them
		and(`attempts.status = 'running' AND `+attemptStatus+` = ?`, q.Status)
	default:
		and(`attempts.status = ?`, q.Status)
	}
	and(`(rules LIKE '% ' || ? || ' %' ESCAPE '\' OR LOWER(message) LIKE '%' || LOWER(?) || '%' ESCAPE '\')`, likely.Replace(q.Diagnostic))
	if q.Before > 0 {
		arguments = append(arguments, q.Before)
		conditions = append(conditions, fmt.Sprintf(`attempts.id < $%d`, len(arguments)))
	}
	if q.Limit <= 0 {
		q.Limit = defaultAttempts
	}
	return strings.Join(conditions, " AND "), append(arguments, q.Limit)
}

// likely makes a text one that LIKE takes as it is.
var likely = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)
