//go:build unix

package terraform_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// chain makes four resources one after the other. Each also writes its name into a file,
// so that a test knows what was made, and how often, without asking the tool.
func chain() fstest.MapFS {
	text := "variable \"log\" { type = string }\nvariable \"pause\" { type = string }\n"
	for i, name := range []string{"a", "b", "c", "d"} {
		after := ""
		if i > 0 {
			after = "terraform_data." + string(rune('a'+i-1))
		}
		text += `
resource "terraform_data" "` + name + `" {
  depends_on = [` + after + `]
  provisioner "local-exec" {
    command = "sleep ${var.pause} && echo ` + name + ` >> ${var.log}"
  }
}
`
	}
	return bundle("src/main.tf", text+"output \"last\" { value = terraform_data.d.id }\n")
}

func chainRequest(t *testing.T, pause string) (req *provisioner.Request, log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "made")
	return request(t, chain(), map[string]any{"log": log, "pause": pause}), log
}

// known gives the names of the resources in a state, those that are whole.
func known(t *testing.T, text []byte) (names []string) {
	t.Helper()
	var state struct {
		Resources []struct {
			Name      string
			Instances []struct{ Status string }
		}
	}
	if text != nil {
		require.NoError(t, json.Unmarshal(text, &state))
	}
	for _, resource := range state.Resources {
		if len(resource.Instances) > 0 && resource.Instances[0].Status != "tainted" {
			names = append(names, resource.Name)
		}
	}
	return names
}

func tool(t *testing.T, workDir string) process.ID {
	t.Helper()
	var record struct{ Process process.ID }
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(workDir, "run.json"))
		return err == nil && json.Unmarshal(text, &record) == nil && record.Process.PID != 0
	}, waitFor, tick)
	return record.Process
}

const (
	waitFor = 30 * time.Second
	tick    = 10 * time.Millisecond
)

func TestCancel(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req, log := chainRequest(t, "0.4")
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		result, err := driver.Apply(ctx, req, provisioner.SinkFunc(func(e provisioner.Event) {
			if e.Kind == provisioner.ResourceStarted && e.Resource == "terraform_data.b" {
				cancel()
			}
		}))
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "apply was interrupted")
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.Equal(t, []string{"a"}, made(t, log))
		require.Equal(t, []string{"a"}, known(t, req.State.(*memo).text), "what was made is known")
		requireEmpty(t, req.WorkDir)
		require.Empty(t, process.In(filepath.Join(req.WorkDir, "files", "src")))

		// The next run goes on.
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.Equal(t, []string{"a", "b", "c", "d"}, made(t, log))
	})
}

// A tool that is stopped before it has begun has changed nothing, and that is known.
func TestCancelBeforeAnything(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		for _, delay := range []time.Duration{0, 5 * time.Millisecond, 15 * time.Millisecond} {
			req, log := chainRequest(t, "30")
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				defer cancel()
				for { // the tool was just started
					if text, err := os.ReadFile(filepath.Join(req.WorkDir, "run.json")); err == nil && strings.Contains(string(text), `"pid":`) {
						time.Sleep(delay)
						return
					}
				}
			}()
			result, err := newDriver(which).Apply(ctx, req, provisioner.Discard)
			require.ErrorIs(t, err, context.Canceled)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.Empty(t, made(t, log))
			requireEmpty(t, req.WorkDir)
		}
	})
}

// What a provisioner has started in its shell does not go on after an interrupt.
func TestNothingGoesOnAfterCancel(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		file := filepath.Join(t.TempDir(), "pid")
		req := request(t, bundle("src/main.tf", `
variable "file" {}
resource "terraform_data" "a" {
  provisioner "local-exec" { command = "sleep 300 & echo $! > ${var.file}; wait" }
}
`), map[string]any{"file": file})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		pid := 0
		go func() {
			defer cancel()
			for pid == 0 {
				time.Sleep(tick)
				if words := made(t, file); len(words) > 0 {
					pid, _ = strconv.Atoi(words[0])
				}
			}
		}()
		_, err := newDriver(which).Apply(ctx, req, provisioner.Discard)
		require.ErrorIs(t, err, context.Canceled)
		<-ctx.Done()
		require.Eventually(t, func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }, waitFor, tick)
	})
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req, _ := chainRequest(t, "30")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		result, err := newDriver(which).Apply(ctx, req, provisioner.Discard)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, context.Canceled)
		require.Equal(t, provisioner.Failed, result.Outcome)
		requireEmpty(t, req.WorkDir)
	})
}

