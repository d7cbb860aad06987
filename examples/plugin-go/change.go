package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// make does one change, and gives the state after it.
func (s *server) make(ctx context.Context, req *provisioner.Request, change provisioner.Change, before *state, wanted spec) (*state, error) {
	after := &state{Name: wanted.Name, Password: wanted.Password, Limit: wanted.Limit}
	if before != nil && after.Password == "" {
		after.Password = before.Password
	}
	if after.Password == "" {
		after.Password = newPassword()
	}
	anew := change.Action == provisioner.Create || change.Action == provisioner.Replace
	if anew {
		if err := writeState(ctx, req, after); err != nil {
			return before, err
		}
	}
	options := fmt.Sprintf("login connection limit %d password %s", after.Limit, text(after.Password))
	var err error
	switch {
	case change.Address == role && anew:
		_, err = s.Exec(ctx, "create role "+quoted(after.Name)+" "+options)
	case change.Address == role && before.Name == after.Name:
		_, err = s.Exec(ctx, "alter role "+quoted(after.Name)+" "+options)
	case change.Address == role:
		return s.rename(ctx, req, before, after, options)
	case anew:
		_, err = s.Exec(ctx, "create database "+quoted(after.Name)+" owner "+quoted(after.Name))
	} // the database got its new name with the role
	if err != nil {
		return before, failed(ctx, err)
	}
	return after, nil
}

// rename gives role and database their new name, both or neither. The new name is in the
// state before, so that a run that is cut off is understood.
func (s *server) rename(ctx context.Context, req *provisioner.Request, before, after *state, options string) (*state, error) {
	if err := writeState(ctx, req, &state{Name: before.Name, Next: after.Name, Password: after.Password, Limit: after.Limit}); err != nil {
		return before, err
	}
	err := pgx.BeginFunc(ctx, s.Conn, func(tx pgx.Tx) error {
		for _, statement := range []string{
			"alter role " + quoted(before.Name) + " rename to " + quoted(after.Name),
			"alter database " + quoted(before.Name) + " rename to " + quoted(after.Name),
			"alter role " + quoted(after.Name) + " " + options, // a new name may have cost it its password
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return before, failed(ctx, err)
	}
	return after, nil
}

// settle finds out which of its two names a database has whose renaming was cut off.
func (s *server) settle(ctx context.Context, known *state) (*state, error) {
	if known == nil || known.Next == "" {
		return known, nil
	}
	now, err := s.look(ctx, known.Next)
	if err != nil {
		return nil, err
	}
	settled := &state{Name: known.Name, Password: known.Password, Limit: known.Limit}
	if now.database {
		settled.Name = known.Next
	}
	return settled, nil
}

// remove drops a database, or a role with the database that it owns.
func (s *server) remove(ctx context.Context, change provisioner.Change, before *state) error {
	statements := []string{"drop database if exists " + quoted(before.Name) + " with (force)"}
	if change.Address == role {
		statements = append(statements, "drop role if exists "+quoted(before.Name))
	}
	for _, statement := range statements {
		if _, err := s.Exec(ctx, statement); err != nil {
			return failed(ctx, err)
		}
	}
	return nil
}

// Import takes over a database and the role of the same name that owns it. Its password is
// the input, or a new one that the next apply sets.
func (driver) Import(ctx context.Context, req *provisioner.Request, address, id string, _ provisioner.Sink) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Failed}
	before, _, err := readState(ctx, req)
	if err != nil {
		return result, err
	}
	wrong := func(rule, message string) (*provisioner.Result, error) {
		return result, tenon.Problem{Rule: rule, Message: message}
	}
	switch {
	case before != nil:
		return wrong("already-managed", fmt.Sprintf("the step has the database %q already", before.Name))
	case address != database:
		return wrong("postgres-import", fmt.Sprintf("%q cannot be imported, only %s", address, database))
	}
	wanted, err := specOf(req)
	if err != nil {
		return result, err
	}
	s, err := connect(ctx, wanted.Server)
	if err != nil {
		return result, err
	}
	defer s.close()
	now, err := s.look(ctx, id)
	if err != nil {
		return result, err
	}
	if !now.database || now.owner != id {
		return wrong("postgres-import", fmt.Sprintf("there is no database %q that a role of the same name owns", id))
	}
	known := &state{Name: id, Password: wanted.Password, Limit: now.limit}
	if err := writeState(ctx, req, known); err != nil {
		return result, err
	}
	return &provisioner.Result{
		Outcome: provisioner.Done, Outputs: known.outputs(s),
		Changes: []provisioner.Change{{Address: database, Type: "postgresql_database", Action: provisioner.Import}},
	}, nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// text is a string of SQL; standard_conforming_strings is on since PostgreSQL 9.1.
func text(value string) string { return "'" + strings.ReplaceAll(value, "'", "''") + "'" }
