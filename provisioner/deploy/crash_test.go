//go:build unix

package deploy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// chain is a project of three instances in a row and one beside them; the second has two
// steps.
func chain(t *testing.T) task {
	t.Helper()
	const thing = `
artifact: thing
version: 1.0.0
title: Thing
schema:
  type: object
  required: [id]
  properties:
    id: {type: string}
examples: [{id: x}]
`
	first := `
bundle: first
version: 1.0.0
params: {type: object, properties: {size: {type: integer, default: 1}}}
connections: {}
artifacts:
  thing: {type: thing@1, value: '{id: .outputs.id}'}
steps:
  - {name: main, path: src, driver: world, inputs: {size: .params.size}}
`
	next := `
bundle: next
version: 1.0.0
params: {type: object, properties: {}}
connections:
  thing: {type: thing@1}
artifacts:
  thing: {type: thing@1, value: '{id: .outputs.id}'}
steps:
  - {name: before, path: src, driver: world, inputs: {from: .connections.thing.id}}
  - {name: main, path: src, driver: world, inputs: {from: .steps.before.outputs.id}}
`
	return estate(t, map[string]string{
		"project.yaml": `
project: shop
components:
  a: {bundle: first}
  b: {bundle: next}
  c: {bundle: next}
  d: {bundle: first}
links:
  - a.thing -> b.thing
  - b.thing -> c.thing
`,
		"environments/dev.yaml":      "environment: dev\n",
		"types/thing.yaml":           thing,
		"bundles/first/bundle.yaml":  first,
		"bundles/first/src/main.txt": "nothing\n",
		"bundles/next/bundle.yaml":   next,
		"bundles/next/src/main.txt":  "nothing\n",
	})
}

// inChain are the steps of chain.
var inChain = []string{"shop/dev.a main", "shop/dev.b before", "shop/dev.b main", "shop/dev.c before", "shop/dev.c main", "shop/dev.d main"}

// The host is killed at every write of its store, and in the driver before, between and
// after what it does. Then another one resumes: everything happens exactly once, nothing is
// repeated without being looked at, and nothing is left behind.
func TestKilledAtEveryPoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		do     string
		before func(t *testing.T, k task)
		word   string // of the ledger
		after  func(t *testing.T, k task)
	}{
		{"deploy", func(*testing.T, task) {}, "create", func(t *testing.T, k task) {
			k.deployed(t, "shop/dev.a", "shop/dev.b", "shop/dev.c", "shop/dev.d")
			k.Do = "deploy"
			said := k.run(t.Context())
			require.Empty(t, said.Error)
			require.Empty(t, said.Run.Applied, "nothing has changed")
		}},
		{"destroy", func(t *testing.T, k task) {
			k.Do = "deploy"
			said := k.run(t.Context())
			require.Empty(t, said.Error)
			require.Len(t, k.lines(t), len(inChain))
		}, "delete", func(t *testing.T, k task) { k.deployed(t) }},
	} {
		t.Run(test.do, func(t *testing.T) {
			t.Parallel()
			whole := chain(t)
			test.before(t, whole)
			whole.Do = test.do
			said := whole.start(t).wait(t)
			require.NotNil(t, said)
			require.Empty(t, said.Error)
			require.Equal(t, "succeeded", said.Run.Status)
			require.Greater(t, said.Points, int64(2*len(inChain)), "at least an intent and an outcome each")
			whole.once(t, test.word)
			whole.sound(t)

			step := int64(1)
			if testing.Short() {
				step = 5
			}
			for at := int64(1); at <= said.Points; at += step {
				t.Run(fmt.Sprint(at), func(t *testing.T) {
					k := chain(t)
					test.before(t, k)
					k.Do, k.KillAt = test.do, at
					if said := k.start(t).wait(t); said != nil {
						require.Less(t, said.Points, at, "two steps at a time are not always the same")
						k.once(t, test.word)
						k.sound(t)
						return
					}
					k.KillAt = 0
					if k.begun(t, test.do) {
						k.Do = "resume"
					}
					resumed := k.run(t.Context())
					require.Empty(t, resumed.Error)
					require.Empty(t, resumed.Errors)
					require.Equal(t, "succeeded", resumed.Run.Status)
					k.once(t, test.word)
					k.sound(t)
					test.after(t, k)
				})
			}
		})
	}
}

// once checks that the word stands in the ledger exactly once for every step, producers
// before consumers, and that nothing was done blindly.
func (k task) once(t *testing.T, word string) {
	t.Helper()
	var done []string
	for _, line := range k.lines(t) {
		require.NotContains(t, line, "blind")
		if step, found := strings.CutPrefix(line, word+" "); found {
			done = append(done, step)
		}
	}
	require.Equal(t, inChain, slices.Sorted(slices.Values(done)))
	order := slices.DeleteFunc(slices.Clone(done), func(step string) bool { return step == "shop/dev.d main" })
	if word == "delete" {
		slices.Reverse(order)
	}
	require.Equal(t, inChain[:5], order)
}

// begun says that the last recorded deployment is such a run, cut off.
func (k task) begun(t *testing.T, kind string) bool {
	t.Helper()
	st, err := store.Open(t.Context(), k.path("store"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	last, err := st.Deployments(t.Context(), "shop/dev", 1)
	require.NoError(t, err)
	return len(last) == 1 && last[0].Kind == kind && last[0].Finished.IsZero()
}
