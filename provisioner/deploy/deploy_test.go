package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

func TestDeployThenNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	run := s.deploy(t)
	require.Equal(t, "succeeded", run.Status)
	require.Equal(t, ids("a", "b", "c", "d"), run.Applied)
	require.Equal(t, []string{
		deploy.InstanceStarted, deploy.StepStarted, deploy.ResourceStarted, deploy.ResourceFinished, deploy.StepFinished, deploy.ArtifactValid, deploy.InstanceFinished,
	}, s.of("shop/dev.b"))
	calls := len(s.driver.Calls())

	again := s.deploy(t)
	require.Empty(t, again.Applied)
	require.Equal(t, ids("a", "b", "c", "d"), again.Skipped)
	require.Len(t, s.driver.Calls(), calls, "nothing was started")

	status, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Len(t, status.Instances, 4)
	b := status.Instances[1]
	require.Equal(t, "deployed", b.Status)
	require.NotNil(t, b.DeployedAt)
	require.Equal(t, map[string]string{"FROM": "of a", "TOKEN": "(sensitive)"}, b.Env)
	require.Equal(t, "thing@1.0.0", b.Artifacts["thing"].Type)
	require.Equal(t, map[string]any{"id": "of a", "size": json.Number("1"), "token": "(sensitive)"}, status.Instances[0].Artifacts["thing"].Data)
}

// A change reaches only those whose inputs it changes.
func TestEarlyCutOff(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	seen := len(s.driver.Calls())
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 1, note: changed}}", 1))
	run := s.deploy(t)
	require.Equal(t, ids("a"), run.Applied)
	require.Equal(t, ids("b", "c", "d"), run.Skipped)
	require.Equal(t, map[string]int{"a": 1}, s.calls(seen, memory.Apply))

	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 2}}", 1))
	require.Equal(t, ids("a", "b", "c"), s.deploy(t).Applied)
}

func TestFailureBlocksItsDependentsOnly(t *testing.T) {
	t.Parallel()
	broken := errors.New("no capacity in this zone")
	s := newShop(t, &memory.Options{Fail: func(operation memory.Operation, req *provisioner.Request) error {
		if broken != nil && req.Address == "shop/dev.b" {
			return broken
		}
		return nil
	}})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	var failed *deploy.RunError
	require.ErrorAs(t, err, &failed)
	require.Same(t, run, failed.Run)
	require.ErrorIs(t, err, broken)
	require.Equal(t, "shop/dev.b: main: no capacity in this zone", err.Error())
	require.Equal(t, "failed", run.Status)
	require.Equal(t, ids("a", "d"), run.Applied)
	require.Equal(t, ids("b"), run.Failed)
	require.Equal(t, ids("c"), run.Blocked)
	require.Equal(t, []string{deploy.InstanceBlocked}, s.of("shop/dev.c"))

	broken = nil
	run = s.deploy(t)
	require.Equal(t, ids("b", "c"), run.Applied)
	require.Equal(t, ids("a", "d"), run.Skipped)
}

func TestUnknownIsNeitherDoneNorFailed(t *testing.T) {
	t.Parallel()
	dies := true
	s := newShop(t, &memory.Options{Fail: func(operation memory.Operation, req *provisioner.Request) error {
		if dies && operation == memory.Apply && req.Address == "shop/dev.b" {
			return memory.ErrDied
		}
		return nil
	}})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.ErrorIs(t, err, memory.ErrDied)
	require.Equal(t, ids("b"), run.Unknown)
	require.Empty(t, run.Failed)
	status, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, "unknown", status.Instances[1].Status)

	plan := s.plan(t)
	require.Equal(t, map[string]string{"a": "none", "b": "deferred", "c": "deferred", "d": "none"}, actions(plan))
	require.Equal(t, "warning: shop/dev.b: the last run was cut off here, so nothing is planned for it (resume the run: what was made is looked at before anything is done)", plan.Problems[0].String())

	dies = false
	run, err = s.engine.Resume(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("b", "c"), run.Applied)
	require.Equal(t, 1, s.calls(0, memory.Recover)["b"], "it is looked at before it is run again")
	_, err = s.engine.Resume(t.Context(), s.resolve(t))
	require.ErrorIs(t, err, deploy.ErrNothingToResume)
	require.Equal(t, "shop/dev: no run was cut off", err.Error())
}

