// Package need is how tests ask for what a machine may lack. A test that needs a tool
// skips with the tool's name where it is missing; under TENON_REQUIRE, a list of names
// with commas, a missing one of those is a failure, so that CI cannot pass by skipping.
package need

import (
	"cmp"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Tool gives the path of a program on PATH.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, name, name+" is not on PATH")
	}
	return path
}

// Env gives the value of an environment variable that says where something is; name is
// how TENON_REQUIRE calls it.
func Env(t testing.TB, name, variable string) string {
	t.Helper()
	value := os.Getenv(variable)
	if value == "" {
		missing(t, name, variable+" is not set")
	}
	return value
}

// Postgres gives the folder of PostgreSQL's programs: where PATH has initdb, else where
// Debian's package postgresql puts them, the newest of several.
func Postgres(t testing.TB) string {
	t.Helper()
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // only a malformed pattern is an error
	if len(found) == 0 {
		missing(t, "postgres", "initdb is neither on PATH nor under /usr/lib/postgresql (apt-get install postgresql)")
	}
	newest := slices.MaxFunc(found, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) // 9 before 10
	})
	return filepath.Dir(newest)
}

func missing(t testing.TB, name, why string) {
	t.Helper()
	if slices.Contains(strings.Split(os.Getenv("TENON_REQUIRE"), ","), name) {
		t.Fatalf("%s is required: %s", name, why)
	}
	t.Skipf("needs %s: %s", name, why)
}
