package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// drive sets another driver beside what the memory driver does.
func (s *shop) drive(d provisioner.Driver) {
	s.engine = deploy.New(s.store, provisioner.Drivers{"memory": d}, &deploy.Options{Events: s})
}

// stateless keeps nothing in the state, as a module does that has a backend of its own.
type stateless struct {
	*memory.Driver
	fail      atomic.Bool
	untouched bool
	ran       atomic.Int32
}

func (d *stateless) Apply(_ context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	if req.Step == "main" && strings.HasSuffix(req.Address, ".a") {
		d.ran.Add(1)
		if d.fail.Load() {
			return &provisioner.Result{Outcome: provisioner.Failed, Untouched: d.untouched}, errors.New("no luck")
		}
	}
	outputs := map[string]provisioner.Output{}
	for name, input := range req.Inputs {
		outputs[name] = provisioner.Output{Value: input}
	}
	return &provisioner.Result{Outcome: provisioner.Done, Outputs: outputs}, nil
}

// A step that failed is run again when its inputs are what they were before, unless its
// driver knows that it has begun nothing: an empty state proves nothing.
func TestFailedWithoutState(t *testing.T) {
	t.Parallel()
	for _, untouched := range []bool{false, true} {
		s := newShop(t, nil)
		driver := &stateless{Driver: s.driver, untouched: untouched}
		s.drive(driver)
		s.deploy(t)
		driver.fail.Store(true)
		s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 2}}", 1))
		_, err := s.engine.Deploy(t.Context(), s.resolve(t))
		require.Error(t, err)
		driver.fail.Store(false)
		s.write("project.yaml", wares["project.yaml"])
		before := driver.ran.Load()
		s.deploy(t)
		want := before + 1
		if untouched {
			want = before
		}
		require.Equal(t, want, driver.ran.Load(), untouched)
	}
}

// A value that becomes a secret upstream is another input downstream: what was shown until
// then must not be.
func TestBecomesSecret(t *testing.T) {
	t.Parallel()
	secret := atomic.Bool{}
	s := newShop(t, &memory.Options{Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
		outputs := map[string]provisioner.Output{}
		for name, input := range req.Inputs {
			outputs[name] = provisioner.Output{Value: input, Sensitive: name == "token" || name == "note" && secret.Load()}
		}
		return outputs
	}})
	s.write("types/thing.yaml", strings.Replace(wares["types/thing.yaml"], "    token:", "    note: {type: string}\n    token:", 1))
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "token: .outputs.token}", "token: .outputs.token, note: .outputs.note}", 1))
	s.write("bundles/taker/bundle.yaml", strings.Replace(wares["bundles/taker/bundle.yaml"], "env: {", "env: {NOTE: .connections.thing.note, ", 1))
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 1, note: n0te-of-a}}", 1))
	s.deploy(t)
	require.Equal(t, "n0te-of-a", s.status(t)["b"].Env["NOTE"])
	secret.Store(true)
	s.write("bundles/maker/src/main.txt", "changed\n")
	s.deploy(t)
	require.Equal(t, "(sensitive)", s.status(t)["b"].Env["NOTE"])
}

func (s *shop) status(t *testing.T) map[string]deploy.InstanceStatus {
	t.Helper()
	status, err := s.engine.Status(t.Context(), s.resolve(t))
	require.NoError(t, err)
	found := map[string]deploy.InstanceStatus{}
	for _, i := range status.Instances {
		found[strings.TrimPrefix(i.ID, "shop/dev.")] = i
	}
	return found
}

