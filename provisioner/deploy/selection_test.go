package deploy_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

func (s *shop) only(targets ...string) *deploy.Engine {
	return s.engine.Only(deploy.Selection{Targets: targets})
}

// Of a new environment, and of one where everything has changed.
func TestTargets(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selection deploy.Selection
		fresh     []string // applied of a new environment; nil: refused
		again     []string // of one whose bundles have all changed
	}{
		"without need":      {deploy.Selection{Targets: []string{"a"}}, ids("a"), ids("a")},
		"by address":        {deploy.Selection{Targets: ids("d")}, ids("d"), ids("d")},
		"in the middle":     {deploy.Selection{Targets: []string{"b"}}, nil, ids("b")},
		"with needs":        {deploy.Selection{Targets: []string{"b"}, Needs: true}, ids("a", "b"), ids("a", "b")},
		"with users":        {deploy.Selection{Targets: []string{"a"}, Users: true}, ids("a", "b", "c"), ids("a", "b", "c")},
		"users of a user":   {deploy.Selection{Targets: []string{"b"}, Users: true}, nil, ids("b", "c")},
		"with both":         {deploy.Selection{Targets: []string{"b"}, Needs: true, Users: true}, ids("a", "b", "c"), ids("a", "b", "c")},
		"two":               {deploy.Selection{Targets: []string{"a", "d"}}, ids("a", "d"), ids("a", "d")},
		"none, that is all": {deploy.Selection{}, ids("a", "b", "c", "d"), ids("a", "b", "c", "d")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, nil)
			run, err := s.engine.Only(c.selection).Deploy(t.Context(), s.resolve(t))
			if c.fresh == nil {
				require.ErrorContains(t, err, "thing waits for shop/dev.a.thing, which is not deployed")
				require.ErrorContains(t, err, "select shop/dev.a, too")
				require.Nil(t, run, "nothing is begun")
			} else {
				require.NoError(t, err)
				require.Equal(t, c.fresh, run.Applied)
				require.Empty(t, run.Skipped)
			}
			s.deploy(t)
			s.write("bundles/maker/src/main.txt", "other\n")
			s.write("bundles/taker/src/main.txt", "other\n")
			plan, err := s.engine.Only(c.selection).Plan(t.Context(), s.resolve(t))
			require.NoError(t, err)
			require.Empty(t, plan.Problems)
			var planned []string
			for _, i := range plan.Instances {
				planned = append(planned, i.ID)
			}
			require.Equal(t, c.again, planned)
			text, err := json.Marshal(plan)
			require.NoError(t, err)
			read, err := deploy.ReadPlan(text, s.resolve(t))
			require.NoError(t, err)
			run, err = s.engine.Apply(t.Context(), read)
			require.NoError(t, err)
			require.Equal(t, c.again, run.Applied)
		})
	}
}

func TestUnknownTarget(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	_, err := s.only("a", "x", "shop/test.a").Deploy(t.Context(), s.resolve(t))
	require.ErrorContains(t, err, `shop/dev has no instance "x"`)
	require.ErrorContains(t, err, `shop/dev has no instance "shop/test.a"`)
	require.Empty(t, s.driver.Calls())
	plan, err := s.only("x").Plan(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Error(t, plan.Problems.Err())
}

// Nobody can add to a plan what it is not about.
func TestTargetsOfAPlanAreItsOwn(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	plan, err := s.only("a").Plan(t.Context(), s.resolve(t))
	require.NoError(t, err)
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	_, err = deploy.ReadPlan([]byte(strings.Replace(string(text), `"targets":["shop/dev.a"]`, `"targets":["shop/dev.a","shop/dev.d"]`, 1)), s.resolve(t))
	require.ErrorContains(t, err, "changed after it was made")

	run, err := s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
	require.Equal(t, ids("a"), run.Applied)
	_, err = s.engine.Apply(t.Context(), plan)
	var stale *deploy.StalePlanError
	require.ErrorAs(t, err, &stale, "it was applied")
}

// What was asked for is done again; who needs it and gets the same is left alone.
func TestForce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		selection deploy.Selection
		want      []string
	}{
		"a target":            {deploy.Selection{Targets: []string{"a"}, Force: true}, ids("a")},
		"a target with users": {deploy.Selection{Targets: []string{"a"}, Users: true, Force: true}, ids("a")},
		"all":                 {deploy.Selection{Force: true}, ids("a", "b", "c", "d")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, planned := range []bool{false, true} {
				s := newShop(t, nil)
				s.deploy(t)
				require.Empty(t, s.deploy(t).Applied)
				seen := len(s.driver.Calls())
				engine := s.engine.Only(c.selection)
				var run *deploy.Run
				var err error
				if planned {
					plan, planErr := engine.Plan(t.Context(), s.resolve(t))
					require.NoError(t, planErr)
					require.Equal(t, c.want, plan.Forced)
					run, err = s.engine.Apply(t.Context(), plan)
				} else {
					run, err = engine.Deploy(t.Context(), s.resolve(t))
				}
				require.NoError(t, err)
				require.Equal(t, c.want, run.Applied)
				require.Len(t, s.calls(seen, memory.Apply), len(c.want))
			}
		})
	}
}

// What has left the files goes when it is meant, and not before those who used it.
func TestTargetsThatGo(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	s.write("project.yaml", `
project: shop
components:
  a: {bundle: maker, params: {size: 2}}
`)
	run, err := s.only("a").Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("a"), run.Applied, "b, c and d stay")
	_, err = s.only("b").Deploy(t.Context(), s.resolve(t))
	require.ErrorContains(t, err, "shop/dev.b is to go, and shop/dev.c uses it")
	run, err = s.only("d").Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("d"), run.Applied)
	run, err = s.engine.Only(deploy.Selection{Targets: []string{"b"}, Users: true}).Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("b", "c"), run.Applied)
	status, err := s.store.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, status, 1)
}

// A destroy of a part that was cut off goes on with that part alone.
func TestPartialDestroy(t *testing.T) {
	t.Parallel()
	broken := true
	s := newShop(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if broken && req.Mode == provisioner.Destroy && req.Address == "shop/dev.b" {
			return errors.New("no")
		}
		return nil
	}})
	s.deploy(t)
	_, err := s.only("a").Destroy(t.Context(), "shop/dev", nil)
	require.ErrorContains(t, err, "shop/dev.a is to go, and shop/dev.b uses it")
	run, err := s.engine.Only(deploy.Selection{Targets: []string{"b"}, Users: true}).Destroy(t.Context(), "shop/dev", nil)
	require.Error(t, err)
	require.Equal(t, ids("c"), run.Applied)
	require.Equal(t, ids("b"), run.Failed)

	broken = false
	run, err = s.engine.Resume(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("b"), run.Applied)
	list, err := s.store.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, list, 2, "a and d are as they were")
	for _, left := range list {
		require.Equal(t, "deployed", left.Status)
	}
}

// A deployment of a part that failed goes on with that part alone.
func TestResumeOfAPart(t *testing.T) {
	t.Parallel()
	broken := true
	s := newShop(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if broken && o == memory.Apply && req.Address == "shop/dev.b" {
			return errors.New("no")
		}
		return nil
	}})
	run, err := s.engine.Only(deploy.Selection{Targets: []string{"b"}, Needs: true}).Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Equal(t, store.Failed, run.Status)
	broken = false
	run, err = s.engine.Resume(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, ids("b"), run.Applied)
	require.Equal(t, ids("a"), run.Skipped)
}
