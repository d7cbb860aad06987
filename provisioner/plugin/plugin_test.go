package plugin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
)

// asPlugin says in the environment which plugin this test program is to be.
const asPlugin = "TENON_TEST_PLUGIN"

func TestMain(m *testing.M) {
	switch kind := os.Getenv(asPlugin); kind {
	case "":
		os.Exit(m.Run())
	case "garbage":
		fmt.Println("hello, this is not a handshake")
		time.Sleep(time.Minute)
	case "version":
		fmt.Println("1|99|unix|/nowhere|grpc|")
		time.Sleep(time.Minute)
	case "elsewhere":
		fmt.Println("1|1|tcp|127.0.0.1:1|grpc|")
		time.Sleep(time.Minute)
	case "silent":
		time.Sleep(time.Minute)
	case "exits":
		fmt.Fprintln(os.Stderr, "no licence")
		os.Exit(3)
	case "stubborn": // does not even die of SIGTERM
		signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP)
		plugin.Serve(hostile{})
	case "liar":
		serveLiar(1)
	case "old liar":
		serveLiar(7)
	case "pooled":
		plugin.Serve(pooled{hostile{}})
	default:
		plugin.Serve(whole{Driver: memory.New(nil), hostile: hostile{}})
	}
}

// whole is the memory driver with every optional power; inputs named after a crime are
// handed to hostile.
type whole struct {
	*memory.Driver
	hostile hostile
}

func (w whole) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	if req.Inputs["crime"] != nil {
		return w.hostile.Plan(ctx, req, out)
	}
	return w.Driver.Plan(ctx, req, out)
}

func (w whole) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	if req.Inputs["crime"] != nil {
		return w.hostile.Apply(ctx, req, out)
	}
	return w.Driver.Apply(ctx, req, out)
}

func (whole) Validate(_ context.Context, req *provisioner.Request, _ provisioner.Sink) error {
	if req.Inputs["size"] == nil {
		return tenon.Problems{{Rule: "no-size", File: "main.tf", Line: 3, Path: tenon.At("inputs", "size"), Message: "is needed", Hint: "give one"}}
	}
	return nil
}

func (whole) Drift(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Drift, error) {
	return &provisioner.Drift{Changes: []provisioner.Change{{Address: "main", Action: provisioner.Update, Attributes: []provisioner.Attribute{{Path: "size", Before: json.Number("1"), After: "2"}}}}}, nil
}

func (whole) Import(_ context.Context, _ *provisioner.Request, address, id string, _ provisioner.Sink) (*provisioner.Result, error) {
	return &provisioner.Result{Outcome: provisioner.Done, Changes: []provisioner.Change{{Address: address, Type: id, Action: provisioner.Import}}}, nil
}

func (whole) Inspect(_ context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	text, err := fs.ReadFile(files, path+"/main.tf")
	return &provisioner.Module{Inputs: []provisioner.Variable{{Name: string(text), Required: true}}}, err
}

func (whole) Identity(_ context.Context, want string) (string, error) { return "whole " + want, nil }

func (whole) Version(context.Context, string) (string, string, error) {
	return "", "", &provisioner.ToolMissingError{Tool: "whole", Cure: "make one"}
}

// hostile does what a plugin must not do.
type hostile struct{}

func (hostile) Plan(_ context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Plan, error) {
	switch req.Inputs["crime"] {
	case "nothing":
		return nil, nil
	case "environment":
		text := strings.Join(os.Environ(), "\n")
		folder, _ := os.Getwd()
		return &provisioner.Plan{Outputs: map[string]provisioner.Output{"environment": {Value: text}, "folder": {Value: folder}, "pid": {Value: os.Getpid()}}}, nil
	case "large":
		n, _ := req.Inputs["bytes"].(json.Number).Int64()
		return &provisioner.Plan{Saved: bytes.Repeat([]byte("s"), int(n)), Outputs: map[string]provisioner.Output{"large": {Value: strings.Repeat("x", int(n))}}}, nil
	}
	return nil, provisioner.ErrUnsupported
}