// What an expression makes of a secret is one, however it looks then; what stands beside it
// can be read.
func TestDerivedSecrets(t *testing.T) {
	t.Parallel()
	for expression, shown := range map[string]string{
		`"at \(.outputs.token | ascii_upcase) of \(.metadata.component)"`: "",
		`.outputs.token | @base64`:                                        "",
		`.outputs.token | length | tostring`:                              "18",
		`.outputs.token[0:2]`:                                             "",
		`.outputs.token | if test("^t0k3n-0f") then "yes" else "no" end`:  "",
		`.outputs.note + "/" + (.outputs.size | tostring)`:                "none/1",
		`.outputs | "\(.note)"`:                                           "none",
		`{token: .outputs.token, note: .outputs.note} | .note`:            "none",
	} {
		s := newShop(t, nil)
		s.write("types/thing.yaml", strings.Replace(wares["types/thing.yaml"], "    token:", "    made: {type: string}\n    token:", 1))
		s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "token: .outputs.token}'", "token: .outputs.token, made: ("+expression+")}'", 1))
		s.deploy(t)
		data := s.status(t)["a"].Artifacts["thing"].Data.(map[string]any)
		require.Equal(t, "of a", data["id"], expression)
		require.Equal(t, json.Number("1"), data["size"], expression)
		if shown == "" {
			shown = "(sensitive)"
		}
		require.Equal(t, shown, data["made"], expression)
	}
}

// A record says which deployment it is from, also where no step had to be run.
func TestRecordNamesItsDeployment(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	first := s.deploy(t)
	s.write("bundles/taker/bundle.yaml", strings.Replace(wares["bundles/taker/bundle.yaml"], "FROM: .connections.thing.id", "FROM: '\"x\"'", 1))
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"], "zone: {type: string, default: z1", "zone: {type: string, default: z1, title: Zone", 1))
	second := s.deploy(t)
	records, err := s.store.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	for _, record := range records {
		require.Contains(t, []string{first.Deployment, second.Deployment}, record.Deployment, record.Address)
	}
	require.NotEmpty(t, second.Applied)
}

// A delete that could not begin leaves what is there to be seen and used.
func TestDeleteThatDidNotBegin(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	s.engine = deploy.New(s.store, provisioner.Drivers{}, &deploy.Options{Events: s})
	_, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.Error(t, err)
	require.NotEmpty(t, s.status(t)["c"].Artifacts["thing"].Data)
	require.NotEmpty(t, s.status(t)["c"].Env)
	s.drive(s.driver)
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
}

// unforeseen knows beforehand what it gives out, and is wrong.
type unforeseen struct{ foreseeing }

func (d unforeseen) Plan(ctx ctx, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	plan, err := d.foreseeing.Plan(ctx, req, out)
	if err == nil && req.Step == "first" {
		plan.Outputs["size"] = provisioner.Output{Value: json.Number("7")}
	}
	return plan, err
}

// A step whose inputs are not those that were planned is not run, exact plan or not.
func TestStepWithOtherInputs(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.drive(unforeseen{foreseeing{s.driver}})
	s.write("bundles/maker/bundle.yaml", strings.Replace(wares["bundles/maker/bundle.yaml"],
		"  - {name: main, path: src, driver: memory, inputs: {size: .params.size,",
		"  - {name: first, path: src, driver: memory, inputs: {size: .params.size}}\n  - {name: main, path: src, driver: memory, inputs: {size: .steps.first.outputs.size,", 1))
	plan := s.plan(t)
	run, err := s.engine.Apply(t.Context(), plan)
	require.ErrorContains(t, err, "the plan is stale, plan again; changed since it was made: shop/dev.a: inputs of step main")
	require.Contains(t, run.Failed, "shop/dev.a")
}

// panicking dies in the middle of an apply, and panics where it is asked what it left.
type panicking struct{ *memory.Driver }

func (panicking) Recover(context.Context, *provisioner.Request, provisioner.Sink) (*provisioner.Result, error) {
	panic("out of order")
}

// A driver that panics while it looks is an error, and somebody can look again.
func TestRecoverPanics(t *testing.T) {
	t.Parallel()
	die := atomic.Bool{}
	die.Store(true)
	s := newShop(t, &memory.Options{Fail: func(o memory.Operation, req *provisioner.Request) error {
		if die.Load() && o == memory.Apply && req.Address == "shop/dev.a" {
			return memory.ErrDied
		}
		return nil
	}})
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	die.Store(false)
	s.drive(panicking{s.driver})
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.EqualError(t, err, "shop/dev.a main was cut off and cannot be looked at: the driver panicked: out of order")
	s.drive(s.driver)
	s.deploy(t)
}
