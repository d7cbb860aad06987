package deploy_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

func TestPlanKnowsAndWaits(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	plan := s.plan(t)
	require.Equal(t, map[string]string{"a": "create", "b": "create", "c": "create", "d": "create"}, actions(plan))
	b := plan.Instances[1]
	require.Len(t, b.Mocked, 1)
	require.Equal(t, []string{"/size", "/token"}, b.Mocked[0].Paths, "the id is known: it is made of metadata")
	require.True(t, b.Steps[0].Mocked)
	require.Equal(t, []string{"connections.thing.size"}, b.Steps[0].WaitsFor)
	require.Empty(t, b.Digest)
	require.Empty(t, b.Steps[0].Digest)
	require.False(t, b.Steps[0].Exact)
	run, err := s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, ids("a", "b", "c", "d"), run.Applied)
}

// foreseeing is a driver that knows beforehand what it will give out, and whose plans
// cannot be applied as they are.
type foreseeing struct{ *memory.Driver }

func (d foreseeing) Plan(ctx ctx, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	plan, err := d.Driver.Plan(ctx, req, out)
	if err == nil {
		plan.Exact, plan.Saved, plan.Outputs = false, nil, map[string]provisioner.Output{}
		for name, input := range req.Inputs {
			plan.Outputs[name] = provisioner.Output{Value: input, Sensitive: slices.Contains(req.Secret, name)}
		}
	}
	return plan, err
}

func (s *shop) foresee() {
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": foreseeing{s.driver}}, &deploy.Options{Events: s})
}

// What the tool knows beforehand is planned with, down the whole chain.
func TestPlanForesees(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.foresee()
	plan := s.plan(t)
	require.Equal(t, map[string]string{"a": "create", "b": "create", "c": "create", "d": "create"}, actions(plan))
	require.Empty(t, plan.Problems)
	for _, i := range plan.Instances {
		require.NotEmpty(t, i.Digest)
		require.Equal(t, provisioner.Create, i.Steps[0].Changes[0].Action)
	}
	require.Empty(t, s.calls(0, memory.Apply))
	run, err := s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, ids("a", "b", "c", "d"), run.Applied)
	require.Equal(t, map[string]string{"a": "none", "b": "none", "c": "none", "d": "none"}, actions(s.plan(t)))
}

// An artifact that will not be valid is found before anything is made.
func TestPlanFindsInvalidArtifacts(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.foresee()
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 0}}", 1))
	plan := s.plan(t)
	require.Len(t, plan.Problems, 1)
	require.Equal(t, "bundles/maker/bundle.yaml:13:33: artifacts.thing.value: thing is not a valid thing@1.0.0: /size: must be a whole number of at least 1, got 0", plan.Problems[0].String())
	_, err := s.engine.Apply(t.Context(), plan)
	require.EqualError(t, err, plan.Problems[0].String())
	require.Empty(t, s.calls(0, memory.Apply))
}

func TestPlanHasTheSameDigest(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	first, second := s.plan(t), s.plan(t)
	require.Equal(t, first.Digest, second.Digest)
	require.Regexp(t, "^sha256:[0-9a-f]{64}$", first.Digest)
	a, err := json.Marshal(first)
	require.NoError(t, err)
	b, err := json.Marshal(second)
	require.NoError(t, err)
	require.Equal(t, string(a), string(b))
	require.NotContains(t, string(a), "t0k3n")
}

func TestReadPlan(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	text, err := json.Marshal(s.plan(t))
	require.NoError(t, err)
	env := s.resolve(t)
	plan, err := deploy.ReadPlan(text, env)
	require.NoError(t, err)
	run, err := s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, "succeeded", run.Status)

	for name, test := range map[string]struct{ text, want string }{
		"no JSON":              {"{", "not a plan: unexpected EOF"},
		"more behind it":       {string(text) + "{}", "not a plan: there is more behind it"},
		"another document":     {"[]", "not a plan: json: cannot unmarshal array"},
		"another environment":  {strings.Replace(string(text), `"environment":"shop/dev"`, `"environment":"shop/prod"`, 1), `the plan is for environment "shop/prod", not for "shop/dev"`},
		"changed by some hand": {strings.Replace(string(text), `"action":"create"`, `"action":"none"`, 1), "the plan was changed after it was made: plan again"},
	} {
		_, err := deploy.ReadPlan([]byte(test.text), env)
		require.ErrorContains(t, err, test.want, name)
	}
	_, err = s.engine.Apply(t.Context(), &deploy.Plan{})
	require.EqualError(t, err, "a plan comes from Engine.Plan or ReadPlan")
}

