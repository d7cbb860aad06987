package command_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/command"
)

// How a program ends says what is known of it.
func TestStatus(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script  string
		outcome provisioner.Outcome
		class   provisioner.Class
		want    string
		begun   bool
	}{
		"failed":       {"echo no luck >&2; exit 3", provisioner.Failed, provisioner.Permanent, "./run.sh apply ended with status 3: no luck", true},
		"for now":      {"exit 75", provisioner.Failed, provisioner.Transient, "./run.sh apply ended with status 75", true},
		"refused":      {"exit 65", provisioner.Failed, provisioner.Permanent, "./run.sh apply ended with status 65", false},
		"high":         {"exit 255", provisioner.Failed, provisioner.Permanent, "./run.sh apply ended with status 255", true},
		"killed":       {"kill -9 $$", provisioner.Unknown, provisioner.OutcomeUnknown, "./run.sh apply died of signal 9 in the middle", true},
		"all killed":   {"kill -9 0", provisioner.Unknown, provisioner.OutcomeUnknown, "./run.sh apply was killed in the middle", true},
		"no such file": {"exec /no/such/interpreter", provisioner.Failed, provisioner.Permanent, "./run.sh apply ended with status 127", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, state := requestOf(t, bundleOf(c.script), configOf(), nil)
			result, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, c.outcome, result.Outcome)
			require.Equal(t, c.class, provisioner.ClassOf(err))
			require.Equal(t, c.begun, state.text != nil)
			if c.outcome != provisioner.Unknown {
				require.True(t, folder.IsEmpty(req.WorkDir))
				return
			}
			require.NoFileExists(t, filepath.Join(req.WorkDir, "files", "secrets.json"))
			result, err = driverOf().Recover(t.Context(), req, provisioner.Discard)
			require.Error(t, err)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.True(t, folder.IsEmpty(req.WorkDir))
		})
	}
	req, _ := requestOf(t, bundleOf(`echo '[{"rule": "quota", "message": "no room", "file": "run.sh", "line": 1, "path": "inputs.size"}]' > $TENON_FILES/problems.json; exit 75`), configOf(), nil)
	_, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "src/run.sh:1: inputs.size: no room")
	require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
	require.Equal(t, "quota", tenon.ProblemsOf(err)[0].Rule)
}

// A run has an end: by its time, by what it writes, by its caller.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, want string
		options      command.Options
	}{
		"time":           {"sleep 600", "./run.sh apply was stopped: it took longer than it may", command.Options{Timeout: 300 * time.Millisecond}},
		"time of a step": {"sleep 600", "./run.sh apply was stopped: it took longer than it may", command.Options{}},
		"time, ignored":  {"trap '' TERM; sleep 600", "./run.sh apply was stopped: it took longer than it may", command.Options{Timeout: 300 * time.Millisecond, Grace: 300 * time.Millisecond}},
		"output":         {"yes", "./run.sh apply was stopped: it wrote more than 1000000 bytes to its output", command.Options{MaxLog: 1000000}},
		"standard error": {"yes >&2", "./run.sh apply was stopped: it wrote more than 1000000 bytes to its output", command.Options{MaxLog: 1000000}},
		"stdio":          {"yes", "./run.sh apply was stopped: it wrote more than 1000000 bytes to its output", command.Options{MaxAnswer: 1000000}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := configOf()
			if name == "time of a step" {
				config = configOf("timeout", "300ms")
			}
			if name == "stdio" {
				config = configOf("protocol", "stdio")
			}
			c.options.Environ = []string{"PATH=" + os.Getenv("PATH")}
			req, _ := requestOf(t, bundleOf(c.script), config, nil)
			began := time.Now()
			result, err := command.New(&c.options).Apply(t.Context(), req, provisioner.Discard)
			require.ErrorContains(t, err, c.want)
			require.Equal(t, provisioner.Unknown, result.Outcome)
			require.Less(t, time.Since(began), time.Minute)
			require.Eventually(t, func() bool { return len(process.In(filepath.Join(req.WorkDir, "bundle", "src"))) == 0 }, 5*time.Second, 10*time.Millisecond)
		})
	}
}

// A program that stops in good order when it is asked to has failed, and nothing is unknown.
func TestCancel(t *testing.T) {
	t.Parallel()
	req, _ := requestOf(t, bundleOf(`
trap 'echo stopping; echo half > $TENON_FILES/state; exit 4' TERM
echo ready
sleep 600 & wait`), configOf(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said strings.Builder
	out := provisioner.SinkFunc(func(e provisioner.Event) {
		said.WriteString(e.Message + "\n")
		if e.Message == "ready" {
			cancel()
		}
	})
	result, err := driverOf().Apply(ctx, req, out)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, provisioner.Failed, result.Outcome)
	require.Contains(t, said.String(), "asking the program to stop\nstopping\n")
	require.True(t, folder.IsEmpty(req.WorkDir))
	text, err := req.State.Read(t.Context())
	require.NoError(t, err)
	require.Contains(t, string(text), "aGFsZgo=", "what it keeps")
}

// Nothing that a program has started outlives it, in its group or out of it.
func TestLeftBehind(t *testing.T) {
	t.Parallel()
	pids := filepath.Join(t.TempDir(), "pids")
	req, _ := requestOf(t, bundleOf(`
sleep 600 & echo $! >> `+pids+`
setsid sleep 600 & echo $! >> `+pids+`
exit 0`), configOf(), nil)
	_, err := driverOf().Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		return exec.Command("sh", "-c", "for p in $(cat "+pids+"); do kill -0 $p 2>/dev/null && exit 1; done; exit 0").Run() == nil
	}, 10*time.Second, 20*time.Millisecond)
}

