package command_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/command"
	"github.com/tenon-sdk/tenon/tagging"
)

func driverOf(more ...func(*command.Options)) *command.Driver {
	o := &command.Options{Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "AWS_SECRET_ACCESS_KEY=of-the-caller", "TENON_FILES=/tmp", "EDITOR=vi"}}
	for _, set := range more {
		set(o)
	}
	return command.New(o)
}

// Everything that a step has stands in the file that the contract says, for its owner only.
func TestFiles(t *testing.T) {
	t.Parallel()
	seen := t.TempDir()
	script := `
cp -p "$TENON_FILES"/* ` + seen + `/
stat -c '%a %n' "$TENON_FILES" "$TENON_FILES"/* > ` + seen + `/modes
env > ` + seen + `/env
pwd > ` + seen + `/pwd
ls > ` + seen + `/ls
echo "$@" > ` + seen + `/arguments
echo kept > "$TENON_FILES/state.new" && mv "$TENON_FILES/state.new" "$TENON_FILES/state"
echo '{"host": {"value": "db.internal"}, "count": {"value": 12345678901234567890}}' > "$TENON_FILES/outputs.json"`
	files := bundleOf(script)
	files["src/other.txt"] = &fstest.MapFile{Data: []byte("x"), Mode: 0o644}
	req, state := requestOf(t, files, configOf("command", []any{"./run.sh", "--flag", "two words"}, "settings", map[string]any{"deep": map[string]any{"a": 1}}), map[string]any{
		"size": "small", "password": "hunter2-secret", "metadata": map[string]any{"instance": "x"}, "list": []any{1, nil},
		"database": map[string]any{"host": "db", "password": "of-the-database"}, "token": "of-the-input",
	})
	req.Implicit, req.Connections, req.Secret = true, []string{"database"}, []string{"database", "password", "token"}
	req.Metadata = tagging.Metadata{Organization: "acme", Instance: "shop/dev.db", NamePrefix: "shop-dev-db", Tags: tagging.Tags{"team": "a"}}
	req.Run = tagging.Run{Deployment: "d-1", RequestedBy: "alice"}
	req.Providers = map[string]provisioner.Provider{"aws.dns": {
		Type: "aws-credentials", Data: map[string]any{"secretAccessKey": "of-the-provider", "region": "r"}, Secret: []string{"/secretAccessKey"}, Settings: map[string]any{"region": "s"},
	}}
	result, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Equal(t, map[string]provisioner.Output{"host": {Value: "db.internal"}, "count": {Value: json.Number("12345678901234567890")}}, result.Outputs)
	require.True(t, folder.IsEmpty(req.WorkDir))

	for name, want := range map[string]string{
		"params.json":      `{"size": "small", "list": [1, null]}`,
		"connections.json": `{"database": {"host": "db", "password": "of-the-database"}}`,
		"secrets.json":     `{"password": "hunter2-secret", "token": "of-the-input"}`,
		"providers.json":   `{"aws.dns": {"type": "aws-credentials", "data": {"secretAccessKey": "of-the-provider", "region": "r"}, "settings": {"region": "s"}}}`,
		"config.json":      `{"deep": {"a": 1}}`,
		"previous.json":    `{}`,
	} {
		require.JSONEq(t, want, read(t, seen, name), name)
	}
	require.Contains(t, read(t, seen, "metadata.json"), `"name_prefix":"shop-dev-db"`)
	for line := range strings.Lines(read(t, seen, "modes")) {
		require.Regexp(t, `^(600|700) /`, line)
	}
	require.Equal(t, "--flag two words apply\n", read(t, seen, "arguments"))
	require.Equal(t, filepath.Join(req.WorkDir, "bundle", "src")+"\n", read(t, seen, "pwd"))
	require.Equal(t, "other.txt\nrun.sh\n", read(t, seen, "ls"))
	env := read(t, seen, "env")
	for _, want := range []string{"TENON_ACTION=apply\n", "TENON_MODE=apply\n", "TENON_DEPLOYMENT=d-1\n", "TENON_REQUESTED_BY=alice\n", "TENON_FILES=" + req.WorkDir + "/files\n"} {
		require.Contains(t, env, want)
	}
	for _, not := range []string{"of-the-", "hunter2", "EDITOR"} {
		require.NotContains(t, env, not)
	}

	// The next run has what this one wrote, and numbers keep their digits.
	require.NoFileExists(t, filepath.Join(seen, "state"))
	req.Inputs["size"] = "large"
	_, err = driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, "kept\n", read(t, seen, "state"))
	require.JSONEq(t, `{"host": {"value": "db.internal"}, "count": {"value": 12345678901234567890}}`, read(t, seen, "previous.json"))
	require.NotEmpty(t, state.text)
}

