package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// wire is a project of two: what the app is made of is known once the network is there.
var wire = map[string]string{
	"project.yaml": "project: shop\ncomponents:\n  net: {bundle: net}\n  app: {bundle: app}\nlinks:\n  - net.network -> app.network\n",
	"types/network.yaml": `
artifact: network
version: 1.0.0
title: Network
schema:
  type: object
  required: [name, cidr, principal, zones]
  properties:
    name: {type: string}
    cidr: {type: string, examples: [10.0.0.0/16]}
    principal: {type: string, examples: ["arn:aws:iam::111122223333:root"]}
    zones: {type: array, items: {type: string}, minItems: 1, examples: [[z1]]}
    open: {type: boolean, default: false}
examples: [{name: n, cidr: 10.0.0.0/16, principal: "arn:aws:iam::111122223333:root", zones: [z1]}]
`,
	"bundles/net/bundle.yaml": `
bundle: net
version: 1.0.0
params: {type: object, properties: {}}
connections: {}
artifacts:
  network: {type: network@1, value: '{name: .metadata.component, cidr: .outputs.cidr, principal: .outputs.principal, zones: .outputs.zones, open: .outputs.open}'}
steps:
  - {name: main, path: src, driver: fn, inputs: {}}
`,
	"bundles/net/src/main.txt": "nothing\n",
	"bundles/app/bundle.yaml": `
bundle: app
version: 1.0.0
params: {type: object, properties: {}}
connections: {network: {type: network@1}}
artifacts: {}
steps:
  - {name: main, path: src, driver: fn, inputs: {network: .connections.network}}
`,
	"bundles/app/src/main.txt": "nothing\n",
}

// wired is a shop of the two, with an app that plans what its test says, from the network.
func wired(t *testing.T, network map[string]any, plan func(network map[string]any) ([]provisioner.Change, error)) (*shop, *fn) {
	t.Helper()
	s := newShop(t, nil)
	for name := range wares {
		if strings.HasPrefix(name, "bundles/") {
			delete(s.files, name)
		}
	}
	for name, text := range wire {
		s.write(name, text)
	}
	f := &fn{
		plan: func(_ context.Context, req *provisioner.Request) (*provisioner.Plan, error) {
			if req.Address == "shop/dev.net" {
				return &provisioner.Plan{Changes: []provisioner.Change{{Address: "net", Action: provisioner.Create}}}, nil
			}
			changes, err := plan(req.Inputs["network"].(map[string]any))
			return &provisioner.Plan{Changes: changes, Exact: true, Saved: []byte(fmt.Sprint(req.Inputs))}, err
		},
		apply: func(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error) {
			result := &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{}}
			if req.Address == "shop/dev.net" {
				for name, v := range network {
					result.Outputs[name] = provisioner.Output{Value: v}
				}
			} else if string(req.Saved) != fmt.Sprint(req.Inputs) {
				return &provisioner.Result{Outcome: provisioner.Failed}, errors.New("not the plan that was made with the real values")
			}
			return result, req.State.Write(ctx, []byte("made"))
		},
		rec: func(context.Context, *provisioner.Request) (*provisioner.Result, error) { return nil, nil },
	}
	with(s, f)
	return s, f
}

func made(address string, attributes ...provisioner.Attribute) provisioner.Change {
	return provisioner.Change{Address: address, Type: "thing", Action: provisioner.Create, Attributes: attributes}
}

func set(path string, v any) provisioner.Attribute {
	return provisioner.Attribute{Path: path, After: v}
}

func usual() map[string]any {
	return map[string]any{"cidr": "10.0.0.0/16", "principal": "arn:aws:iam::444455556666:root", "zones": []any{"a", "b", "c"}, "open": false}
}

func but(key string, v any) map[string]any {
	m := usual()
	m[key] = v
	return m
}

// rules of an app: a firewall, a policy, a line for each zone.
func rules(network map[string]any) ([]provisioner.Change, error) {
	policy, err := json.Marshal(map[string]any{"Statement": []any{map[string]any{"Principal": network["principal"], "Action": "sqs:SendMessage"}}})
	firewall := made("firewall", set("ingress.0.cidr", network["cidr"]), set("name", fmt.Sprintf("of %s", network["name"])))
	for i, zone := range network["zones"].([]any) {
		firewall.Attributes = append(firewall.Attributes, set(fmt.Sprintf("zones.%d", i), zone), set(fmt.Sprintf("hosts.%d", i), fmt.Sprintf("tcp://%s.%s", network["name"], zone)))
	}
	return []provisioner.Change{firewall, made("policy", set("policy", string(policy)))}, err
}

