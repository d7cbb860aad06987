package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// doorman is a gate that remembers what it was asked.
type doorman struct {
	mu    sync.Mutex
	asked []*deploy.Review
	says  func(r *deploy.Review) ([]deploy.Finding, error)
}

func (d *doorman) Check(_ context.Context, r *deploy.Review) ([]deploy.Finding, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, r)
	if d.says == nil {
		return nil, nil
	}
	return d.says(r)
}

// about gives the stage and instances of what was asked.
func (d *doorman) about() (list []string) {
	for _, r := range d.asked {
		text := string(r.Stage)
		for _, i := range r.Plan.Instances {
			text += " " + i.Action + " " + i.ID[len("shop/dev."):]
		}
		list = append(list, text)
	}
	return list
}

func (s *shop) guarded(d *doorman) *shop {
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": s.driver}, &deploy.Options{RequestedBy: "alice", Events: s, Gates: []deploy.Gate{d}, Concurrency: 1})
	return s
}

// onlyFor says something of one instance, whenever it is asked about it.
func onlyFor(component string, verdict deploy.Verdict) func(*deploy.Review) ([]deploy.Finding, error) {
	return func(r *deploy.Review) (found []deploy.Finding, _ error) {
		for _, i := range r.Plan.Instances {
			if i.ID == "shop/dev."+component && i.Action != deploy.None {
				found = append(found, deploy.Finding{Verdict: verdict, Policy: "names", Message: "this name is not nice", Instance: i.ID})
			}
		}
		return found, nil
	}
}

// A denial stops a run before its first step, and is read in the plan.
func TestGateDeniesAPlan(t *testing.T) {
	t.Parallel()
	d := &doorman{says: onlyFor("d", deploy.Deny)}
	s := newShop(t, nil).guarded(d)
	plan := s.plan(t)
	require.Equal(t, []string{"plan create a create b create c create d"}, d.about())
	want := deploy.Finding{Verdict: deploy.Deny, Policy: "names", Message: "this name is not nice", Instance: "shop/dev.d"}
	require.Equal(t, []deploy.Finding{want}, plan.Findings)
	require.Contains(t, plan.Markdown(), "#### Policies\n\n- `deny names: shop/dev.d: this name is not nice`\n")

	text, err := json.Marshal(plan)
	require.NoError(t, err)
	read, err := deploy.ReadPlan(text, s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, plan.Findings, read.Findings)
	read.Findings[0].Verdict = deploy.Allow
	text, err = json.Marshal(read)
	require.NoError(t, err)
	_, err = deploy.ReadPlan(text, s.resolve(t))
	require.ErrorContains(t, err, "changed after it was made")

	run, err := s.engine.Apply(t.Context(), plan)
	var policy *deploy.PolicyError
	require.ErrorAs(t, err, &policy)
	require.Equal(t, []deploy.Finding{want}, policy.Denied)
	require.EqualError(t, err, "deny names: shop/dev.d: this name is not nice")
	require.Nil(t, run)
	require.Empty(t, s.calls(0, memory.Apply))
	none, err := s.store.Deployments(t.Context(), "shop/dev", 1)
	require.NoError(t, err)
	require.Empty(t, none)

	d.says = onlyFor("d", deploy.Warn) // the policies of now count
	_, err = s.engine.Apply(t.Context(), plan)
	require.NoError(t, err)
}

// What was allowed when it was planned can be denied by now.
func TestGateIsAskedAgain(t *testing.T) {
	t.Parallel()
	d := &doorman{}
	s := newShop(t, nil).guarded(d)
	plan := s.plan(t)
	require.Empty(t, plan.Findings)
	d.says = onlyFor("d", deploy.Deny)
	_, err := s.engine.Apply(t.Context(), plan)
	var policy *deploy.PolicyError
	require.ErrorAs(t, err, &policy)
	require.Empty(t, s.calls(0, memory.Apply))
}

// A gate that does not answer has not allowed anything.
func TestGateFailsClosed(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]func(*deploy.Review) ([]deploy.Finding, error){
		"error":   func(*deploy.Review) ([]deploy.Finding, error) { return nil, errors.New("no policies are loaded") },
		"panic":   func(*deploy.Review) ([]deploy.Finding, error) { panic("oh") },
		"verdict": func(*deploy.Review) ([]deploy.Finding, error) { return []deploy.Finding{{Verdict: "denied"}}, nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := &doorman{}
			s := newShop(t, nil).guarded(d)
			plan := s.plan(t)
			d.says = says
			_, err := s.engine.Plan(t.Context(), s.resolve(t))
			require.ErrorContains(t, err, "policy gate")
			_, err = s.engine.Apply(t.Context(), plan)
			require.ErrorContains(t, err, "policy gate")
			run, err := s.engine.Deploy(t.Context(), s.resolve(t))
			require.ErrorContains(t, err, "policy gate")
			require.Equal(t, ids("a", "d"), run.Failed)
			require.Empty(t, s.calls(0, memory.Apply))
		})
	}
}

