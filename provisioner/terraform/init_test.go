package terraform_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// initialising is a tool whose init takes its time, fails where another one is at work in
// the same place, and notes itself.
func initialising(t *testing.T, log, place string) string {
	t.Helper()
	return fakeTool(t, `
if [ "$1" = init ]; then
  /bin/mkdir `+place+` || exit 1
  /bin/sleep 0.2
  /bin/rmdir `+place+`
  echo x >> `+log+`
  exit 0
fi
echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`)
}

func applyAll(t *testing.T, drivers []*terraform.Driver, all []fstest.MapFS) error {
	t.Helper()
	var group sync.WaitGroup
	failed := make([]error, len(all))
	for i, files := range all {
		req := request(t, files, nil)
		group.Go(func() { _, failed[i] = drivers[i%len(drivers)].Apply(t.Context(), req, provisioner.Discard) })
	}
	group.Wait()
	return errors.Join(failed...)
}

// Init runs once for a module tree and its provider lock, whoever comes at the same time.
func TestInitOnce(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	driver := terraform.New(&terraform.Options{Path: initialising(t, log, filepath.Join(t.TempDir(), "place"))})
	const text = "module \"m\" {\n  source = \"./m\"\n}\n"
	one := bundle("src/main.tf", text, "src/m/main.tf", "", "src/data.txt", "one")
	other := bundle("src/main.tf", text, "src/m/main.tf", "", "src/data.txt", "two")
	drivers := []*terraform.Driver{driver}
	require.NoError(t, applyAll(t, drivers, []fstest.MapFS{one, other, one, other}))
	require.Len(t, made(t, log), 1, "what is no part of the tree does not matter")
	locked := bundle("src/main.tf", text, "src/m/main.tf", "", "src/.terraform.lock.hcl", "# another lock\n")
	require.NoError(t, applyAll(t, drivers, []fstest.MapFS{locked, locked}))
	require.Len(t, made(t, log), 2)
	called := bundle("src/main.tf", text, "src/m/main.tf", "# changed\n")
	require.NoError(t, applyAll(t, drivers, []fstest.MapFS{called}))
	require.Len(t, made(t, log), 3)
}

// A provider cache bears one init at a time, also of drivers that do not know each other;
// without one, different trees do not wait for each other.
func TestInitsOfDifferentTrees(t *testing.T) {
	t.Parallel()
	tree := func(name string) fstest.MapFS {
		return bundle("src/main.tf", "# "+name+"\nmodule \"m\" {\n  source = \"./m\"\n}\n", "src/m/main.tf", "")
	}
	log, place, cache := filepath.Join(t.TempDir(), "log"), filepath.Join(t.TempDir(), "place"), filepath.Join(t.TempDir(), "cache")
	var drivers []*terraform.Driver
	for range 2 {
		drivers = append(drivers, terraform.New(&terraform.Options{Path: initialising(t, log, place), PluginCache: cache}))
	}
	require.NoError(t, applyAll(t, drivers, []fstest.MapFS{tree("a"), tree("b"), tree("c"), tree("d")}))
	require.Len(t, made(t, log), 4)

	// Each waits for the other one to have begun.
	meeting := t.TempDir()
	alone := terraform.New(&terraform.Options{Path: fakeTool(t, `
if [ "$1" = init ]; then
  echo x > `+meeting+`/$$
  for i in 1 2 3 4 5 6 7 8 9; do
    [ "$(/bin/ls `+meeting+` | /usr/bin/wc -l)" -ge 2 ] && exit 0
    /bin/sleep 1
  done
  exit 1
fi
echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`)})
	require.NoError(t, applyAll(t, []*terraform.Driver{alone}, []fstest.MapFS{tree("a"), tree("b")}))
}