func (hostile) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Done}
	switch req.Inputs["crime"] {
	case "panic":
		panic("out of order")
	case "panic elsewhere":
		go func() { panic("out of order, elsewhere") }()
		<-ctx.Done()
	case "exit":
		fmt.Fprintln(os.Stderr, "the disk is full")
		os.Exit(7)
	case "hang":
		out.Send(provisioner.Event{Kind: provisioner.Log, Message: "hanging"})
		select {}
	case "wait":
		out.Send(provisioner.Event{Kind: provisioner.Log, Message: "waiting"})
		<-ctx.Done()
		if err := req.State.Write(context.WithoutCancel(ctx), []byte("half")); err != nil {
			return nil, err
		}
		return &provisioner.Result{Outcome: provisioner.Failed}, fmt.Errorf("apply was interrupted: %w", ctx.Err())
	case "flood":
		for range 100_000 {
			out.Send(provisioner.Event{Kind: provisioner.Log, Message: strings.Repeat("flood ", 20)})
		}
		fmt.Fprintln(os.Stderr, strings.Repeat("flood", 10_000_000))
	case "memory":
		var held [][]byte
		for ctx.Err() == nil {
			held = append(held, bytes.Repeat([]byte{1}, 16<<20))
			time.Sleep(5 * time.Millisecond)
		}
		result.Outputs = map[string]provisioner.Output{"held": {Value: len(held)}}
	case "outcome":
		return &provisioner.Result{Outcome: "splendid"}, nil
	case "nothing":
		return nil, nil
	case "unwritable":
		result.Outputs = map[string]provisioner.Output{"f": {Value: func() {}}}
	case "fork":
		// One child leaves the group and its parent; both outlive a plugin that is not ended
		// with all that it started.
		for _, line := range []string{"sleep 300", "setsid sleep 300 &"} {
			if err := exec.Command("sh", "-c", line).Start(); err != nil {
				return result, err
			}
		}
		time.Sleep(100 * time.Millisecond)
	case "daemon": // it leaves the group and keeps standard error open
		command := exec.Command("sh", "-c", "setsid sleep 300 &")
		command.Stderr = os.Stderr
		return result, command.Run()
	case "stop":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
		select {} // until it takes effect
	case "input":
		text, err := io.ReadAll(os.Stdin)
		result.Outputs = map[string]provisioner.Output{"input": {Value: string(text)}}
		return result, err
	case "transient":
		return &provisioner.Result{Outcome: provisioner.Failed}, &provisioner.Error{Class: provisioner.Transient, After: 3 * time.Second, Err: errors.New("throttled")}
	case "sleep":
		time.Sleep(300 * time.Millisecond)
		result.Outputs = map[string]provisioner.Output{"pid": {Value: os.Getpid()}}
	}
	return result, nil
}

type pooled struct{ hostile }

func (pooled) Processes() int { return 3 }

// open starts this test program as a plugin.
func open(t testing.TB, kind string, change func(*plugin.Options)) *plugin.Driver {
	t.Helper()
	driver, err := tryOpen(t, kind, change)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, driver.Close()) })
	return driver
}

func tryOpen(t testing.TB, kind string, change func(*plugin.Options)) (*plugin.Driver, error) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	options := &plugin.Options{Name: "test", AnyBytes: true, Environ: os.Environ(), Env: map[string]string{asPlugin: kind}}
	if change != nil {
		change(options)
	}
	return plugin.Open(t.Context(), program, options)
}

type memo struct {
	sync.Mutex
	text []byte
	fail error
}

func (m *memo) Read(context.Context) ([]byte, error) {
	m.Lock()
	defer m.Unlock()
	return m.text, m.fail
}