// Without a plan each step is planned for the gates just before it is applied, and what
// has not changed starts nothing.
func TestGateWithoutPlan(t *testing.T) {
	t.Parallel()
	d := &doorman{says: onlyFor("b", deploy.Deny)}
	s := newShop(t, nil).guarded(d)
	run, err := s.engine.Deploy(t.Context(), s.resolve(t))
	var policy *deploy.PolicyError
	require.ErrorAs(t, err, &policy)
	require.Equal(t, ids("a", "d"), run.Applied)
	require.Equal(t, ids("b"), run.Failed)
	require.Equal(t, ids("c"), run.Blocked)
	require.Equal(t, map[string]int{"a": 1, "d": 1}, s.calls(0, memory.Apply))
	require.ElementsMatch(t, []string{"apply create a", "apply create b", "apply create d"}, d.about())
	for _, r := range d.asked {
		require.Len(t, r.Plan.Instances[0].Steps, 1)
		require.NotEmpty(t, r.Plan.Instances[0].Steps[0].Changes)
	}

	d.says, d.asked = onlyFor("b", deploy.Warn), nil
	s.deploy(t)
	require.Equal(t, []string{"apply create b", "apply create c"}, d.about())
	told := slices.IndexFunc(s.events, func(e deploy.Event) bool { return e.Type == deploy.PolicyFinding && e.Action == string(deploy.Warn) })
	require.GreaterOrEqual(t, told, 0)
	require.Equal(t, "names", s.events[told].Reason)
	require.Equal(t, "shop/dev.b", s.events[told].Instance)

	d.asked = nil
	seen := len(s.driver.Calls())
	require.Empty(t, s.deploy(t).Applied)
	require.Empty(t, d.asked)
	require.Len(t, s.driver.Calls(), seen)
}

// No plan tells of what a destroy does, and of what has left the files: the gates hear of
// both.
func TestGateOnDeletes(t *testing.T) {
	t.Parallel()
	d := &doorman{}
	s := newShop(t, nil).guarded(d)
	s.deploy(t)
	d.asked = nil
	d.says = func(r *deploy.Review) ([]deploy.Finding, error) {
		if r.Plan.Instances[0].Action == deploy.Delete {
			return []deploy.Finding{{Verdict: deploy.Deny, Policy: "keep", Message: "nothing is deleted here"}}, nil
		}
		return nil, nil
	}
	run, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.ErrorContains(t, err, "nothing is deleted here")
	require.Equal(t, ids("c", "d"), run.Failed)
	require.Empty(t, run.Applied)
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 1}}\n")
	run, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.ErrorContains(t, err, "nothing is deleted here")
	require.Equal(t, ids("c", "d"), run.Failed)
	require.Equal(t, []string{"apply delete c", "apply delete d", "apply delete c", "apply delete d"}, d.about())
	left, err := s.store.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, left, 4)

	d.says = nil
	run, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Subset(t, run.Applied, ids("b", "c", "d"))
}

// A denial on stand-ins waits for the real values, and is asked again with them.
func TestGateUnknownUntilApply(t *testing.T) {
	t.Parallel()
	for name, zones := range map[string]int{"denied": 3, "allowed": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			list := []any{}
			for range zones {
				list = append(list, "z")
			}
			s, f := wired(t, but("zones", list), func(network map[string]any) ([]provisioner.Change, error) {
				return []provisioner.Change{made("app", set("zones", len(network["zones"].([]any))))}, nil
			})
			d := &doorman{says: func(r *deploy.Review) ([]deploy.Finding, error) {
				for _, i := range r.Plan.Instances {
					if i.ID == "shop/dev.app" && (r.Stage == deploy.AtPlan || zones > 1) {
						return []deploy.Finding{{Verdict: deploy.Deny, Policy: "zones", Message: "too many", Instance: i.ID, Resource: "app"}}, nil
					}
				}
				return nil, nil
			}}
			engine := deploy.New(s.store, provisioner.Drivers{"fn": f}, &deploy.Options{
				Events: s, Gates: []deploy.Gate{d}, Approve: func(context.Context, *deploy.WorseError) error { return nil },
			})
			plan, err := engine.Plan(t.Context(), s.resolve(t))
			require.NoError(t, err)
			require.Empty(t, plan.Problems)
			require.Len(t, plan.Findings, 1)
			require.Equal(t, deploy.UnknownUntilApply, plan.Findings[0].Verdict)
			run, err := engine.Apply(t.Context(), plan)
			require.Contains(t, d.about(), "apply create app")
			if zones == 1 {
				require.NoError(t, err)
				return
			}
			var policy *deploy.PolicyError
			require.ErrorAs(t, run.Errors["shop/dev.app"], &policy)
			require.Equal(t, deploy.Deny, policy.Denied[0].Verdict)
			require.Equal(t, ids("net"), run.Applied)
			require.Equal(t, ids("app"), run.Failed)
		})
	}
}

// A gate is not told secrets.
func TestGateSeesNoSecret(t *testing.T) {
	t.Parallel()
	var seen []string
	d := &doorman{says: func(r *deploy.Review) ([]deploy.Finding, error) {
		text, err := json.Marshal(r)
		seen = append(seen, string(text))
		return nil, err
	}}
	s := newShop(t, nil).guarded(d)
	s.plan(t)
	s.deploy(t)
	s.write("bundles/maker/src/main.txt", "other\n")
	s.plan(t)
	require.Greater(t, len(seen), 4)
	for _, text := range seen {
		require.NotContains(t, text, "t0k3n-0f-the-maker")
	}
}