func TestStalePlan(t *testing.T) {
	t.Parallel()
	project := func(from, to string) func(*testing.T, *shop) {
		return func(_ *testing.T, s *shop) {
			s.write("project.yaml", strings.Replace(wares["project.yaml"], from, to, 1))
		}
	}
	for name, test := range map[string]struct {
		change func(*testing.T, *shop)
		want   []deploy.StaleInput
	}{
		"a param": {project("d: {bundle: maker, params: {size: 1}}", "d: {bundle: maker, params: {size: 5}}"), []deploy.StaleInput{{"shop/dev.d", "params"}}},
		"a tag": {func(_ *testing.T, s *shop) {
			s.write("environments/dev.yaml", "environment: dev\ninstances: {d: {enabled: true}}\ntags: {x: y}\n")
		}, []deploy.StaleInput{{"shop/dev.a", "metadata"}, {"shop/dev.b", "metadata"}, {"shop/dev.c", "metadata"}, {"shop/dev.d", "metadata"}}},
		"a file":   {func(_ *testing.T, s *shop) { s.write("bundles/maker/src/main.txt", "other\n") }, []deploy.StaleInput{{"shop/dev.a", "files"}, {"shop/dev.d", "files"}}},
		"one more": {project("  d: {", "  e: {bundle: maker, params: {size: 1}}\n  d: {"), []deploy.StaleInput{{"shop/dev.e", "is new"}}},
		"one less": {project("  d: {bundle: maker, params: {size: 1}}\n", ""), []deploy.StaleInput{{"shop/dev.d", "is no more"}}},
		"a deployment": {func(t *testing.T, s *shop) { s.deploy(t) }, []deploy.StaleInput{
			{"shop/dev.a", "what was last applied"}, {"shop/dev.b", "what was last applied"}, {"shop/dev.c", "what was last applied"}, {"shop/dev.d", "what was last applied"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			text, err := json.Marshal(s.plan(t))
			require.NoError(t, err)
			test.change(t, s)
			plan, err := deploy.ReadPlan(text, s.resolve(t))
			require.NoError(t, err)
			seen := len(s.driver.Calls())
			_, err = s.engine.Apply(t.Context(), plan)
			var stale *deploy.StalePlanError
			require.ErrorAs(t, err, &stale)
			require.Equal(t, test.want, stale.Changed)
			require.ErrorContains(t, err, "the plan is stale, plan again; changed since it was made: "+test.want[0].Instance+": "+test.want[0].Input)
			require.Len(t, s.driver.Calls(), seen)
		})
	}
}

// What a plan foresaw and is otherwise when it is there stops that branch.
func TestForeseenOtherwise(t *testing.T) {
	t.Parallel()
	s := newShop(t, &memory.Options{Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
		return map[string]provisioner.Output{"size": {Value: 2}, "token": {Value: "x", Sensitive: true}}
	}})
	s.foresee()
	plan := s.plan(t)
	run, err := s.engine.Apply(t.Context(), plan)
	var stale *deploy.StalePlanError
	require.ErrorAs(t, err, &stale)
	require.Equal(t, []deploy.StaleInput{{"shop/dev.b", "connection thing"}}, stale.Changed)
	require.Equal(t, ids("a", "d"), run.Applied)
	require.Equal(t, ids("c"), run.Blocked)
}

func TestPlanCollectsWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := newShop(t, &memory.Options{Fail: func(operation memory.Operation, req *provisioner.Request) error {
		if operation == memory.Plan && (req.Address == "shop/dev.a" || req.Address == "shop/dev.d") {
			return errors.New("the region is down")
		}
		return nil
	}})
	plan := s.plan(t)
	require.Equal(t, "shop/dev.a: the region is down\nshop/dev.d: the region is down", plan.Problems.Error())
	require.Equal(t, map[string]string{"a": "create", "b": "deferred", "c": "create", "d": "create"}, actions(plan))
	require.Equal(t, "cannot be planned", plan.Instances[0].Reason)
}