func TestCancel(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		limit     time.Duration
		is, isNot error
	}{
		"canceled": {time.Hour, context.Canceled, context.DeadlineExceeded},
		"deadline": {3 * time.Second, context.DeadlineExceeded, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, &memory.Options{Delay: time.Hour})
			ctx, cancel := context.WithTimeout(t.Context(), test.limit)
			defer cancel()
			var begun atomic.Int32
			s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{Events: deploy.SinkFunc(func(e deploy.Event) {
				if e.Type == deploy.ResourceStarted && begun.Add(1) == 2 && test.limit == time.Hour {
					cancel()
				}
			})})
			run, err := s.engine.Deploy(ctx, s.resolve(t))
			require.ErrorIs(t, err, test.is)
			require.NotErrorIs(t, err, test.isNot)
			require.Equal(t, "canceled", run.Status)
			require.Equal(t, ids("a", "d"), run.Failed)
			require.Equal(t, ids("b", "c"), run.Blocked)
			last, err := s.store.Deployments(t.Context(), "shop/dev", 1)
			require.NoError(t, err)
			require.Equal(t, store.Canceled, last[0].Status)
		})
	}
}

func TestArtifactIsCheckedBeforeAnyoneSeesIt(t *testing.T) {
	t.Parallel()
	outputs := map[string]provisioner.Output{"size": {Value: 0}, "token": {Value: "x", Sensitive: true}}
	s := newShop(t, &memory.Options{Outputs: func(*provisioner.Request) map[string]provisioner.Output { return outputs }})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.EqualError(t, run.Errors["shop/dev.a"], `bundles/maker/bundle.yaml:13:33: artifacts.thing.value: thing is not a valid thing@1.0.0: /size: must be a whole number of at least 1, got 0`)
	require.Error(t, err)
	require.Equal(t, ids("b", "c"), run.Blocked)
	known, err := s.store.Artifacts(t.Context())
	require.NoError(t, err)
	require.Empty(t, known)

	outputs = map[string]provisioner.Output{"sizes": {Value: 1}, "token": {Value: "x", Sensitive: true}}
	s.write("types/thing.yaml", strings.NewReplacer("required: [id]", "required: [id, size]", "{id: x}", "{id: x, size: 1}").Replace(wares["types/thing.yaml"]))
	s.write("bundles/maker/src/main.txt", "more\n")
	run, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.ErrorContains(t, run.Errors["shop/dev.a"], `thing needs .outputs.size, but the module has no such output (did you mean "sizes"?)`)
}

func TestWhatLeftTheFilesIsDeleted(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	project := strings.Replace(wares["project.yaml"], "  c: {bundle: taker}\n", "", 1)
	s.write("project.yaml", strings.Replace(project, "  - b.thing -> c.thing\n", "", 1))
	require.Equal(t, map[string]string{"a": "none", "b": "none", "c": "delete", "d": "none"}, actions(s.plan(t)))
	run := s.deploy(t)
	require.Equal(t, ids("c"), run.Applied)
	require.Equal(t, 1, s.calls(0, memory.Destroy)["c"])
	record, err := s.store.Instance(t.Context(), "shop/dev.c")
	require.NoError(t, err)
	require.Nil(t, record)
}

func TestMoved(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	state, err := s.store.State(t.Context(), "shop/dev.d", "main")
	require.NoError(t, err)
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "  d: {bundle: maker,", "  e: {bundle: maker, moved: [d],", 1))
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "{name: main, path: src,", "{name: first, moved: [main], path: src,", 1))
	plan := s.plan(t)
	require.Equal(t, map[string]string{"a": "update", "b": "none", "c": "none", "e": "update"}, actions(plan), "nothing is deleted or created")
	run, err := s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Contains(t, run.Applied, "shop/dev.e")
	require.Empty(t, s.calls(0, memory.Destroy))
	moved, err := s.store.State(t.Context(), "shop/dev.e", "first")
	require.NoError(t, err)
	require.JSONEq(t, string(state), string(moved))
}

