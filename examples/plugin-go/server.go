package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// server is a connection to a PostgreSQL server.
type server struct {
	*pgx.Conn
	host string
	port uint16
}

func connect(ctx context.Context, address string) (*server, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, errors.New("the address of the server cannot be read")
	}
	connection, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, failed(ctx, err)
	}
	return &server{connection, config.Host, config.Port}, nil
}

func (s *server) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = s.Close(ctx) // it only says goodbye
}

// failed puts an error of the server into words, and says whether to try again.
func failed(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("it was interrupted: %w", ctx.Err())
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		what := fmt.Errorf("the server says: %s (%s)", said.Message, said.Code)
		// Classes 08, 53 and 57: connection, resources, operator. Source: PostgreSQL 15
		// documentation, Appendix A, Error Codes.
		switch said.Code[:2] {
		case "08", "53", "57":
			return &provisioner.Error{Class: provisioner.Transient, After: 2 * time.Second, Err: what}
		}
		return what
	}
	// The library's words may repeat the address, in which a password stands.
	return &provisioner.Error{Class: provisioner.Transient, After: 2 * time.Second, Err: errors.New("the server cannot be reached")}
}

// Addresses of the two resources.
const (
	role     = "role"
	database = "database"
)

// found is what the server has.
type found struct {
	role, database bool
	limit          int
	owner          string
}

func (s *server) look(ctx context.Context, name string) (found, error) {
	f := found{limit: -1}
	err := s.QueryRow(ctx, "select rolconnlimit from pg_roles where rolname = $1", name).Scan(&f.limit)
	f.role = err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return f, failed(ctx, err)
	}
	err = s.QueryRow(ctx, "select pg_get_userbyid(datdba) from pg_database where datname = $1", name).Scan(&f.owner)
	f.database = err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return f, failed(ctx, err)
	}
	return f, nil
}

// changes lead from what there is to what is wanted, in the order in which they are made.
func (s *server) changes(ctx context.Context, req *provisioner.Request, before *state, wanted spec) ([]provisioner.Change, error) {
	for _, address := range req.Replace {
		if address != role && address != database {
			return nil, tenon.Problem{Rule: "unknown-resource", Message: fmt.Sprintf("there is no resource %q to replace", address), Hint: tenon.DidYouMean(address, []string{role, database})}
		}
	}
	list := []provisioner.Change{}
	add := func(address string, action provisioner.Action, attributes ...provisioner.Attribute) {
		list = append(list, provisioner.Change{Address: address, Type: "postgresql_" + address, Action: action, Attributes: attributes})
	}
	name := wanted.Name
	if before != nil {
		name = before.Name
	}
	now, err := s.look(ctx, name)
	if err != nil {
		return nil, err
	}
	if req.Mode == provisioner.Destroy {
		if now.database {
			add(database, provisioner.Delete)
		}
		if now.role {
			add(role, provisioner.Delete)
		}
		return list, nil
	}
	if before == nil && (now.role || now.database) {
		return nil, tenon.Problem{
			Rule: "not-ours", Path: tenon.At("inputs", "name"),
			Message: fmt.Sprintf("there is a role or a database %q already, which this step has not made", name),
			Hint:    "take another name, or import it",
		}
	}
	named := provisioner.Attribute{Path: "name", After: wanted.Name}
	limited := provisioner.Attribute{Path: "connectionLimit", After: wanted.Limit}
	// The database goes with its owner.
	again := slices.Contains(req.Replace, role) && now.role
	if again || slices.Contains(req.Replace, database) && now.database {
		if again {
			add(role, provisioner.Replace, limited, named, provisioner.Attribute{Path: "password", Sensitive: true})
		}
		add(database, provisioner.Replace, named, provisioner.Attribute{Path: "owner", After: wanted.Name})
		return list, nil
	}
	if !now.role {
		add(role, provisioner.Create, limited, named, provisioner.Attribute{Path: "password", Sensitive: true})
	} else if attributes := s.differences(before, now, wanted); len(attributes) > 0 {
		add(role, provisioner.Update, attributes...)
	}
	switch {
	case !now.database:
		add(database, provisioner.Create, named, provisioner.Attribute{Path: "owner", After: wanted.Name})
	case before.Name != wanted.Name:
		named.Before = before.Name
		add(database, provisioner.Update, named)
	}
	return list, nil
}

func (s *server) differences(before *state, now found, wanted spec) []provisioner.Attribute {
	var list []provisioner.Attribute
	if now.limit != wanted.Limit {
		list = append(list, provisioner.Attribute{Path: "connectionLimit", Before: now.limit, After: wanted.Limit})
	}
	if before.Name != wanted.Name {
		list = append(list, provisioner.Attribute{Path: "name", Before: before.Name, After: wanted.Name})
	}
	if before.Password == "" || wanted.Password != "" && wanted.Password != before.Password {
		list = append(list, provisioner.Attribute{Path: "password", Sensitive: true})
	}
	return list
}

// drift is what is not as it was left.
func (s *server) drift(ctx context.Context, before *state) ([]provisioner.Change, error) {
	now, err := s.look(ctx, before.Name)
	if err != nil {
		return nil, err
	}
	var list []provisioner.Change
	add := func(address string, action provisioner.Action, attributes ...provisioner.Attribute) {
		list = append(list, provisioner.Change{Address: address, Type: "postgresql_" + address, Action: action, Attributes: attributes})
	}
	switch {
	case !now.database:
		add(database, provisioner.Delete)
	case now.owner != before.Name:
		add(database, provisioner.Update, provisioner.Attribute{Path: "owner", Before: before.Name, After: now.owner})
	}
	switch {
	case !now.role:
		add(role, provisioner.Delete)
	case now.limit != before.Limit:
		add(role, provisioner.Update, provisioner.Attribute{Path: "connectionLimit", Before: before.Limit, After: now.limit})
	}
	return list, nil
}
