package postgrestest

import (
	"database/sql"
	"errors"
	"fmt"
	"os/exec"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
)

// patience is how long a server may take to start, recovery included.
const patience = time.Minute

// Database makes an empty database and gives its address. options stand at the end of
// CREATE DATABASE.
func (s *Server) Database(t testing.TB, options ...string) string {
	t.Helper()
	s.Start(t)
	s.mu.Lock()
	s.databases++
	name := fmt.Sprintf("test_%d", s.databases)
	s.mu.Unlock()
	statement := "CREATE DATABASE " + name
	for _, option := range options {
		statement += " " + option
	}
	s.Exec(t, "postgres", statement)
	return s.address(name)
}

// Exec runs a statement as the superuser in a database, postgres for the server itself.
func (s *Server) Exec(t testing.TB, database, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", s.address(database))
	must(t, err)
	defer db.Close()
	_, err = db.Exec(statement)
	must(t, err, statement)
}

// await waits until the server answers.
func (s *Server) await(t testing.TB) {
	t.Helper()
	db, err := sql.Open("pgx", s.address("postgres"))
	must(t, err)
	defer db.Close()
	for begun := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err = db.PingContext(t.Context()); err == nil {
			return
		}
		if time.Since(begun) > patience {
			must(t, err, s.Log(t))
		}
	}
}

// ignoreExit is for a server that was told to crash.
func ignoreExit(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return nil
	}
	return err
}