// One driver serves many steps at a time.
func TestConcurrentSteps(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		files := bundle("src/main.tf", "variable \"n\" {}\nmodule \"m\" {\n  source = \"./m\"\n  n = var.n\n}\noutput \"n\" {\n  value = module.m.n\n}\n",
			"src/m/main.tf", "variable \"n\" {}\nresource \"terraform_data\" \"a\" {\n  input = var.n\n}\noutput \"n\" {\n  value = terraform_data.a.output\n}\n")
		var group sync.WaitGroup
		var failed [4]error
		for i := range 4 {
			req := request(t, files, map[string]any{"n": strconv.Itoa(i)})
			group.Go(func() {
				result, err := driver.Apply(t.Context(), req, provisioner.Discard)
				if err == nil && result.Outputs["n"].Value != strconv.Itoa(i) {
					err = fmt.Errorf("step %d got %v", i, result.Outputs["n"].Value)
				}
				failed[i] = err
			})
		}
		group.Wait()
		require.NoError(t, errors.Join(failed[:]...))
	})
}

func TestToolKilled(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req, log := chainRequest(t, "0.4")
		result, err := driver.Apply(t.Context(), req, provisioner.SinkFunc(func(e provisioner.Event) {
			if e.Kind == provisioner.ResourceStarted && e.Resource == "terraform_data.b" {
				require.NoError(t, syscall.Kill(tool(t, req.WorkDir).PID, syscall.SIGKILL))
			}
		}))
		require.ErrorContains(t, err, "apply died in the middle (signal: killed)")
		require.Equal(t, provisioner.Unknown, result.Outcome)
		require.Equal(t, []string{"a"}, known(t, req.State.(*memo).text))
		require.Len(t, result.Problems, 1)
		require.Contains(t, result.Problems[0].Message, "terraform_data.b: "+title(which)+" died during create of this resource")
		require.Eventually(t, func() bool { return len(process.In(filepath.Join(req.WorkDir, "files", "src"))) == 0 },
			waitFor, tick, "nothing that it started lives on")

		result, err = driver.Recover(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "died in the middle")
		require.Equal(t, provisioner.Unknown, result.Outcome)
		requireEmpty(t, req.WorkDir)
		result, err = driver.Recover(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Nil(t, result, "nothing is left to recover")

		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, []string{"a", "b", "c", "d"}, made(t, log))
		require.Len(t, result.Changes, 3)
	})
}

// The host is killed while the tool is at work, and another one takes over.
func TestHostKilled(t *testing.T) {
	t.Parallel()
	for name, killTool := range map[string]bool{"tool goes on": false, "both": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTool(t, func(t *testing.T, which terraform.Tool) {
				req, log := chainRequest(t, "0.5")
				host := startHost(t, which, req, log, "0.5")
				id := tool(t, req.WorkDir)
				waitSaid(t, req.WorkDir, "terraform_data.b: Creating")
				require.NoError(t, host.Process.Kill())
				_ = host.Wait()
				if killTool {
					require.NoError(t, syscall.Kill(-id.PID, syscall.SIGKILL))
				} else {
					require.True(t, id.Alive(), "the tool outlives its host")
				}

				var seen events
				driver := newDriver(which)
				result, err := driver.Recover(t.Context(), req, &seen)
				requireEmpty(t, req.WorkDir)
				require.False(t, id.Alive())
				if !killTool {
					require.NoError(t, err)
					require.Equal(t, provisioner.Done, result.Outcome)
					require.Contains(t, result.Outputs, "last")
					require.Len(t, seen.of(provisioner.ResourceFinished), 4)
					require.Equal(t, []string{"a", "b", "c", "d"}, known(t, req.State.(*memo).text))
				} else {
					require.ErrorContains(t, err, "died in the middle (its host died as well)")
					require.Equal(t, provisioner.Unknown, result.Outcome)
					require.Equal(t, []string{"a"}, known(t, req.State.(*memo).text), "what was made is known")
					require.NotEmpty(t, result.Problems, "what was cut off is named")
				}
				again, err := driver.Apply(t.Context(), req, provisioner.Discard)
				require.NoError(t, err)
				require.Equal(t, provisioner.Done, again.Outcome)
				require.Equal(t, []string{"a", "b", "c", "d"}, made(t, log), "nothing is made twice")
			})
		})
	}
}

