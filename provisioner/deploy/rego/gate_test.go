package rego_test

import (
	"context"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/rego"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

func files(texts map[string]string) fstest.MapFS {
	folder := fstest.MapFS{}
	for name, text := range texts {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return folder
}

func policy(text string) fstest.MapFS {
	return files(map[string]string{"p.rego": "package tenon.p\n\n" + text})
}

func TestMistakesOfPolicies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"deny contains 1 if {":                                 "p.rego:",
		"deny contains x if { x := y }":                        "p.rego:3: rego_unsafe_var_error: var y is unsafe",
		"deny contains x if { x := http.send({}).body }":       "undefined function http.send",
		"deny contains x if { x := opa.runtime().env }":        "undefined function opa.runtime",
		"deny contains x if { x := net.lookup_ip_addr(\"\") }": "undefined function net.lookup_ip_addr",
		"deny[x] { x := 1 }":                                   "`if` keyword is required",
		"allowed := true":                                      "no policies",
	} {
		_, err := rego.New(t.Context(), policy(text), nil)
		require.ErrorContains(t, err, want, text)
	}
	_, err := rego.New(t.Context(), files(map[string]string{"a_test.rego": "package tenon.a\n\ndeny contains 1"}), nil)
	require.ErrorContains(t, err, "no policies")
	_, err = rego.New(t.Context(), files(map[string]string{"a.rego": "package other\n\ndeny contains \"x\""}), nil)
	require.ErrorContains(t, err, "no policies")
}

// What is no finding, what fails and what takes too long is an error: it has not allowed
// anything.
func TestPoliciesFailClosed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"deny contains 1":                                  "policy p: it contains 1, which is neither a text nor an object",
		"deny contains {\"message\": 1}":                   "policy p: message of a finding must be a text, not 1",
		"deny contains {\"msg\": \"x\"}":                   `policy p: a finding has message, instance, step and resource, not "msg"`,
		"deny contains {\"instance\": \"x\"}":              "policy p: a finding has no message",
		"deny := true":                                     "policy p: its rule is no set",
		"deny contains \"x\" if { to_number(\"x\") == 1 }": "policy p: ",
		"deny contains \"x\" if { some a in numbers.range(1, 100000); some b in numbers.range(1, 100000); a * b == -1 }": context.DeadlineExceeded.Error(),
	} {
		gate, err := rego.New(t.Context(), policy(text), &rego.Options{Timeout: 200 * time.Millisecond})
		require.NoError(t, err, text)
		found, err := gate.Check(t.Context(), one("shop/dev", provisioner.Change{}))
		require.ErrorContains(t, err, want, text)
		require.Empty(t, found)
	}
}

// Several files of one policy, and what policies share.
func TestPackages(t *testing.T) {
	t.Parallel()
	gate, err := rego.New(t.Context(), files(map[string]string{
		"a.rego":           "package tenon.one\n\nimport data.lib.names\n\ndeny contains sprintf(\"%s at %s\", [names.nice, input.stage])",
		"sub/b.rego":       "package tenon.one\n\ndeny contains \"b\"",
		"sub/c.rego":       "package tenon.team.two\n\nwarn contains \"c\"",
		"lib.rego":         "package lib.names\n\nnice := \"shop\"",
		"broken_test.rego": "package",
	}), nil)
	require.NoError(t, err)
	found, err := gate.Check(t.Context(), one("shop/dev", provisioner.Change{}))
	require.NoError(t, err)
	require.Equal(t, []deploy.Finding{
		{Verdict: deploy.Deny, Policy: "one", Message: "b"}, {Verdict: deploy.Deny, Policy: "one", Message: "shop at plan"},
		{Verdict: deploy.Warn, Policy: "team.two", Message: "c"},
	}, found)
}