func (m *memo) Write(_ context.Context, text []byte) error {
	m.Lock()
	defer m.Unlock()
	if m.fail == nil {
		m.text = text
	}
	return m.fail
}

func request(t testing.TB, inputs map[string]any) *provisioner.Request {
	return &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Mode: provisioner.Apply, Inputs: inputs, State: &memo{}, WorkDir: t.TempDir(),
		Files: fstest.MapFS{"src/main.tf": {Data: []byte("size")}},
	}
}

func crime(t testing.TB, what string) *provisioner.Request {
	return request(t, map[string]any{"crime": what})
}

func TestCalls(t *testing.T) {
	t.Parallel()
	driver, ctx := open(t, "whole", nil), t.Context()
	require.Equal(t, []provisioner.Capability{
		provisioner.CanDrift, provisioner.CanImport, provisioner.CanInspect, provisioner.CanRecover, provisioner.CanValidate, provisioner.HasVersion,
	}, provisioner.Capabilities(driver))

	req := request(t, map[string]any{"size": 2, "password": "hunter2"})
	req.Secret = []string{"password"}
	plan, err := driver.Plan(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, []provisioner.Change{{Address: "main", Type: "memory", Action: provisioner.Create, Attributes: []provisioner.Attribute{
		{Path: "password", Sensitive: true}, {Path: "size", After: json.Number("2")},
	}}}, plan.Changes)
	require.True(t, plan.Exact)

	var kinds []provisioner.EventKind
	req.Saved = plan.Saved
	result, err := driver.Apply(ctx, req, provisioner.SinkFunc(func(e provisioner.Event) { kinds = append(kinds, e.Kind) }))
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Equal(t, map[string]provisioner.Output{"size": {Value: json.Number("2")}, "password": {Value: "hunter2", Sensitive: true}}, result.Outputs)
	require.Equal(t, []provisioner.EventKind{provisioner.ResourceStarted, provisioner.ResourceFinished}, kinds)
	require.NotNil(t, req.State.(*memo).text)

	_, err = driver.Apply(ctx, req, provisioner.Discard)
	require.EqualError(t, err, "the saved plan is stale: the state has changed since it was made")
	recovered, err := driver.Recover(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Nil(t, recovered)
	require.NoError(t, driver.Validate(ctx, req, provisioner.Discard))
	err = driver.Validate(ctx, request(t, nil), provisioner.Discard)
	require.Equal(t, tenon.Problems{{Rule: "no-size", File: "main.tf", Line: 3, Path: tenon.At("inputs", "size"), Message: "is needed", Hint: "give one"}}, tenon.ProblemsOf(err))
	drift, err := driver.Drift(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, json.Number("1"), drift.Changes[0].Attributes[0].Before)
	imported, err := driver.Import(ctx, req, "aws_vpc.main", "vpc-1", provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, []provisioner.Change{{Address: "aws_vpc.main", Type: "vpc-1", Action: provisioner.Import}}, imported.Changes)
	module, err := driver.Inspect(ctx, req.Files, "src")
	require.NoError(t, err)
	require.Equal(t, []provisioner.Variable{{Name: "size", Required: true}}, module.Inputs)
	identity, err := driver.Identity(ctx, "1.2")
	require.NoError(t, err)
	require.Equal(t, driver.Digest()+" whole 1.2", identity)
	_, _, err = driver.Version(ctx, "")
	require.ErrorIs(t, err, provisioner.ErrToolMissing)
	require.EqualError(t, err, "whole is not on this machine (make one)")

	req.Saved, req.Mode = nil, provisioner.Destroy
	_, err = driver.Apply(ctx, req, provisioner.Discard)
	require.NoError(t, err)
	require.Nil(t, req.State.(*memo).text)
}

func TestAbsentPowers(t *testing.T) {
	t.Parallel()
	driver, ctx := open(t, "stubborn", nil), t.Context()
	require.Empty(t, provisioner.Capabilities(driver))
	req := request(t, nil)
	_, ok := provisioner.As[provisioner.Recoverer](driver)
	require.False(t, ok)
	_, err := driver.Recover(ctx, req, provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	_, err = driver.Drift(ctx, req, provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	result, err := driver.Import(ctx, req, "a", "b", provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	require.Equal(t, provisioner.Failed, result.Outcome)
	require.ErrorIs(t, driver.Validate(ctx, req, provisioner.Discard), provisioner.ErrUnsupported)
	_, err = driver.Inspect(ctx, req.Files, "src")
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	_, err = driver.Identity(ctx, "")
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	_, _, err = driver.Version(ctx, "")
	require.ErrorIs(t, err, provisioner.ErrUnsupported)
	_, err = driver.Plan(ctx, req, provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrUnsupported, "what the driver says itself")
}

// A plugin that does wrong gives an error that says which, and the next call works.
func TestCrimes(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		outcome provisioner.Outcome
		class   provisioner.Class
		want    string
	}{
		"panic":           {provisioner.Unknown, provisioner.OutcomeUnknown, "the driver panicked"},
		"panic elsewhere": {provisioner.Unknown, provisioner.OutcomeUnknown, "apply: the plugin test died in the middle: exit status 2"},
		"exit":            {provisioner.Unknown, provisioner.OutcomeUnknown, "apply: the plugin test died in the middle: exit status 7 (it said: the disk is full)"},
		"outcome":         {provisioner.Unknown, provisioner.OutcomeUnknown, `the plugin test gave the outcome "splendid", which there is not`},
		"nothing":         {provisioner.Unknown, provisioner.OutcomeUnknown, "the plugin test gave no result"},
		"unwritable":      {provisioner.Unknown, provisioner.OutcomeUnknown, "the driver's answer is not a document"},
		"memory":          {provisioner.Unknown, provisioner.OutcomeUnknown, "apply: the plugin test died in the middle: it was killed: it held"},
		"transient":       {provisioner.Failed, provisioner.Transient, "throttled"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			driver := open(t, "whole", func(o *plugin.Options) { o.MaxMemory = 512 << 20 })
			result, err := driver.Apply(t.Context(), crime(t, what), provisioner.Discard)
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.outcome, result.Outcome)
			require.Equal(t, test.class, provisioner.ClassOf(err))
			again, err := driver.Apply(t.Context(), request(t, map[string]any{"size": 1}), provisioner.Discard)
			require.NoError(t, err, "the next call starts it anew")
			require.Equal(t, provisioner.Done, again.Outcome)
		})
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		want    error
	}{
		"canceled": {context.WithCancel, context.Canceled},
		"too late": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 200*time.Millisecond)
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			driver := open(t, "whole", nil)
			ctx, cancel := test.context(t.Context())
			defer cancel()
			req := crime(t, "wait")
			result, err := driver.Apply(ctx, req, provisioner.SinkFunc(func(provisioner.Event) {
				if name == "canceled" {
					cancel()
				}
			}))
			require.ErrorIs(t, err, test.want)
			require.Equal(t, name == "canceled", errors.Is(err, context.Canceled))
			require.Equal(t, provisioner.Failed, result.Outcome, "it stopped in good order")
			require.Equal(t, "half", string(req.State.(*memo).text), "and kept what it had made")
			_, err = driver.Plan(ctx, req, provisioner.Discard)
			require.ErrorIs(t, err, test.want, "it is not asked at all")
		})
	}
}

