package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// fn is a driver from functions.
type fn struct {
	mu    sync.Mutex
	calls []string
	plan  func(ctx context.Context, req *provisioner.Request) (*provisioner.Plan, error)
	apply func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error)
	rec   func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error)
}

func (f *fn) note(s string) { f.mu.Lock(); f.calls = append(f.calls, s); f.mu.Unlock() }
func (f *fn) Plan(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Plan, error) {
	f.note("plan " + string(req.Mode) + " " + req.Address + " " + req.Step)
	return f.plan(ctx, req)
}
func (f *fn) Apply(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	f.note(string(req.Mode) + " " + req.Address + " " + req.Step)
	return f.apply(ctx, req)
}
func (f *fn) Recover(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	f.note("recover " + req.Address + " " + req.Step)
	return f.rec(ctx, req)
}

func with(s *shop, d provisioner.Driver) {
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver, "fn": d}, &deploy.Options{RequestedBy: "alice", Events: s})
}

// stateless driver (or terraform own backend): a first apply that failed half way is never destroyed.
func TestSecondReadingStatelessOrphan(t *testing.T) {
	s := newShop(t, nil)
	f := &fn{apply: func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error) {
		if req.Mode == provisioner.Destroy {
			return &provisioner.Result{Outcome: provisioner.Done}, nil
		}
		return &provisioner.Result{Outcome: provisioner.Failed}, errors.New("made 1 of 2, in my own backend")
	}}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "driver: memory", "driver: fn", 1))
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	run, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	t.Log(run.Applied, f.calls)
	require.Contains(t, f.calls, "destroy shop/dev.d main", "an orphan")
}

// kept step that leaves the bundle: state lost on destroy
func TestSecondReadingKeptStepLeavesBundle(t *testing.T) {
	s := newShop(t, nil)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.write("bundles/maker/bundle.yaml", wares["bundles/maker/bundle.yaml"]+"  - {name: aaa, path: src, driver: memory, keepOnDestroy: true, inputs: {x: .params.size}}\n"+"  - {name: zzz, path: src, driver: memory, inputs: {size: .params.size, token: .params.token}}\n")
	s.deploy(t)
	s.write("bundles/maker/bundle.yaml", wares["bundles/maker/bundle.yaml"])
	run := s.deploy(t)
	t.Log(run.Applied)
	r, err := s.store.Instance(t.Context(), "shop/dev.d")
	require.NoError(t, err)
	for _, st := range r.Steps {
		t.Log("step in record:", st.Name)
	}
	st, err := s.store.State(t.Context(), "shop/dev.d", "aaa")
	require.NoError(t, err)
	require.NotNil(t, st)
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	st, err = s.store.State(t.Context(), "shop/dev.d", "aaa")
	require.NoError(t, err)
	require.NotNil(t, st, "the state of a kept step")
}

// DependsOn replaced by a failed attempt: the old producer is destroyed while still used
func TestSecondReadingDependsOnLost(t *testing.T) {
	failing := false
	s := newShop(t, &memory.Options{Fail: func(op memory.Operation, req *provisioner.Request) error {
		if failing && op == memory.Apply && req.Address == "shop/dev.b" && req.Step == "main" {
			return errors.New("no")
		}
		return nil
	}})
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 1}}\n  d: {bundle: maker, params: {size: 2}}\n  b: {bundle: taker}\nlinks:\n  - a.thing -> b.thing\n")
	s.write("bundles/taker/bundle.yaml", strings.Replace(wares["bundles/taker/bundle.yaml"], "steps:\n", "steps:\n  - {name: pre, path: src, driver: memory, inputs: {size: .connections.thing.size}}\n", 1))
	s.deploy(t)
	failing = true
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 2}}\n  b: {bundle: taker}\nlinks:\n  - d.thing -> b.thing\n")
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	t.Log("first: failed", run.Failed, "blocked", run.Blocked, "applied", run.Applied)
	run, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	t.Log("second: failed", run.Failed, "blocked", run.Blocked, "applied", run.Applied)
	require.NotContains(t, run.Applied, "shop/dev.a", "a destroyed while b.main still stands on it")
}

