// Package postgrestest starts a real PostgreSQL for tests, from the programs of the
// machine, on a Unix socket in a temporary folder.
//
//	var server postgrestest.Server // of the package's tests; starts when one asks
//
//	func TestMain(m *testing.M) {
//		code := m.Run()
//		server.Stop()
//		os.Exit(code)
//	}
//
//	func TestSomething(t *testing.T) {
//		address := server.Database(t) // a database of its own
//	}
//
// Where PostgreSQL is not installed the test is skipped, or fails where TENON_REQUIRE
// lists postgres. The server ends with the test binary, however that ends.
package postgrestest

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tenon-sdk/tenon/internal/need"
)

// Password is that of the user of every address. It must stand in no error and in no file.
const Password = "S3cret-of-postgres"

const superuser = "admin"

// Server is a PostgreSQL with fsync on. The zero Server works.
type Server struct {
	mu        sync.Mutex
	folder    string // empty: nothing was made yet
	programs  string
	databases int
	running   *exec.Cmd      // the keeper, nil while the server is down
	end       io.WriteCloser // the keeper's standard input
}

// Start starts the server, with the data that it had when it was killed.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	programs := need.Postgres(t)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return
	}
	if s.folder == "" {
		s.programs = programs
		s.make(t)
	}
	s.keep(t)
	s.await(t)
}

// make makes the cluster.
func (s *Server) make(t testing.TB) {
	t.Helper()
	folder, err := os.MkdirTemp("", "tenon-pg-") // short: the name of a socket is
	must(t, err)
	must(t, own(folder))
	password := filepath.Join(folder, "password")
	must(t, os.WriteFile(password, []byte(Password), 0o644)) // in a folder that is closed to others
	initdb := exec.Command(filepath.Join(s.programs, "initdb"), "-D", filepath.Join(folder, "data"), "-U", superuser,
		"-A", "scram-sha-256", "--pwfile", password, "--encoding=UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = folder, account()
	output, err := initdb.CombinedOutput()
	must(t, err, string(output))
	must(t, os.Remove(password))
	s.folder = folder
}

// keeper waits for the end of the test binary, which closes its standard input, or for the
// word keep, and ends the server as a crash would.
const keeper = `
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 -c shared_buffers=32MB >>"$2/log" 2>&1 </dev/null &
server=$!
read -r word
kill -QUIT $server
wait $server
[ "$word" = keep ] || rm -rf "$2"
`

func (s *Server) keep(t testing.TB) {
	t.Helper()
	command := exec.Command("sh", "-c", keeper, "sh", s.programs, s.folder)
	command.Dir, command.SysProcAttr = s.folder, account()
	end, err := command.StdinPipe()
	must(t, err)
	must(t, command.Start())
	s.running, s.end = command, end
}

// Kill ends the server at once, as a crash of its machine would: what was not committed is
// lost, and what was is found by recovery at the next Start.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	must(t, s.stop("keep\n"))
}

// Stop ends the server and removes its data.
func (s *Server) Stop() {
	if err := s.stop(""); err != nil {
		fmt.Fprintln(os.Stderr, "postgrestest:", err)
	}
	if s.folder != "" {
		_ = os.RemoveAll(s.folder) // of a server that was killed and not started again
	}
}

func (s *Server) stop(word string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	command := s.running
	s.running = nil
	if _, err := io.WriteString(s.end, word); err != nil {
		return err
	}
	if err := s.end.Close(); err != nil {
		return err
	}
	return ignoreExit(command.Wait())
}

// Log is what the server has written so far.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	log, err := os.ReadFile(filepath.Join(s.folder, "log"))
	must(t, err)
	return string(bytes.TrimSpace(log))
}

// address is that of a database.
func (s *Server) address(database string) string {
	address := url.URL{Scheme: "postgres", User: url.UserPassword(superuser, Password), Path: "/" + database,
		RawQuery: url.Values{"host": {s.folder}}.Encode()}
	return address.String()
}

// must fails a test. This package is no test file, so that it does not ask those who link
// the library for the one that helps with tests.
func must(t testing.TB, err error, output ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(append([]string{"PostgreSQL: " + err.Error()}, output...))
	}
}