// An estate of two bundles, one with a policy of its own.
var estate = map[string]string{
	"project.yaml":          "project: shop\ncomponents:\n  db: {bundle: db, params: {size: 9}}\n  web: {bundle: web, params: {size: 9}}\n",
	"environments/dev.yaml": "environment: dev\n",
	"bundles/db/bundle.yaml": `
bundle: db
version: 1.0.0
params: {type: object, properties: {size: {type: integer}}}
connections: {}
artifacts: {}
steps: [{name: main, path: src, driver: memory, inputs: {size: .params.size}}]
`,
	"bundles/db/src/main.txt": "nothing\n",
	"bundles/db/policies/size.rego": `package tenon.size

deny contains {"message": "databases are small here", "instance": instance.id} if {
	some instance in input.plan.instances
	instance.action == "create"
}
`,
	"bundles/web/bundle.yaml": `
bundle: web
version: 1.0.0
params: {type: object, properties: {size: {type: integer}}}
connections: {}
artifacts: {}
steps: [{name: main, path: src, driver: memory, inputs: {size: .params.size}}]
`,
	"bundles/web/src/main.txt": "nothing\n",
}

func resolved(t *testing.T, texts map[string]string) *graph.Environment {
	t.Helper()
	loaded, err := graph.Load(files(texts), &graph.LoadOptions{NoStandard: true})
	require.NoError(t, err)
	env, err := graph.Resolve(loaded, "shop/dev", nil)
	require.NoError(t, err)
	return env
}

// With a real engine: a policy that travels with a bundle stops the instances of that bundle
// and nothing else.
func TestPoliciesOfBundles(t *testing.T) {
	t.Parallel()
	env := resolved(t, estate)
	gate, err := rego.OfBundles(t.Context(), env, nil)
	require.NoError(t, err)
	st, err := store.Open(t.Context(), t.TempDir(), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, st.Close()) })
	engine := deploy.New(st, provisioner.Drivers{"memory": memory.New(nil)}, &deploy.Options{Gates: []deploy.Gate{gate}})

	plan, err := engine.Plan(t.Context(), env)
	require.NoError(t, err)
	require.Equal(t, []deploy.Finding{{Verdict: deploy.Deny, Policy: "size", Message: "databases are small here", Instance: "shop/dev.db"}}, plan.Findings)
	_, err = engine.Apply(t.Context(), plan)
	var denied *deploy.PolicyError
	require.ErrorAs(t, err, &denied)
	run, err := engine.Deploy(t.Context(), env)
	require.ErrorAs(t, err, &denied)
	require.Equal(t, []string{"shop/dev.db"}, run.Failed)
	require.Equal(t, []string{"shop/dev.web"}, run.Applied)
}

// A bundle's policy that speaks of others, or is broken, allows nothing.
func TestPoliciesOfBundlesAreTheirs(t *testing.T) {
	t.Parallel()
	texts := map[string]string{}
	for name, text := range estate {
		texts[name] = text
	}
	texts["bundles/db/policies/size.rego"] = "package tenon.size\n\ndeny contains {\"message\": \"no\", \"instance\": \"shop/dev.web\"}\n"
	env := resolved(t, texts)
	gate, err := rego.OfBundles(t.Context(), env, nil)
	require.NoError(t, err)
	all := &deploy.Review{Stage: deploy.AtPlan, Plan: &deploy.Plan{Environment: "shop/dev", Instances: []deploy.InstancePlan{{ID: "shop/dev.db"}, {ID: "shop/dev.web"}}}}
	_, err = gate.Check(t.Context(), all)
	require.ErrorContains(t, err, "policy size of a bundle speaks of shop/dev.web, which is not made of it")
	web := &deploy.Review{Stage: deploy.AtPlan, Plan: &deploy.Plan{Environment: "shop/dev", Instances: []deploy.InstancePlan{{ID: "shop/dev.web"}}}}
	found, err := gate.Check(t.Context(), web)
	require.NoError(t, err)
	require.Empty(t, found, "it is asked about its own alone")

	texts["bundles/db/policies/size.rego"] = "package tenon.size\n\ndeny contains x\n"
	_, err = rego.OfBundles(t.Context(), resolved(t, texts), nil)
	require.ErrorContains(t, err, "bundles/db/policies/size.rego:3")
}