// sensitivity of an upstream artifact is not in the digest
func TestSecondReadingSensitiveNotInDigest(t *testing.T) {
	s := newShop(t, nil)
	s.write("bundles/taker/bundle.yaml", `
bundle: taker
version: 1.0.0
params: {type: object, properties: {}}
connections: {thing: {type: thing@1}}
artifacts: {}
steps:
  - {name: main, path: src, driver: memory, inputs: {size: .connections.thing.size, from: .connections.thing.id}}
app:
  env: {FROM: .connections.thing.id}
`)
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 1}}\n  b: {bundle: taker}\nlinks:\n  - a.thing -> b.thing\n")
	s.deploy(t)
	s.write("types/thing.yaml", strings.Replace(wares["types/thing.yaml"], "id: {type: string}", "id: {type: string, x-sensitive: true}", 1))
	run := s.deploy(t)
	t.Log("applied", run.Applied, "skipped", run.Skipped)
	st, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	text, _ := json.Marshal(st)
	require.NotContains(t, string(text), "of a", "a secret in status: %s", text)
}

// a panic in Plan leaks
func TestSecondReadingPlanPanicLeaks(t *testing.T) {
	s := newShop(t, nil)
	f := &fn{plan: func(ctx context.Context, req *provisioner.Request) (*provisioner.Plan, error) {
		panic("bad token " + req.Inputs["token"].(string))
	}}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "driver: memory", "driver: fn", 1))
	plan := s.plan(t)
	text, _ := json.Marshal(plan)
	require.NotContains(t, string(text), "t0k3n-0f-the-maker", "a leak %s", text)
}

// expression error leaks
func TestSecondReadingExpressionLeaks(t *testing.T) {
	for _, e := range []string{`(.params.token|tonumber)`, `(.params.token|error)`, `(.params.token|keys)`, `(.params.token + 1)`} {
		s := newShop(t, nil)
		s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
		s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "token: .params.token", "token: '"+e+"'", 1))
		_, err := s.engine.Deploy(t.Context(), s.resolve(t))
		t.Log(err)
		if err != nil && strings.Contains(err.Error(), "t0k3n") {
			t.Error("a leak", err)
		}
		s.mu.Lock()
		text, _ := json.Marshal(s.events)
		s.mu.Unlock()
		if strings.Contains(string(text), "t0k3n") {
			t.Error("a leak in events", e)
		}
	}
	for _, e := range []string{`(.outputs.token|tonumber)`, `(.outputs.token|error)`, `(.outputs.token[0:9]|error)`} {
		s := newShop(t, nil)
		s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
		s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "token: .outputs.token", "token: "+e, 1))
		_, err := s.engine.Deploy(t.Context(), s.resolve(t))
		t.Log(err)
		if err != nil && strings.Contains(err.Error(), "t0k3n") {
			t.Error("a leak", err)
		}
	}
}

// a saved plan of step 2 made with foreseen outputs of step 1 that turn out otherwise
func TestSecondReadingSavedPlanWrongInputs(t *testing.T) {
	s := newShop(t, nil)
	val := "one"
	f := &fn{
		plan: func(ctx context.Context, req *provisioner.Request) (*provisioner.Plan, error) {
			return &provisioner.Plan{Outputs: map[string]provisioner.Output{"v": {Value: val}}}, nil
		},
		apply: func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error) {
			return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{"v": {Value: val}}}, nil
		}}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.write("bundles/maker/bundle.yaml", `
bundle: maker
version: 1.0.0
params: {type: object, properties: {size: {type: integer}}}
connections: {}
artifacts:
  thing: {type: thing@1, value: '{id: .outputs.v}'}
steps:
  - {name: first, path: src, driver: fn, inputs: {size: .params.size}}
  - {name: main, path: src, driver: memory, inputs: {v: .steps.first.outputs.v}}
`)
	plan := s.plan(t)
	val = "two" // the world moves between plan and apply
	_, err := s.engine.Apply(t.Context(), plan)
	t.Log("apply:", err)
	if err != nil {
		return
	}
	run := s.deploy(t)
	t.Log("skipped afterwards", run.Skipped)
	r, _ := s.store.Instance(t.Context(), "shop/dev.d")
	st, _ := s.store.State(t.Context(), "shop/dev.d", "main")
	t.Logf("recorded inputs %v, outputs %v, real state %s", r.Steps[1].Inputs, r.Steps[1].Outputs, st)
	require.Contains(t, string(st), "two", "the tool holds what was planned, the record says otherwise, and nothing mends it")
}