// A plugin that hangs is killed after the grace time, and with it all that it started.
func TestHang(t *testing.T) {
	t.Parallel()
	driver := open(t, "stubborn", func(o *plugin.Options) { o.Grace = 200 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	result, err := driver.Apply(ctx, crime(t, "hang"), provisioner.SinkFunc(func(provisioner.Event) { cancel() }))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "apply was interrupted: context canceled: the plugin test died in the middle: it was killed: it did not stop within 200ms")
	require.Equal(t, provisioner.Unknown, result.Outcome)
}

func TestFlood(t *testing.T) {
	t.Parallel()
	driver := open(t, "whole", nil)
	events, told := 0, ""
	result, err := driver.Apply(t.Context(), crime(t, "flood"), provisioner.SinkFunc(func(e provisioner.Event) {
		events++
		if strings.Contains(e.Message, "left out") {
			told = e.Message
		}
	}))
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Less(t, events, 100_000)
	if events > 1001 { // it took more than a second
		require.Contains(t, told, "events were left out: the plugin sends more than 1000 a second")
	}
}

func TestTooLarge(t *testing.T) {
	t.Parallel()
	driver := open(t, "whole", func(o *plugin.Options) { o.MaxContent = 1 << 20 })
	req := request(t, map[string]any{"crime": "large", "bytes": 2 << 20})
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.ErrorContains(t, err, "it was killed: it sent a saved plan of more than 1048576 bytes")
	req.Inputs["bytes"] = 400_000
	plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Len(t, plan.Saved, 400_000)
	require.Len(t, plan.Outputs["large"].Value, 400_000)
}

func TestStateErrors(t *testing.T) {
	t.Parallel()
	driver := open(t, "whole", nil)
	req := request(t, map[string]any{"size": 1})
	req.State.(*memo).fail = errors.New("the store is locked")
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.ErrorContains(t, err, "the store is locked")
	req.State = nil
	_, err = driver.Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "the request has no state to read and write")
	req = request(t, map[string]any{"size": func() {}})
	_, err = driver.Plan(t.Context(), req, provisioner.Discard)
	require.ErrorContains(t, err, "the request is not a document")
	_, err = driver.Inspect(t.Context(), fstest.MapFS{}, "src")
	require.ErrorContains(t, err, "src/main.tf")
}

