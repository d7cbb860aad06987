package postgrestest_test

import (
	"database/sql"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/postgrestest"
)

var server postgrestest.Server

func TestMain(m *testing.M) {
	code := m.Run()
	server.Stop()
	os.Exit(code)
}

// What was committed is there after a crash, and databases share nothing.
func TestServer(t *testing.T) {
	t.Parallel()
	address := server.Database(t)
	require.NotEqual(t, address, server.Database(t))
	db, err := sql.Open("pgx", address)
	require.NoError(t, err)
	defer db.Close()
	_, err = db.Exec(`CREATE TABLE t AS SELECT 42 AS answer`)
	require.NoError(t, err)
	server.Kill(t)
	require.Error(t, db.Ping())
	server.Start(t)
	var answer int
	require.NoError(t, db.QueryRow(`SELECT answer FROM t`).Scan(&answer))
	require.Equal(t, 42, answer)
	require.NotContains(t, server.Log(t), postgrestest.Password)
}
