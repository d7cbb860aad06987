package terraform_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// What is not the tool is never let near a state, and the error says what to do.
func TestWrongBinary(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := func(name string, text []byte, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, text, mode))
		return path
	}
	machine := runtime.GOOS + "/" + runtime.GOARCH
	// The head of an ELF binary for another machine (s390x), and nothing behind it.
	foreign := append([]byte("\x7fELF\x02\x02\x01"), append(make([]byte, 9), 0, 2, 0, 22, 0, 0, 0, 1)...)
	foreign = append(foreign, make([]byte, 40)...)
	for name, test := range map[string]struct{ path, want string }{
		"not there":      {filepath.Join(folder, "nowhere"), "there is no program at PATH"},
		"a folder":       {folder, "there is no program at PATH"},
		"not executable": {file("plain", []byte("#!/bin/sh\n"), 0o600), "PATH is not executable: chmod +x PATH"},
		"another architecture": {file("foreign", foreign, 0o700),
			"PATH does not run on " + machine + ": it is made for another machine, or a script that does not begin with #!"},
		"a bare script": {file("bare", []byte("echo hello\n"), 0o700),
			"PATH does not run on " + machine + ": it is made for another machine, or a script that does not begin with #!"},
		"no interpreter": {file("lost", []byte("#!/nowhere/sh\n"), 0o700), "PATH does not start: no such file or directory"},
		"another script": {script(t, "echo I do what I like"), `PATH is not Terraform: asked for its version it says "I do what I like"`},
		"says nothing":   {script(t, "exit 3"), `PATH is not Terraform: asked for its version it says ""`},
		"never ends":     {script(t, "while :; do echo y; done"), `PATH is not Terraform: asked for its version it says "y"`},
		"the other one":  {script(t, "echo OpenTofu v1.12.6"), "PATH is OpenTofu: give the driver the path of Terraform, or OpenTofu as its tool"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver := terraform.New(&terraform.Options{Path: test.path})
			req := request(t, bundle("src/main.tf", ""), nil)
			want := "Terraform is not on this machine (" + strings.ReplaceAll(test.want, "PATH", test.path) + ")"
			result, err := driver.Apply(t.Context(), req, provisioner.Discard)
			require.EqualError(t, err, want)
			require.ErrorIs(t, err, provisioner.ErrToolMissing)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.EqualError(t, driver.Validate(t.Context(), req, provisioner.Discard), want)
			requireEmpty(t, req.WorkDir)
		})
	}
	if os.Geteuid() == 0 { // to whom every file is open
		return
	}
	closed := filepath.Join(folder, "closed")
	require.NoError(t, os.Mkdir(closed, 0o700))
	path := filepath.Join(closed, "terraform")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"), 0o100))
	_, _, err := terraform.New(&terraform.Options{Path: path}).Version(t.Context(), "")
	require.EqualError(t, err, "Terraform is not on this machine ("+path+" may not be run: look at its permissions, and at those of its folders and file system)")
}

// A tool that floods its output is followed to its end, and what it says is cut.
func TestFlood(t *testing.T) {
	t.Parallel()
	const flood = 50 << 20
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `
head -c 25000000 /dev/zero | tr '\0' x
head -c 25000000 /dev/zero | tr '\0' y | fold -w 99
echo
head -c 3000000 /dev/zero | tr '\0' z >&2
exit 1`)})
	var seen, longest int
	start := time.Now()
	result, err := driver.Apply(t.Context(), request(t, bundle("src/main.tf", ""), nil), provisioner.SinkFunc(func(e provisioner.Event) {
		seen += len(e.Message)
		longest = max(longest, len(e.Message))
	}))
	require.Less(t, time.Since(start), time.Minute)
	require.Equal(t, provisioner.Unknown, result.Outcome)
	require.Less(t, len(err.Error()), 10<<10)
	require.True(t, strings.HasPrefix(err.Error(), "terraform apply ended with exit status 1: zzz"))
	require.Less(t, longest, 80<<10, "a line is cut")
	require.Less(t, seen, flood)
	require.Greater(t, seen, 20<<20, "the lines are all there")
}

