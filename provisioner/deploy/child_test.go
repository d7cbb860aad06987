//go:build unix

package deploy_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/store"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// A host is a process that runs the engine and may be killed: this test binary, run again
// with a task. The same task can be done in the test's own process, where nobody dies.
const childTask = "TENON_TEST_DEPLOY_TASK"

func TestMain(m *testing.M) {
	if text := os.Getenv(childTask); text != "" {
		os.Exit(child(text))
	}
	os.Exit(m.Run())
}

// task is something to do to environment shop/dev of the estate in Folder.
type task struct {
	Folder string // estate/, store/, world/ and events
	Do     string // deploy, destroy, resume
	KillAt int64  // the point at which the host dies, from 1; 0: never
}

func (k task) path(name string) string { return filepath.Join(k.Folder, name) }

// report is what a host that lived on says.
type report struct {
	Run    *deploy.Run
	Error  string
	Errors map[string]string // of instances
	Points int64             // at which it could have died
}

func child(text string) int {
	var k task
	if err := json.Unmarshal([]byte(text), &k); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	said, err := json.Marshal(k.run(ctx))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(string(said))
	return 0
}

// run does the task in this process.
func (k task) run(ctx context.Context) (said report) {
	var points atomic.Int64
	point := func() {
		if points.Add(1) == k.KillAt {
			acting.Lock()
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal is on its way
		}
	}
	run, err := k.engine(ctx, point)
	said = report{Run: run, Errors: map[string]string{}, Points: points.Load()}
	if err != nil {
		said.Error = err.Error()
	}
	if run != nil {
		for instance, err := range run.Errors {
			said.Errors[instance] = err.Error()
		}
	}
	return said
}

func (k task) engine(ctx context.Context, point func()) (*deploy.Run, error) {
	return k.with(ctx, point, func(ctx context.Context, engine *deploy.Engine, _ *store.Store) (*deploy.Run, error) {
		if k.Do == "destroy" {
			return engine.Destroy(ctx, "shop/dev", nil)
		}
		env, err := k.environment(ctx, engine)
		if err != nil {
			return nil, err
		}
		if k.Do == "resume" {
			return engine.Resume(ctx, env)
		}
		return engine.Deploy(ctx, env)
	})
}

// with opens store and engine for something to do.
func (k task) with(ctx context.Context, point func(), do func(context.Context, *deploy.Engine, *store.Store) (*deploy.Run, error)) (_ *deploy.Run, err error) {
	st, err := store.Open(ctx, k.path("store"), &store.Options{Now: func() time.Time { point(); return time.Now() }})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	events, err := os.OpenFile(k.path("events"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer events.Close()
	engine := deploy.New(st, provisioner.Drivers{
		"world":     &world{folder: k.path("world"), point: point, store: st},
		"terraform": terraform.New(&terraform.Options{Environ: os.Environ(), Env: map[string]string{"CHECKPOINT_DISABLE": "1"}}),
	}, &deploy.Options{
		Concurrency: 2, RequestedBy: "alice", Secrets: planted{},
		Events: deploy.SinkFunc(func(e deploy.Event) {
			text, err := json.Marshal(e)
			if err != nil {
				text = []byte(err.Error())
			}
			fmt.Fprintf(events, "%s\n%#v\n", text, e) // one write: lines do not mix
		}),
	})
	return do(ctx, engine, st)
}

func (k task) environment(ctx context.Context, engine *deploy.Engine) (*graph.Environment, error) {
	estate, err := graph.Load(os.DirFS(k.path("estate")), &graph.LoadOptions{NoStandard: true})
	if err != nil {
		return nil, err
	}
	known, err := engine.Artifacts(ctx, estate.Catalog())
	if err != nil {
		return nil, err
	}
	return graph.Resolve(estate, "shop/dev", &graph.Options{Artifacts: known})
}

// planted gives the secrets of apps.
type planted struct{}

func (planted) Secret(_ context.Context, ref graph.SecretRef) (string, error) {
	return "S3CRET-app-" + ref.Env, nil
}

// host is a running child.
type host struct {
	command *exec.Cmd
	output  *bytes.Buffer
}

// start begins a task in a process of its own, with a process group of its own, as a shell
// does.
func (k task) start(t *testing.T) *host {
	t.Helper()
	text, err := json.Marshal(k)
	require.NoError(t, err)
	h := &host{command: exec.Command(os.Args[0]), output: &bytes.Buffer{}}
	h.command.Env = append(os.Environ(), childTask+"="+string(text))
	h.command.Stdout, h.command.Stderr = h.output, os.Stderr
	h.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(t, h.command.Start())
	t.Cleanup(func() {
		if h.command.ProcessState == nil {
			_ = h.command.Process.Kill()
			_ = h.command.Wait()
		}
	})
	return h
}

// wait gives the host's report, nil where it was killed.
func (h *host) wait(t *testing.T) *report {
	t.Helper()
	err := h.command.Wait()
	if status, ok := h.command.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		require.Equal(t, syscall.SIGKILL, status.Signal())
		return nil
	}
	require.NoError(t, err, h.output)
	said := &report{}
	require.NoError(t, json.Unmarshal(h.output.Bytes(), said), h.output)
	return said
}

func (h *host) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, h.command.Process.Kill())
	require.Nil(t, h.wait(t))
}

// estate writes files (slash path to text) below a new folder.
func estate(t *testing.T, files map[string]string) task {
	t.Helper()
	k := task{Folder: t.TempDir()}
	for _, name := range []string{"estate", "world"} {
		require.NoError(t, os.Mkdir(k.path(name), 0o700))
	}
	for name, text := range files {
		path := filepath.Join(k.path("estate"), filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(strings.TrimLeft(text, "\n")), 0o600))
	}
	return k
}

const (
	minute = time.Minute // until a test gives up
	tick   = 10 * time.Millisecond
)

// lines of the ledger in which the world writes what really happened, in order.
func (k task) lines(t *testing.T) (lines []string) {
	t.Helper()
	file, err := os.Open(k.path("world/ledger"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	require.NoError(t, err)
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines
}

// sound checks what must hold after any run that has ended, whatever became of it: the
// audit is whole, nothing is unfinished but what is reported, nobody has the lock, and no
// work folder is left behind.
func (k task) sound(t *testing.T) {
	t.Helper()
	st, err := store.Open(t.Context(), k.path("store"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	require.NoError(t, st.VerifyAudit(t.Context()))
	lease, err := st.Lock(t.Context(), "shop/dev", "the test")
	require.NoError(t, err)
	require.Nil(t, lease.TookOver(), "the lock was left behind")
	unfinished, err := st.Unfinished(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Empty(t, unfinished)
	left, err := os.ReadDir(st.WorkDir())
	require.NoError(t, err)
	for _, entry := range left {
		inside, err := os.ReadDir(filepath.Join(st.WorkDir(), entry.Name()))
		require.NoError(t, err)
		require.Empty(t, inside, "a work folder was left behind")
	}
}

// deployed checks that every instance is recorded as deployed.
func (k task) deployed(t *testing.T, addresses ...string) {
	t.Helper()
	st, err := store.Open(t.Context(), k.path("store"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	instances, err := st.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	var found []string
	for _, i := range instances {
		require.Equal(t, "deployed", i.Status, i.Address)
		found = append(found, i.Address)
	}
	require.Equal(t, slices.Sorted(slices.Values(addresses)), found)
}