func TestEnvironment(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "sentinel-of-the-cloud")
	t.Setenv("VAULT_ADDR", "http://vault")
	driver := open(t, "whole", func(o *plugin.Options) { o.Environ, o.Pass = os.Environ(), []string{"VAULT_*"} })
	plan, err := driver.Plan(t.Context(), crime(t, "environment"), provisioner.Discard)
	require.NoError(t, err)
	environment := plan.Outputs["environment"].Value.(string)
	require.NotContains(t, environment, "sentinel-of-the-cloud")
	require.Contains(t, environment, "VAULT_ADDR=http://vault")
	folder := plan.Outputs["folder"].Value.(string)
	info, err := os.Stat(folder)
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
	require.NoError(t, driver.Close())
	_, err = os.Stat(folder)
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = driver.Plan(t.Context(), crime(t, "environment"), provisioner.Discard)
	require.ErrorIs(t, err, plugin.ErrClosed)
}

func TestNothingIsLeft(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("TENON_TEST_FORK=%d", os.Getpid())
	driver := open(t, "whole", func(o *plugin.Options) { o.Env["TENON_TEST_FORK"] = fmt.Sprint(os.Getpid()) })
	_, err := driver.Apply(t.Context(), crime(t, "fork"), provisioner.Discard)
	require.NoError(t, err)
	require.Len(t, sleepers(t, mark), 2)
	require.NoError(t, driver.Close())
	require.Eventually(t, func() bool { return len(sleepers(t, mark)) == 0 }, 5*time.Second, 20*time.Millisecond)
}

// A child that keeps the plugin's pipes open does not keep the host from closing it.
func TestDaemon(t *testing.T) {
	t.Parallel()
	mark := fmt.Sprintf("TENON_TEST_DAEMON=%d", os.Getpid())
	driver := open(t, "whole", func(o *plugin.Options) { o.Env["TENON_TEST_DAEMON"] = fmt.Sprint(os.Getpid()) })
	_, err := driver.Apply(t.Context(), crime(t, "daemon"), provisioner.Discard)
	require.NoError(t, err)
	require.Eventually(t, func() bool { return len(sleepers(t, mark)) == 1 }, 5*time.Second, 10*time.Millisecond)
	require.NoError(t, driver.Close())
	require.Eventually(t, func() bool { return len(sleepers(t, mark)) == 0 }, 5*time.Second, 20*time.Millisecond)
}