// A state that the tool at hand cannot read is left as it is.
func TestNewerState(t *testing.T) {
	t.Parallel()
	const text = `{"version":5,"terraform_version":"99.0.0","serial":1,"lineage":"x","outputs":{},"resources":[]}`
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, "exit 1")})
	req := request(t, bundle("src/main.tf", "resource \"terraform_data\" \"a\" {}\n"), nil)
	for state, want := range map[string]string{
		text:  "the state was written by 99.0.0, in a form that is newer than this driver knows (5, not 4): take a newer driver and tool",
		"[3]": "the state is not one that this driver wrote: json: cannot unmarshal array into Go value of type terraform.state",
		"{":   "the state is not one that this driver wrote: unexpected EOF",
	} {
		req.State = &memo{text: []byte(state)}
		_, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, want)
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, want)
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Equal(t, state, string(req.State.(*memo).text))
		requireEmpty(t, req.WorkDir)
	}
}

// Outputs are what they are, also where a tool says them in a form that nobody has seen.
func TestOddOutputs(t *testing.T) {
	t.Parallel()
	run := func(state string) (*provisioner.Result, error) {
		driver := terraform.New(&terraform.Options{Path: fakeTool(t, `echo '`+state+`' > terraform.tfstate
echo '{"@message":"x","type":"outputs","outputs":[1,2]}'
echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`)})
		return driver.Apply(t.Context(), request(t, bundle("src/main.tf", ""), nil), provisioner.Discard)
	}
	result, err := run(`{"version":4,"outputs":{"a":{"value":null,"type":"dynamic"},"b":{"value":[{"c":1.5}],"type":["tuple",[]],"sensitive":true}}}`)
	require.NoError(t, err)
	require.Contains(t, dump(t, result.Outputs), `"a":{"value":null},"b":{"value":[{"c":1.5}],"sensitive":true}`)
	result, err = run(`{"version":4,"outputs":[1]}`)
	require.ErrorContains(t, err, "the state is not one that this driver wrote: ")
	require.Equal(t, provisioner.Unknown, result.Outcome, "the state in the work folder is the only one")
}

// How far a run is, also one of a saved plan, and a replace counts twice.
func TestPercent(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		text := "variable \"n\" {}\nresource \"terraform_data\" \"a\" {\n  triggers_replace = var.n\n}\nresource \"terraform_data\" \"b\" {\n  input = terraform_data.a.id\n}\n"
		req := request(t, bundle("src/main.tf", text), map[string]any{"n": 1})
		percents := func() (found []float64) {
			var seen events
			_, err := driver.Apply(t.Context(), req, &seen)
			require.NoError(t, err)
			for _, event := range seen.of(provisioner.ResourceFinished) {
				found = append(found, event.Percent)
			}
			return found
		}
		require.Equal(t, []float64{50, 100}, percents())
		req.Inputs = map[string]any{"n": 2}
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		req.Saved = plan.Saved
		third := 100.0 / 3
		require.Equal(t, []float64{third, 2 * third, 100}, percents())
	})
}

// What the tool writes at a log level goes to the logger, without secrets.
func TestLogLevel(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		log := &lockedBuffer{}
		driver := terraform.New(&terraform.Options{Tool: which, Environ: environ(), LogLevel: "TRACE", Logger: log.logger()})
		req := request(t, bundle("src/main.tf", greeter), map[string]any{"name": "hunter2hunter2"})
		req.Secret = []string{"name"}
		_, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Contains(t, log.String(), "[TRACE]")
		require.NotContains(t, log.String(), "hunter2")
		requireEmpty(t, req.WorkDir)
	})
}

// A saved plan is applied with its own inputs, whatever the request has by then.
func TestSavedPlanHasItsInputs(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, bundle("src/main.tf", greeter), map[string]any{"name": "world"})
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		req.Saved, req.Inputs = plan.Saved, map[string]any{"name": "moon"}
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, "hello world", result.Outputs["greeting"].Value)
	})
}
