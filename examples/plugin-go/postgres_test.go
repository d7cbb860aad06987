package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
)

// startPostgres starts a real server on a free port of the loopback, and gives the address
// of its superuser. Where PostgreSQL is not installed the test is skipped, or fails where
// TENON_REQUIRE asks for it.
func startPostgres(t *testing.T) string {
	t.Helper()
	initdb, control := need.Tool(t, "initdb"), need.Tool(t, "pg_ctl")
	folder, err := os.MkdirTemp("", "tenon-postgres-") // short: its socket lies there
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	account := &syscall.SysProcAttr{}
	if os.Geteuid() == 0 { // it does not run as root
		for _, name := range []string{"postgres", "nobody"} {
			if found, err := user.Lookup(name); err == nil {
				uid, _ := strconv.Atoi(found.Uid)
				gid, _ := strconv.Atoi(found.Gid)
				account.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
				require.NoError(t, os.Chown(folder, uid, gid))
				break
			}
		}
	}
	run := func(name string, arguments ...string) {
		t.Helper()
		command := exec.Command(name, arguments...)
		command.Dir, command.SysProcAttr = folder, account
		output, err := command.CombinedOutput()
		require.NoError(t, err, "%s: %s", name, output)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	port := listener.Addr().(*net.TCPAddr).Port
	require.NoError(t, listener.Close())

	password := filepath.Join(folder, "password")
	require.NoError(t, os.WriteFile(password, []byte("sentinel-superuser"), 0o644))
	data := filepath.Join(folder, "data")
	run(initdb, "-D", data, "-U", "admin", "-A", "scram-sha-256", "--pwfile", password, "--no-sync")
	options := fmt.Sprintf("-p %d -c listen_addresses=127.0.0.1 -c unix_socket_directories=%s -c fsync=off", port, folder)
	run(control, "-D", data, "-w", "-l", filepath.Join(folder, "log"), "-o", options, "start")
	t.Cleanup(func() { run(control, "-D", data, "-m", "immediate", "stop") })
	return fmt.Sprintf("postgres://admin:sentinel-superuser@127.0.0.1:%d/postgres?sslmode=disable", port)
}