func isStandIn(network map[string]any) bool { return network["principal"] != usual()["principal"] }

// A plan on stand-ins is applied where the real values explain what is other, and stops
// where it would do more than anybody has approved.
func TestNoWorse(t *testing.T) {
	t.Parallel()
	same := func(changes ...provisioner.Change) func(map[string]any) ([]provisioner.Change, error) {
		return func(map[string]any) ([]provisioner.Change, error) { return changes, nil }
	}
	then := func(planned, real []provisioner.Change) func(map[string]any) ([]provisioner.Change, error) {
		return func(network map[string]any) ([]provisioner.Change, error) {
			if isStandIn(network) {
				return planned, nil
			}
			return real, nil
		}
	}
	replaced := made("x")
	replaced.Action = provisioner.Replace
	list := func(changes ...provisioner.Change) []provisioner.Change { return changes }
	for name, test := range map[string]struct {
		network map[string]any
		plan    func(map[string]any) ([]provisioner.Change, error)
		want    []string // empty: it is applied
	}{
		"what the stand-ins explain":    {usual(), rules, nil},
		"nothing depends on them":       {usual(), same(made("x", set("a", "b"))), nil},
		"less than was approved":        {usual(), then(list(made("x"), made("y")), list(made("x"))), nil},
		"a range open to all":           {but("cidr", "0.0.0.0/0"), rules, []string{"main: firewall.ingress.0.cidr: it is open to everybody: 0.0.0.0/0"}},
		"a wider range":                 {but("cidr", "10.0.0.0/8"), rules, []string{"main: firewall.ingress.0.cidr: it is a wider range of addresses: 10.0.0.0/8"}},
		"a range of public addresses":   {but("cidr", "203.0.112.0/24"), rules, []string{"main: firewall.ingress.0.cidr: it is a wider range of addresses: 203.0.112.0/24"}},
		"a principal that is everybody": {but("principal", "*"), rules, []string{"main: policy.policy: it is open to everybody: *"}},
		"a principal with a wildcard":   {but("principal", "arn:aws:iam::*:root"), rules, []string{"main: policy.policy: it has a wildcard: arn:aws:iam::*:root"}},
		"a switch to the public":        {usual(), then(list(made("x", provisioner.Attribute{Path: "publicly_accessible", Unknown: true})), list(made("x", set("publicly_accessible", true)))), []string{"main: x.publicly_accessible: it opens something to the public"}},
		"three more are made": {usual(), then(list(made("x")), list(made("x"), made("y[0]"), made("y[1]"), made("y[2]"))), []string{
			"main: y[0] (create): it is not in the plan", "main: y[1] (create): it is not in the plan", "main: y[2] (create): it is not in the plan",
		}},
		"a replace":                      {usual(), then(list(made("x")), list(replaced)), []string{"main: x (replace): it was to be created"}},
		"a value from nowhere":           {usual(), then(list(made("x", set("a", "b"))), list(made("x", set("a", "c")))), []string{"main: x.a: the stand-ins of the plan do not explain it"}},
		"an attribute from nowhere":      {usual(), then(list(made("x")), list(made("x", set("a", "c")))), []string{"main: x.a: it is not in the plan"}},
		"a value that is hidden now":     {usual(), then(list(made("x", set("a", "b"))), list(made("x", provisioner.Attribute{Path: "a", Sensitive: true}))), []string{"main: x.a: its value is hidden now"}},
		"what was unknown is everything": {usual(), then(list(made("x", provisioner.Attribute{Path: "a", Unknown: true})), list(made("x", set("a.0", "*")))), []string{"main: x.a.0: it is open to everybody: *"}},
		"what was unknown is something":  {usual(), then(list(made("x", provisioner.Attribute{Path: "a", Unknown: true})), list(made("x", set("a.0", "c")))), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := wired(t, test.network, test.plan)
			plan := s.plan(t)
			require.Empty(t, plan.Problems)
			require.True(t, plan.Instances[1].Steps[0].Mocked)
			run, err := s.engine.Apply(t.Context(), plan)
			if test.want == nil {
				require.NoError(t, err)
				require.Equal(t, ids("app", "net"), run.Applied)
				return
			}
			var worse *deploy.WorseError
			require.ErrorAs(t, err, &worse)
			got := []string{}
			for _, c := range worse.Changes {
				got = append(got, c.String())
			}
			require.Equal(t, test.want, got)
			require.NotContains(t, f.calls, "apply shop/dev.app main")
			require.Equal(t, ids("app"), run.Failed)

			// A plan that is made now shows the real values, and holds.
			run, err = s.engine.Apply(t.Context(), s.plan(t))
			require.NoError(t, err)
			require.Equal(t, ids("app"), run.Applied)
		})
	}
}