func read(t *testing.T, folder, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, name))
	require.NoError(t, err)
	return string(text)
}

// What a program answers is looked at before anybody believes it.
func TestBadAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, want string }{
		"not JSON":           {`echo '{"a": ' > "$TENON_FILES/outputs.json"`, "the program's outputs.json: unexpected EOF"},
		"two documents":      {`echo '{} {}' > "$TENON_FILES/outputs.json"`, "the program's outputs.json: there is more after the JSON document"},
		"a list":             {`echo '[]' > "$TENON_FILES/outputs.json"`, "the program's outputs.json: json: cannot unmarshal array"},
		"a bare value":       {`echo '{"host": "db"}' > "$TENON_FILES/outputs.json"`, `the program's outputs.json: host is not an object: write {"host": {"value": …, "sensitive": false}}`},
		"no value":           {`echo '{"host": {}}' > "$TENON_FILES/outputs.json"`, "host has no value"},
		"odd sensitive":      {`echo '{"host": {"value": 1, "sensitive": "no"}}' > "$TENON_FILES/outputs.json"`, "neither yes nor no"},
		"a folder":           {`mkdir "$TENON_FILES/outputs.json"`, "the program's outputs.json: is not a file"},
		"a link":             {`ln -s /etc/passwd "$TENON_FILES/outputs.json"`, "the program's outputs.json: is not a file"},
		"a pipe":             {`mkfifo "$TENON_FILES/outputs.json"`, "the program's outputs.json: is not a file"},
		"too large":          {`head -c 100000 /dev/zero > "$TENON_FILES/outputs.json"`, "the program's outputs.json: holds 100000 bytes, and may hold 65536"},
		"state too large":    {`head -c 100000 /dev/zero > "$TENON_FILES/state"`, "the program's state: holds 100000 bytes"},
		"problems, no list":  {`echo '{}' > "$TENON_FILES/problems.json"; exit 1`, "run.sh apply ended with status 1"},
		"a problem, done":    {`echo '[{"rule": "r", "message": "wrong"}]' > "$TENON_FILES/problems.json"`, "wrong"},
		"a problem without":  {`echo '[{}]' > "$TENON_FILES/problems.json"; exit 1`, "the program says no more"},
		"a problem nowhere":  {`echo '[{"rule": "r", "message": "m", "file": "../../x", "line": 3}]' > "$TENON_FILES/problems.json"; exit 1`, "m"},
		"a change, no name":  {`echo '[{"action": "create"}]' > "$TENON_FILES/changes.json"`, "the program's changes.json: has a change without an address"},
		"a change, no such":  {`echo '[{"address": "a", "action": "make"}]' > "$TENON_FILES/changes.json"`, `has an action that there is not: "make"`},
		"a change, twice":    {`echo '[{"address": "a", "action": "create"}, {"address": "a", "action": "create"}]' > "$TENON_FILES/changes.json"`, "has two changes of a"},
		"stdio, no document": {`echo hello`, "the program's standard output: is not one JSON object"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := configOf()
			if strings.HasPrefix(name, "stdio") {
				config = configOf("protocol", "stdio")
			}
			req, state := requestOf(t, bundleOf(c.script), config, nil)
			result, err := driverOf(func(o *command.Options) { o.MaxAnswer = 1 << 16 }).Apply(t.Context(), req, provisioner.Discard)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.Contains(t, string(state.text), `"begun":true`, "a destroy has to know of it")
			require.True(t, folder.IsEmpty(req.WorkDir))
		})
	}
}