func TestStopped(t *testing.T) {
	t.Parallel()
	driver := open(t, "whole", func(o *plugin.Options) { o.Grace = 200 * time.Millisecond })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(300*time.Millisecond, cancel) // a program that has stopped says nothing
	result, err := driver.Apply(ctx, crime(t, "stop"), provisioner.Discard)
	require.ErrorContains(t, err, "it was killed: it did not stop within 200ms")
	require.Equal(t, provisioner.Unknown, result.Outcome)
}

func TestNoInput(t *testing.T) {
	t.Parallel()
	result, err := open(t, "whole", nil).Apply(t.Context(), crime(t, "input"), provisioner.Discard)
	require.NoError(t, err)
	require.Empty(t, result.Outputs["input"].Value, "the host's standard input is not the plugin's")
}

// The socket lies where nobody else can reach it, and goes with the plugin.
func TestSocket(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	driver, err := tryOpen(t, "whole", func(o *plugin.Options) { o.TempDir = folder })
	require.NoError(t, err)
	var sockets []string
	require.NoError(t, filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type()&fs.ModeSocket != 0 {
			sockets = append(sockets, path)
		}
		return err
	}))
	require.Len(t, sockets, 1)
	require.NoError(t, driver.Close())
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestLockNames(t *testing.T) {
	t.Parallel()
	lock := &plugin.Lock{}
	lock.Pin("mine\nvault", "sha256:"+strings.Repeat("0", 64))
	require.ErrorContains(t, lock.Write(filepath.Join(t.TempDir(), "plugins.lock")), "is not a name for a plugin")
}

// sleepers are processes that run sleep with a variable in their environment.
func sleepers(t *testing.T, variable string) (found []string) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("no /proc")
	}
	for _, entry := range entries {
		environment, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		command, _ := os.ReadFile(filepath.Join("/proc", entry.Name(), "cmdline"))
		if bytes.Contains(environment, []byte(variable)) && bytes.HasPrefix(command, []byte("sleep")) {
			found = append(found, entry.Name())
		}
	}
	return found
}

func TestOneProcessForAllCalls(t *testing.T) {
	t.Parallel()
	for kind, processes := range map[string]int{"whole": 1, "pooled": 2} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			driver := open(t, kind, func(o *plugin.Options) { o.Processes = 2 })
			pids := make(chan string, 6)
			var working sync.WaitGroup
			for range cap(pids) {
				working.Go(func() {
					result, err := driver.Apply(t.Context(), crime(t, "sleep"), provisioner.Discard)
					if err == nil {
						pids <- fmt.Sprint(result.Outputs["pid"].Value)
					}
				})
			}
			working.Wait()
			close(pids)
			different, calls := map[string]bool{}, 0
			for pid := range pids {
				different[pid] = true
				calls++
			}
			require.Equal(t, 6, calls)
			require.Len(t, different, processes)
		})
	}
}

func TestCloseStopsCalls(t *testing.T) {
	t.Parallel()
	driver, err := tryOpen(t, "whole", nil)
	require.NoError(t, err)
	req := crime(t, "wait")
	waiting, done := make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := driver.Apply(t.Context(), req, provisioner.SinkFunc(func(provisioner.Event) { close(waiting) }))
		done <- err
	}()
	<-waiting
	require.NoError(t, driver.Close())
	require.ErrorIs(t, <-done, context.Canceled)
	require.Equal(t, "half", string(req.State.(*memo).text))
	require.NoError(t, driver.Close(), "twice is fine")
}