// Somebody may say yes to what is worse: it is in the audit.
func TestApproveWorse(t *testing.T) {
	t.Parallel()
	for name, no := range map[string]error{"yes": nil, "no": errors.New("bob says no")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, f := wired(t, but("principal", "*"), rules)
			asked := 0
			s.engine = deploy.New(s.store, provisioner.Drivers{"fn": f}, &deploy.Options{RequestedBy: "alice", Approve: func(_ context.Context, worse *deploy.WorseError) error {
				asked++
				require.Equal(t, "shop/dev.app", worse.Instance)
				return no
			}})
			_, err := s.engine.Apply(t.Context(), s.plan(t))
			require.Equal(t, 1, asked)
			var audit strings.Builder
			_, auditErr := s.store.ExportAudit(t.Context(), &audit, nil)
			require.NoError(t, auditErr)
			yes := `"change 1":"main: policy.policy: it is open to everybody: *"`
			if no != nil {
				require.ErrorIs(t, err, no)
				require.NotContains(t, audit.String(), yes)
				return
			}
			require.NoError(t, err)
			require.Contains(t, audit.String(), yes)
		})
	}
}

// A step that cannot be planned on stand-ins is deferred, with what its tool said; what it
// would delete, replace or open to all has been seen by nobody.
func TestDeferred(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change provisioner.Change
		want   string
	}{
		"made":    {made("x", set("a", "b")), ""},
		"deleted": {provisioner.Change{Address: "x", Action: provisioner.Delete}, "main: x (delete): the step was deferred, so that nobody has seen this delete"},
		"open":    {made("x", set("cidr", "0.0.0.0/0")), "main: x.cidr: it is open to everybody: 0.0.0.0/0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := wired(t, usual(), func(network map[string]any) ([]provisioner.Change, error) {
				if isStandIn(network) {
					return nil, errors.New("there is no such network")
				}
				return []provisioner.Change{test.change}, nil
			})
			plan := s.plan(t)
			require.Empty(t, plan.Problems)
			app := plan.Instances[1]
			require.Equal(t, deploy.Deferred, app.Action)
			require.Equal(t, []string{"network"}, app.WaitsFor)
			require.Equal(t, []string{"connections.network.cidr", "connections.network.open", "connections.network.principal", "connections.network.zones"}, app.Steps[0].WaitsFor)
			require.Equal(t, "there is no such network", app.Steps[0].Message)
			_, err := s.engine.Apply(t.Context(), plan)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
		})
	}
}

// What was known when the plan was made must be so when it is applied, beside stand-ins.
func TestRestOfMockedSlotHolds(t *testing.T) {
	t.Parallel()
	s, _ := wired(t, usual(), rules)
	text, err := json.Marshal(s.plan(t))
	require.NoError(t, err)
	changed := strings.Replace(string(text), `"paths":["/cidr","/open","/principal","/zones"]`, `"paths":["/cidr","/open","/zones"]`, 1)
	require.NotEqual(t, string(text), changed)
	_, err = deploy.ReadPlan([]byte(changed), s.resolve(t))
	require.EqualError(t, err, "the plan was changed after it was made: plan again")

	plan, err := deploy.ReadPlan(text, s.resolve(t))
	require.NoError(t, err)
	plan.Instances[1].Mocked[0].Rest = "hmac-sha256:other"
	_, err = s.engine.Apply(t.Context(), plan)
	var stale *deploy.StalePlanError
	require.ErrorAs(t, err, &stale)
	require.Equal(t, []deploy.StaleInput{{Instance: "shop/dev.app", Input: "connection network"}}, stale.Changed)
}

// No stand-in is left in the records, and none that is a secret of now is in the plan.
func TestStandInsOfNow(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	s.write("project.yaml", strings.Replace(wares["project.yaml"], "a: {bundle: maker, params: {size: 1}}", "a: {bundle: maker, params: {size: 2}}", 1))
	plan := s.plan(t)
	b := plan.Instances[1]
	require.True(t, b.Steps[0].Mocked)
	require.Empty(t, b.Steps[0].Changes, "the size of now stands in for the new one")
	text, err := json.Marshal(plan)
	require.NoError(t, err)
	require.NotContains(t, string(text), "t0k3n")
	run, err := s.engine.Apply(t.Context(), plan)
	require.Error(t, err, "the update of b is not in the plan")
	require.Equal(t, ids("b"), run.Failed)
	require.Nil(t, tenon.ProblemsOf(err))
	require.ErrorContains(t, err, "main: main (update): it is not in the plan")
}