// At whatever moment host and tool are killed: what was made is known or named, and
// nothing is made twice but what was cut off inside its own creation.
func TestKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		for range 4 {
			req, log := chainRequest(t, "0.2")
			host := startHost(t, which, req, log, "0.2")
			id := tool(t, req.WorkDir)
			time.Sleep(rand.N(700 * time.Millisecond))
			require.NoError(t, host.Process.Kill())
			_ = host.Wait()
			if id.Alive() {
				_ = syscall.Kill(-id.PID, syscall.SIGKILL) // it may just have ended
			}
			driver := newDriver(which)
			result, _ := driver.Recover(t.Context(), req, provisioner.Discard)
			requireEmpty(t, req.WorkDir)
			if result == nil { // on a slow machine: the host has ended in time
				require.Len(t, made(t, log), 4)
				continue
			}
			cut := map[string]bool{}
			for _, problem := range result.Problems {
				for _, name := range []string{"a", "b", "c", "d"} {
					if strings.HasPrefix(problem.Message, "terraform_data."+name+": ") {
						cut[name] = true
					}
				}
			}
			there := known(t, req.State.(*memo).text)
			for _, name := range made(t, log) {
				require.True(t, cut[name] || slices.Contains(there, name), "%s is neither known nor named", name)
			}
			again, err := driver.Apply(t.Context(), req, provisioner.Discard)
			require.NoError(t, err)
			require.Equal(t, provisioner.Done, again.Outcome)
			counts := map[string]int{}
			for _, name := range made(t, log) {
				counts[name]++
			}
			require.Len(t, counts, 4)
			for name, count := range counts {
				require.True(t, count == 1 || cut[name], "%s was made %d times", name, count)
			}
		}
	})
}

// waitFinished waits until the tool has said that a resource is complete.
func waitFinished(t *testing.T, workDir, resource string) {
	t.Helper()
	waitSaid(t, workDir, resource+": Creation complete")
}

// waitSaid waits until the tool has said something.
func waitSaid(t *testing.T, workDir, text string) {
	t.Helper()
	require.Eventually(t, func() bool {
		said, err := os.ReadFile(filepath.Join(workDir, "output.jsonl"))
		return err == nil && strings.Contains(string(said), text)
	}, waitFor, tick, text)
}

// An apply that finds an earlier run at work waits for it and goes on from its state.
func TestApplyAfterHostKilled(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req, log := chainRequest(t, "0.3")
		host := startHost(t, which, req, log, "0.3")
		tool(t, req.WorkDir)
		require.Eventually(t, func() bool { return len(made(t, log)) >= 1 }, waitFor, tick)
		require.NoError(t, host.Process.Kill())
		_ = host.Wait()
		result, err := newDriver(which).Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, result.Changes)
		require.Contains(t, result.Outputs, "last")
		require.Equal(t, []string{"a", "b", "c", "d"}, made(t, log))
	})
}

// A recovery that is cancelled interrupts the tool that it waits for.
func TestRecoverCanceled(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req, log := chainRequest(t, "0.5")
		host := startHost(t, which, req, log, "0.5")
		id := tool(t, req.WorkDir)
		waitFinished(t, req.WorkDir, "terraform_data.a")
		require.NoError(t, host.Process.Kill())
		_ = host.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		result, err := newDriver(which).Recover(ctx, req, provisioner.Discard)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, provisioner.Failed, result.Outcome)
		require.False(t, id.Alive())
		require.Subset(t, known(t, req.State.(*memo).text), []string{"a"})
		requireEmpty(t, req.WorkDir)
	})
}

// startHost runs an apply in a process of its own, which TestMain makes of this binary.
func startHost(t *testing.T, which terraform.Tool, req *provisioner.Request, log, pause string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	require.NoError(t, err)
	order, err := json.Marshal(hostOrder{Tool: which, WorkDir: req.WorkDir, Log: log, Pause: pause})
	require.NoError(t, err)
	host := exec.Command(binary)
	host.Env = append(os.Environ(), hostVariable+"="+string(order))
	host.Stderr = os.Stderr
	require.NoError(t, host.Start())
	t.Cleanup(func() { _ = host.Process.Kill() })
	return host
}

const hostVariable = "TENON_TEST_HOST"

type hostOrder struct {
	Tool                terraform.Tool
	WorkDir, Log, Pause string
}

func TestMain(m *testing.M) {
	text := os.Getenv(hostVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var order hostOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		panic(err)
	}
	_, err := newDriver(order.Tool).Apply(context.Background(), &provisioner.Request{
		Address: "shop/dev.db", Step: "main", Files: chain(), Path: "src", WorkDir: order.WorkDir, State: &memo{},
		Inputs: map[string]any{"log": order.Log, "pause": order.Pause},
	}, provisioner.Discard)
	if err != nil {
		panic(err)
	}
}