// Recorded is "" for every failed record: a plan that is stale passes
func TestSecondReadingStaleAfterFailure(t *testing.T) {
	s := newShop(t, nil)
	n := 0
	f := &fn{
		plan: func(ctx context.Context, req *provisioner.Request) (*provisioner.Plan, error) {
			st, _ := req.State.Read(ctx)
			act := provisioner.Create
			if st != nil {
				act = provisioner.Replace
			}
			return &provisioner.Plan{Changes: []provisioner.Change{{Address: "x", Type: "t", Action: act}}}, nil
		},
		apply: func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error) {
			n++
			_ = req.State.Write(ctx, []byte("made"))
			if n == 1 {
				return &provisioner.Result{Outcome: provisioner.Failed}, errors.New("half")
			}
			return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{"size": {Value: 1}, "token": {Value: "t"}}}, nil
		}}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "driver: memory", "driver: fn", 1))
	plan := s.plan(t)
	_, err := s.engine.Deploy(t.Context(), s.resolve(t)) // somebody else, fails half way
	require.Error(t, err)
	again := s.plan(t)
	t.Log("approved:", plan.Instances[0].Action, plan.Instances[0].Steps, "now it would be:", again.Instances[0].Action, again.Instances[0].Steps)
	_, err = s.engine.Apply(t.Context(), plan)
	var stale *deploy.StalePlanError
	require.ErrorAs(t, err, &stale, "a stale plan")
}

// two steps moved from one
func TestSecondReadingTwoStepsMovedFromOne(t *testing.T) {
	s := newShop(t, nil)
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.deploy(t)
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "  - {name: main,", "  - {name: one, moved: [main], path: src, driver: memory, inputs: {size: .params.size}}\n  - {name: two, moved: [main],", 1))
	plan := s.plan(t)
	t.Log(plan.Problems.Err())
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	t.Log(err)
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	t.Log("again", err)
	require.NotContains(t, strings.ToLower(fmt.Sprint(err)), "it has no step")
}

// removed + cut off: plan plans for it
func TestSecondReadingPlanOfRemovedCutOff(t *testing.T) {
	died := true
	s := newShop(t, &memory.Options{Fail: func(op memory.Operation, req *provisioner.Request) error {
		if op == memory.Apply && died && req.Address == "shop/dev.d" {
			return memory.ErrDied
		}
		return nil
	}})
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	died = false
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "  d: {bundle: maker, params: {size: 1}}\n", "", 1))
	plan := s.plan(t)
	t.Log(plan.Problems)
	require.NoError(t, plan.Problems.Err())
}

// a numeric secret output in an artifact is shown
func TestSecondReadingNumericSecret(t *testing.T) {
	s := newShop(t, &memory.Options{Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
		return map[string]provisioner.Output{"token": {Value: "tt"}, "size": {Value: 483920, Sensitive: true}}
	}})
	s.write("project.yaml", "project: shop\ncomponents:\n  d: {bundle: maker, params: {size: 1}}\n")
	s.deploy(t)
	st, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	text, _ := json.Marshal(st)
	require.NotContains(t, string(text), "483920", "a secret number shown: %s", text)
}