// A program that spoils its own folder does not keep the host from ending.
func TestSpoiltFolder(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"read-only folders": `mkdir -p cache/deep && touch cache/deep/x && chmod -R a-w cache`,
		"pipe for output":   `cd "$TENON_FILES/.." && rm said.txt && mkfifo said.txt`,
		"pipe for status":   `cd "$TENON_FILES/.." && mkfifo exit.new; rm -f exit; mkfifo exit; exit 3`,
		"no folder":         `rm -rf "$TENON_FILES"`,
		"nothing":           `rm -rf "$TENON_FILES/.."`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			req, _ := requestOf(t, bundleOf(script+"\necho said"), configOf("timeout", "20s"), nil)
			began := time.Now()
			_, _ = driverOf(func(o *command.Options) { o.Grace = time.Second }).Apply(t.Context(), req, provisioner.Discard)
			require.Less(t, time.Since(began), time.Minute)
			_, _ = driverOf().Recover(t.Context(), req, provisioner.Discard)
			require.True(t, folder.IsEmpty(req.WorkDir))
		})
	}
}

// TestHost is not a test: it is the host that TestHostKilled kills.
func TestHost(t *testing.T) {
	place := os.Getenv("COMMAND_TEST_HOST")
	if place == "" {
		t.Skip("run by TestHostKilled")
	}
	_, _ = driverOf().Apply(t.Context(), hosted(t, place), provisioner.Discard)
}

// onDisk is a state that outlives its host.
type onDisk string

func (s onDisk) Read(context.Context) ([]byte, error) {
	text, err := os.ReadFile(string(s))
	if os.IsNotExist(err) {
		return nil, nil
	}
	return text, err
}

func (s onDisk) Write(_ context.Context, text []byte) error {
	if text == nil {
		return os.Remove(string(s))
	}
	return os.WriteFile(string(s), text, 0o600)
}

func hosted(t *testing.T, place string) *provisioner.Request {
	t.Helper()
	req, _ := requestOf(t, bundleOf(`
echo begun > `+place+`/begun
while [ ! -e `+place+`/go ]; do sleep 0.05; done
echo '{"a": {"value": 1}}' > $TENON_FILES/outputs.json
[ ! -e `+place+`/die ] || kill -9 0`), configOf(), map[string]any{"password": secretText})
	req.Secret, req.WorkDir, req.State = []string{"password"}, filepath.Join(place, "work"), onDisk(filepath.Join(place, "state"))
	return req
}

// When the host dies the program goes on, secrets are gone with its end, and the next host
// finds out how it ended.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"before its end", "after its end", "with its program"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			place := t.TempDir()
			self, err := os.Executable()
			require.NoError(t, err)
			host := exec.Command(self, "-test.run=^TestHost$")
			host.Env = append(os.Environ(), "COMMAND_TEST_HOST="+place)
			require.NoError(t, host.Start())
			require.Eventually(t, func() bool { _, err := os.Stat(filepath.Join(place, "begun")); return err == nil }, 20*time.Second, 10*time.Millisecond)
			var record struct{ Process process.ID }
			require.Eventually(t, func() bool {
				text, err := os.ReadFile(filepath.Join(place, "work", "run.json"))
				return err == nil && json.Unmarshal(text, &record) == nil && record.Process.PID > 0
			}, 10*time.Second, 10*time.Millisecond)
			require.NoError(t, host.Process.Kill())
			_ = host.Wait()
			require.True(t, record.Process.Alive())
			require.FileExists(t, filepath.Join(place, "work", "files", "secrets.json"), "the program needs it")
			if how == "with its program" {
				require.NoError(t, os.WriteFile(filepath.Join(place, "die"), nil, 0o600))
			}
			goOn := func() { require.NoError(t, os.WriteFile(filepath.Join(place, "go"), nil, 0o600)) }
			var group sync.WaitGroup
			if how == "before its end" {
				group.Go(func() { time.Sleep(300 * time.Millisecond); goOn() })
			} else {
				goOn()
				require.Eventually(t, func() bool { return !record.Process.Alive() }, 20*time.Second, 10*time.Millisecond)
				if how == "after its end" {
					require.NoFileExists(t, filepath.Join(place, "work", "files", "secrets.json"))
				}
			}
			result, err := driverOf().Recover(t.Context(), hosted(t, place), provisioner.Discard)
			group.Wait()
			require.True(t, folder.IsEmpty(filepath.Join(place, "work")))
			if how == "with its program" {
				require.EqualError(t, err, "the program's apply was killed in the middle")
				require.Equal(t, provisioner.Failed, result.Outcome)
				return
			}
			require.NoError(t, err)
			require.Equal(t, provisioner.Done, result.Outcome)
			require.Equal(t, map[string]provisioner.Output{"a": {Value: json.Number("1")}}, result.Outputs)
			plan, err := driverOf().Plan(t.Context(), hosted(t, place), provisioner.Discard)
			require.NoError(t, err)
			require.Empty(t, plan.Changes)
			require.Equal(t, result.Outputs, plan.Outputs)
		})
	}
}