func TestStepThatLeftItsBundle(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	two := strings.Replace(wares["bundles/taker/bundle.yaml"], "steps:\n", "steps:\n  - {name: first, path: src, driver: memory, inputs: {x: 1}}\n", 1)
	s.write("bundles/taker/bundle.yaml", two)
	s.deploy(t)
	s.write("bundles/taker/bundle.yaml", wares["bundles/taker/bundle.yaml"])
	plan := s.plan(t)
	require.Equal(t, provisioner.Delete, plan.Instances[1].Steps[1].Changes[0].Action)
	seen := len(s.driver.Calls())
	require.Equal(t, ids("b", "c"), s.deploy(t).Applied)
	require.Equal(t, map[string]int{"b": 1, "c": 1}, s.calls(seen, memory.Destroy))
	record, err := s.store.Instance(t.Context(), "shop/dev.b")
	require.NoError(t, err)
	require.Len(t, record.Steps, 1)
}

func TestImmutable(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 1, zone: z2}}", 1))
	want := "project.yaml:4:46: components.a.params.zone: a: must not change once it is deployed (set it back, or destroy the instance first)"
	require.Equal(t, want, s.plan(t).Problems[0].String())
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.EqualError(t, run.Errors["shop/dev.a"], want)
	require.Equal(t, ids("d"), run.Skipped)
}

func TestUnknownDriver(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "driver: memory", "driver: memry", 1))
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.EqualError(t, err, `bundles/maker/bundle.yaml:15:5: steps.main: unknown driver "memry" (did you mean "memory"?)`)
	require.Empty(t, s.driver.Calls(), "found before anything is done")
}

// liar is a driver that breaks the contract.
type liar struct {
	provisioner.Driver
	result *provisioner.Result
	err    error
	panics bool
}

func (l *liar) Apply(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Result, error) {
	if l.panics {
		panic("out of ideas")
	}
	return l.result, l.err
}

func TestDriversThatBreakTheContract(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		driver *liar
		status string
		want   string
	}{
		"nothing at all":         {&liar{}, "unknown", "main: the driver gave no result"},
		"no result but an error": {&liar{err: errors.New("broken")}, "unknown", "main: broken"},
		"panic":                  {&liar{panics: true}, "unknown", "main: the driver panicked: out of ideas"},
		"an outcome of its own":  {&liar{result: &provisioner.Result{Outcome: "splendid"}}, "unknown", `main: the driver gave no reason for the outcome "splendid"`},
		"done with an error":     {&liar{result: &provisioner.Result{Outcome: provisioner.Done}, err: errors.New("but not really")}, "failed", "main: but not really"},
		"failed without a reason": {&liar{result: &provisioner.Result{Outcome: provisioner.Failed}}, "failed",
			`main: the driver gave no reason for the outcome "failed"`},
		"an output that is no document": {&liar{result: &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{"x": {Value: func() {}}}}}, "failed",
			"main: output x: json: unsupported type: func()"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.engine = deploy.New(s.store, provisioner.Drivers{"memory": test.driver}, nil)
			run, err := s.engine.Deploy(t.Context(), s.resolve(t))
			require.Error(t, err)
			require.ErrorContains(t, run.Errors["shop/dev.a"], test.want)
			list := run.Failed
			if test.status == "unknown" {
				list = run.Unknown
			}
			require.Equal(t, ids("a", "d"), list)
		})
	}
}

func TestWhatADriverSaysIsRedactedAndPlaced(t *testing.T) {
	t.Parallel()
	const secret = "t0k3n-0f-the-maker"
	s := newShop(t, nil)
	careless := &liar{result: &provisioner.Result{Outcome: provisioner.Failed}, err: fmt.Errorf("said %s: %w", secret, tenon.Problems{{File: "src/main.txt", Line: 1, Message: "about " + secret}})}
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": careless}, &deploy.Options{Events: s})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.NotContains(t, err.Error(), secret)
	require.Equal(t, "bundles/maker/src/main.txt:1: about (sensitive)", tenon.ProblemsOf(run.Errors["shop/dev.a"]).Error())
	text, err := json.Marshal(s.events)
	require.NoError(t, err)
	require.NotContains(t, string(text), secret)
	entries, err := s.store.Journal(t.Context(), run.Deployment)
	require.NoError(t, err)
	require.NotContains(t, fmt.Sprint(entries), secret)
}