// Mistakes of a step are found before anything is run.
func TestBadSteps(t *testing.T) {
	t.Parallel()
	plain := bundleOf("exit 0")
	for name, c := range map[string]struct {
		files  fstest.MapFS
		config map[string]any
		want   string
	}{
		"nothing":        {plain, nil, "config.command: a step needs a program to run (add config: {command: [./provision.sh]})"},
		"empty":          {plain, map[string]any{"command": []any{}}, "config.command: a step needs a program to run"},
		"a text":         {plain, map[string]any{"command": "./run.sh"}, "config.command: command is a list of texts"},
		"a number":       {plain, map[string]any{"command": []any{"./run.sh", 1}}, "config.command[1]: command is a list of texts"},
		"misspelt":       {plain, configOf("timout", "1s"), `config.timout: there is no setting "timout" of this driver (did you mean "timeout"?)`},
		"action":         {plain, configOf("actions", []any{"plna"}), `config.actions[0]: there is no action "plna" (did you mean "plan"?)`},
		"protocol":       {plain, configOf("protocol", "grpc"), `config.protocol: there is no protocol "grpc" (say files or stdio)`},
		"time":           {plain, configOf("timeout", "soon"), `config.timeout: "soon" is not a time`},
		"long time":      {plain, configOf("timeout", "100h"), "config.timeout: a run may take 1h0m0s here, and not 100h"},
		"settings":       {plain, configOf("settings", "x"), "config.settings: settings are a map"},
		"not there":      {plain, configOf("command", []any{"./rum.sh"}), "src: config.command[0]: there is no program ./rum.sh in the step's folder"},
		"outside":        {plain, configOf("command", []any{"../../run.sh"}), "src: config.command[0]: \"../../run.sh\" leads out of the bundle"},
		"a folder":       {fstest.MapFS{"src/run.sh/x": {}}, configOf(), "src: config.command[0]: ./run.sh is not a file"},
		"no permission":  {fstest.MapFS{"src/run.sh": {Data: []byte("x"), Mode: 0o644}}, configOf(), "src/run.sh: config.command[0]: the program cannot be run: its mode does not allow it"},
		"wrong machine":  {fstest.MapFS{"src/run.sh": {Data: []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00", 11) + "\x16\x00\x00\x00"), Mode: 0o755}}, configOf(), "src/run.sh: config.command[0]: the program is built for linux/s390x, and this machine is "},
		"no such tool":   {plain, configOf("command", []any{"no-such-tool"}), "no-such-tool is not on this machine"},
		"no such binary": {plain, configOf("command", []any{"/no/such/tool"}), "/no/such/tool is not on this machine"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, state := requestOf(t, c.files, c.config, nil)
			_, err := driverOf().Plan(t.Context(), req, provisioner.Discard)
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, driverOf().Validate(t.Context(), req, provisioner.Discard), c.want)
			result, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.Nil(t, state.text)
		})
	}
	req, _ := requestOf(t, plain, configOf(), nil)
	req.Version = "1.2"
	require.ErrorIs(t, driverOf().Validate(t.Context(), req, provisioner.Discard), provisioner.ErrToolMissing)
}

// An operator's own program is the only one that its driver runs.
func TestOwnCommand(t *testing.T) {
	t.Parallel()
	tool := filepath.Join(t.TempDir(), "wrapper")
	require.NoError(t, os.WriteFile(tool, []byte("#!/bin/sh\n[ $1 = plan ] && echo '{}' > $TENON_FILES/plan.json\nexit 0\n"), 0o755)) //nolint:gosec // it is to be run
	driver := driverOf(func(o *command.Options) { o.Command, o.Actions = []string{tool}, []command.Action{command.Plan} })
	require.Equal(t, []provisioner.Capability{provisioner.CanRecover, provisioner.CanValidate}, provisioner.Capabilities(driver))
	req, _ := requestOf(t, fstest.MapFS{"README.md": {}}, map[string]any{"settings": map[string]any{"a": 1}}, nil)
	plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, plan.Changes)
	_, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	req.Config = configOf("actions", []any{"drift"})
	_, err = driver.Plan(t.Context(), req, provisioner.Discard)
	require.ErrorContains(t, err, "this driver runs a program of its own")
	require.ErrorContains(t, err, "its operator's to say")
}

// A saved plan holds for what it was made on, and nothing else.
func TestStalePlans(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*provisioner.Request){
		"the bundle or its config has changed": func(req *provisioner.Request) { req.Files = bundleOf("exit 0 # another") },
		"or its config has changed":            func(req *provisioner.Request) { req.Config = configOf("settings", map[string]any{"a": 1}) },
		"the state has changed": func(req *provisioner.Request) {
			_, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
			require.NoError(t, err)
		},
		"the saved plan is one for apply": func(req *provisioner.Request) { req.Mode = provisioner.Destroy },
	} {
		req, _ := requestOf(t, bundleOf("exit 0"), configOf(), map[string]any{"a": 1})
		plan, err := driverOf().Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Create, plan.Changes[0].Action)
		change(req)
		req.Saved = plan.Saved
		_, err = driverOf().Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, name)
	}
}

// What is asked of a program that names no resource is made anew by destroy and apply.
func TestReplace(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	req, _ := requestOf(t, bundleOf(`echo $1 $(cat "$TENON_FILES/params.json") >> `+log), configOf(), map[string]any{"a": 1})
	_, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	req.Inputs, req.Replace = map[string]any{"a": 2}, []string{"main"}
	result, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Replace, result.Changes[0].Action)
	require.Equal(t, "apply {\"a\":1}\ndestroy {\"a\":1}\napply {\"a\":2}\n", read(t, filepath.Dir(log), "log"))
	req.Replace = []string{"other"}
	_, err = driverOf().Plan(t.Context(), req, provisioner.Discard)
	require.Equal(t, "unknown-resource", tenon.ProblemsOf(err)[0].Rule)
}
