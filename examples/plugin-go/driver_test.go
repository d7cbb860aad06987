package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

// harness tells the kit what to ask the driver for. Each step has a name of its own.
func harness(driver provisioner.Driver, server string) drivertest.Harness {
	inputs := func(limit int) map[string]any {
		return map[string]any{"server": server, "name": "kit", "password": "sentinel-password", "connectionLimit": limit}
	}
	return drivertest.Harness{
		Driver: driver, Inputs: inputs(5), Changed: inputs(6), Secret: []string{"server", "password"},
		Invalid: map[string]any{"server": server, "name": "Not A Name"},
		Prepare: func(req *provisioner.Request) error {
			if req.Inputs["name"] == "kit" {
				req.Inputs["name"] = nameOf(req)
			}
			return nil
		},
		World: func(ctx context.Context, req *provisioner.Request) (exists []string, err error) {
			err = on(ctx, server, func(c *pgx.Conn) error {
				rows, err := c.Query(ctx, "select 'database' from pg_database where datname = $1 union all select 'role' from pg_roles where rolname = $1 order by 1", nameOf(req))
				if err == nil {
					exists, err = pgx.CollectRows(rows, pgx.RowTo[string])
				}
				return err
			})
			return exists, err
		},
		Drift: func(ctx context.Context, req *provisioner.Request) error {
			return on(ctx, server, func(c *pgx.Conn) error {
				_, err := c.Exec(ctx, "alter role "+quoted(nameOf(req))+" connection limit 99")
				return err
			})
		},
		Import: &drivertest.Import{Make: func(ctx context.Context, req *provisioner.Request) (address, id string, err error) {
			id = nameOf(req)
			return database, id, on(ctx, server, func(c *pgx.Conn) error {
				_, first := c.Exec(ctx, "create role "+quoted(id)+" login connection limit 5 password 'sentinel-password'")
				_, second := c.Exec(ctx, "create database "+quoted(id)+" owner "+quoted(id))
				return errors.Join(first, second)
			})
		}},
	}
}

// nameOf is a name for a database that no other step has.
func nameOf(req *provisioner.Request) string {
	sum := fnv.New64a()
	fmt.Fprint(sum, req.Address, "/", req.Step)
	return fmt.Sprintf("kit_%x", sum.Sum64())
}

func on(ctx context.Context, server string, do func(*pgx.Conn) error) error {
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close(ctx))
}

func TestDriver(t *testing.T) {
	drivertest.Run(t, harness(driver{}, startPostgres(t)))
}

// The same, through the plugin: built, pinned, and in a process of its own.
func TestPlugin(t *testing.T) {
	server := startPostgres(t)
	program := filepath.Join(t.TempDir(), "postgres")
	build := exec.Command("go", "build", "-o", program, ".")
	output, err := build.CombinedOutput()
	require.NoError(t, err, string(output))
	digest, err := plugin.Digest(program)
	require.NoError(t, err)
	opened, err := plugin.Open(t.Context(), program, &plugin.Options{SHA256: []string{digest}, Environ: os.Environ()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, opened.Close()) })
	drivertest.Run(t, harness(opened, server))
}

type kept struct{ text []byte }

func (k *kept) Read(context.Context) ([]byte, error) { return k.text, nil }

func (k *kept) Write(_ context.Context, text []byte) error {
	k.text = text
	return nil
}

// What the kit cannot know: the password works, a new name keeps the data, and what somebody
// else has made is not taken.
func TestDatabase(t *testing.T) {
	admin, ctx := startPostgres(t), t.Context()
	req := &provisioner.Request{Address: "shop/dev.db", Step: "main", Inputs: map[string]any{"server": admin, "name": "orders"}, State: &kept{}}
	result, err := driver{}.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	own := func(result *provisioner.Result) string {
		address, err := url.Parse(admin)
		require.NoError(t, err)
		address.User = url.UserPassword(result.Outputs["username"].Value.(string), result.Outputs["password"].Value.(string))
		address.Path = "/" + result.Outputs["database"].Value.(string)
		return address.String()
	}
	require.NoError(t, on(ctx, own(result), func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, "create table item (id int); insert into item values (4711)")
		return err
	}))

	req.Inputs["name"] = "sales"
	plan, err := driver{}.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Len(t, plan.Changes, 2)
	result, err = driver{}.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.NoError(t, on(ctx, own(result), func(c *pgx.Conn) error {
		var id int
		err := c.QueryRow(ctx, "select id from item").Scan(&id)
		require.Equal(t, 4711, id)
		return err
	}))

	// Cut off right after the names were changed: the state still has the old one.
	req.State = &kept{[]byte(`{"name": "orders", "next": "sales", "password": "` + result.Outputs["password"].Value.(string) + `", "limit": -1}`)}
	plan, err = driver{}.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, plan.Changes)

	other := &provisioner.Request{Address: "shop/dev.other", Step: "main", Inputs: req.Inputs, State: &kept{}}
	_, err = driver{}.Apply(ctx, other, provisioner.Discard)
	require.ErrorContains(t, err, `there is a role or a database "sales" already, which this step has not made (take another name, or import it)`)
	req.Mode = provisioner.Destroy
	_, err = driver{}.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)

	other.Inputs = map[string]any{"server": "postgres://nobody:hunter2@127.0.0.1:1/x", "name": "x"}
	_, err = driver{}.Plan(ctx, other, provisioner.Discard)
	require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
	require.NotContains(t, err.Error(), "hunter2")
}