func TestReveal(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	_, err := s.engine.Reveal(t.Context(), s.resolve(t), "")
	require.EqualError(t, err, "values are revealed only for a reason")
	status, err := s.engine.Reveal(t.Context(), s.resolve(t), "the login does not work")
	require.NoError(t, err)
	require.Equal(t, "t0k3n-0f-the-maker", status.Instances[1].Env["TOKEN"])
	require.Equal(t, "t0k3n-0f-the-maker", status.Instances[0].Artifacts["thing"].Data.(map[string]any)["token"])
	require.NoError(t, s.store.VerifyAudit(t.Context()))

	env := s.resolve(t)
	require.NoError(t, s.store.Close())
	_, err = s.engine.Reveal(t.Context(), env, "nobody writes it down")
	require.Error(t, err)
}

// Whatever an instance is made from, and whatever its record says, is looked at before it
// is skipped. Steps whose own inputs are the same are not run.
func TestWhatIsNotSkipped(t *testing.T) {
	t.Parallel()
	edit := func(file, from, to string) func(*shop) {
		return func(s *shop) { s.write(file, strings.Replace(wares[file], from, to, 1)) }
	}
	for name, test := range map[string]struct {
		change func(*shop)
		want   []string
		runs   map[string]int
	}{
		"a file of the bundle": {edit("bundles/maker/src/main.txt", "nothing", "something"), ids("a", "d"), map[string]int{"a": 1, "d": 1}},
		"a tag":                {edit("environments/dev.yaml", "\n", "\ntags: {x: y}\n"), ids("a", "b", "c", "d"), map[string]int{"a": 1, "b": 1, "c": 1, "d": 1}},
		"the type's version":   {edit("types/thing.yaml", "1.0.0", "1.1.0"), ids("a", "b", "c", "d"), map[string]int{}},
		"the type's words":     {edit("types/thing.yaml", "minimum: 1", "minimum: 0"), ids("a", "b", "c", "d"), map[string]int{}},
		"protection":           {edit("environments/dev.yaml", "\n", "\nprotected: true\n"), ids("a", "b", "c", "d"), map[string]int{}},
		"where it comes from":  {edit("project.yaml", "a.thing -> b.thing", "d.thing -> b.thing"), ids("b"), map[string]int{"b": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			s.deploy(t)
			seen := len(s.driver.Calls())
			test.change(s)
			require.Equal(t, test.want, s.deploy(t).Applied)
			require.Equal(t, test.runs, s.calls(seen, memory.Apply))
			require.Empty(t, s.deploy(t).Applied)
		})
	}
}

// What a module calls sensitive is shown nowhere, wherever the bundle puts it.
func TestSensitiveOutputInAFieldThatIsNot(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-token-value"
	s := newShop(t, &memory.Options{Outputs: func(*provisioner.Request) map[string]provisioner.Output {
		return map[string]provisioner.Output{"size": {Value: secret, Sensitive: true}, "token": {Value: secret, Sensitive: true}}
	}})
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.NotContains(t, err.Error(), secret)
	require.ErrorContains(t, run.Errors["shop/dev.a"], `/size: must be a whole number of at least 1, got "(sensitive)" (a string)`)
	text, err := json.Marshal(s.events)
	require.NoError(t, err)
	require.NotContains(t, string(text), secret)

	s = newShop(t, nil)
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], `{id: "of \(.metadata.component)", size`, `{id: "id of \(.outputs.token)", size`, 1))
	s.deploy(t)
	status, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, "(sensitive)", status.Instances[0].Artifacts["thing"].Data.(map[string]any)["id"])
	require.Equal(t, "(sensitive)", status.Instances[1].Env["FROM"], "nor downstream")
}
