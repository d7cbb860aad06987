//go:build unix

package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/internal/process"
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

// slow is one instance whose Terraform module makes three resources in a row and says in
// the ledger when it begins and ends with each.
func slow(t *testing.T, seconds float64) task {
	t.Helper()
	module := "variable \"ledger\" {\n  type = string\n}\n"
	after := ""
	for _, name := range slowNames {
		module += fmt.Sprintf(`
resource "terraform_data" "%[1]s" {
  input = "%[1]s"
  provisioner "local-exec" {
    command = "echo start %[1]s >> '${var.ledger}'; sleep %[2]g; echo done %[1]s >> '${var.ledger}'"
  }
%[3]s}
`, name, seconds, after)
		after = "  depends_on = [terraform_data." + name + "]\n"
	}
	module += "\noutput \"id\" {\n  value = terraform_data.third.id\n}\n"
	k := estate(t, map[string]string{
		"environments/dev.yaml":    "environment: dev\n",
		"bundles/slow/src/main.tf": module,
		"bundles/slow/bundle.yaml": `
bundle: slow
version: 1.0.0
params: {type: object, required: [ledger], properties: {ledger: {type: string}}}
connections: {}
artifacts: {}
steps: [{name: main, path: src, driver: terraform}]
`,
	})
	project := fmt.Sprintf("project: shop\ncomponents:\n  s: {bundle: slow, params: {ledger: '%s'}}\n", k.path("world/ledger"))
	require.NoError(t, os.WriteFile(k.path("estate/project.yaml"), []byte(project), 0o600))
	k.Do = "deploy"
	return k
}

var slowNames = []string{"first", "second", "third"}

// until waits for a line of the ledger.
func (k task) until(t *testing.T, line string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(k.lines(t), line) }, minute, tick, line)
}

// tools are the processes that work below the store's work folder.
func (k task) tools(t *testing.T) (found []process.ID) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(k.path("store/work"), func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			found = append(found, process.In(path)...)
		}
		return nil // folders come and go
	}))
	return found
}

// made checks that the state holds all three resources and that each was made once; cut is
// the one that may have been made twice, because it was cut off inside its own creation.
func (k task) made(t *testing.T, cut string) {
	t.Helper()
	lines := k.lines(t)
	count := map[string]int{}
	for _, line := range lines {
		count[line]++
	}
	for _, name := range slowNames {
		limit := 1
		if name == cut {
			limit = 2
		}
		require.GreaterOrEqual(t, count["done "+name], 1, lines)
		require.LessOrEqual(t, count["start "+name], limit, lines)
	}
	require.Equal(t, slowNames, k.inState(t)) // in order of name, too
}

// inState are the resources in the state of the one step that are whole.
func (k task) inState(t *testing.T) (names []string) {
	t.Helper()
	st, err := store.Open(t.Context(), k.path("store"), nil)
	require.NoError(t, err)
	defer func() { require.NoError(t, st.Close()) }()
	text, err := st.State(t.Context(), "shop/dev.s", "main")
	require.NoError(t, err)
	if text == nil {
		return nil
	}
	var state struct {
		Resources []struct {
			Name      string
			Instances []struct{ Status string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &state))
	for _, resource := range state.Resources {
		if len(resource.Instances) == 1 && resource.Instances[0].Status != "tainted" {
			names = append(names, resource.Name)
		}
	}
	slices.Sort(names)
	return names
}

// said is everything that the events told.
func (k task) said(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(k.path("events"))
	require.NoError(t, err)
	return string(text)
}

// A host that dies leaves its tool at work. Whoever resumes waits for it and takes over
// what it made.
func TestHostKilledDuringTerraform(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	for _, moment := range []string{"start first", "done first", "start third"} {
		t.Run(moment, func(t *testing.T) {
			t.Parallel()
			k := slow(t, 0.7)
			host := k.start(t)
			k.until(t, moment)
			host.kill(t)
			k.Do = "resume"
			said := k.run(t.Context())
			require.Empty(t, said.Error)
			require.Empty(t, said.Errors)
			require.Equal(t, "succeeded", said.Run.Status)
			require.Empty(t, k.tools(t))
			k.made(t, "")
			k.sound(t)
			k.deployed(t, "shop/dev.s")
		})
	}
}

// A host that dies before it has started the tool has made nothing; one that dies after
// the tool has ended finds everything made.
func TestHostKilledAroundTerraform(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	whole := slow(t, 0)
	said := whole.start(t).wait(t)
	require.NotNil(t, said)
	require.Empty(t, said.Error)
	for at := int64(1); at <= said.Points; at++ {
		k := slow(t, 0)
		k.KillAt = at
		if k.start(t).wait(t) != nil {
			continue // the state is saved a different number of times
		}
		k.KillAt = 0
		if k.begun(t, "deploy") {
			k.Do = "resume"
		}
		resumed := k.run(t.Context())
		require.Empty(t, resumed.Error, at)
		require.Equal(t, "succeeded", resumed.Run.Status, at)
		k.made(t, "")
		k.sound(t)
		k.deployed(t, "shop/dev.s")
	}
}

// A tool that dies leaves an outcome that nobody knows. The next run goes on with what is
// in the state; the resource that was cut off is named.
func TestToolKilled(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	k := slow(t, 0.7)
	host := k.start(t)
	k.until(t, "start second")
	k.killTools(t)
	said := host.wait(t)
	require.NotNil(t, said)
	require.Equal(t, "failed", said.Run.Status)
	require.Equal(t, []string{"shop/dev.s"}, said.Run.Unknown, "neither done nor failed")
	require.Contains(t, said.Errors["shop/dev.s"], "terraform apply died in the middle")

	k.Do = "resume"
	resumed := k.run(t.Context())
	require.Empty(t, resumed.Error)
	require.Equal(t, "succeeded", resumed.Run.Status)
	require.Contains(t, k.said(t), "terraform_data.second: Terraform died during create of this resource")
	k.made(t, "second")
	k.sound(t)
	k.deployed(t, "shop/dev.s")
}

func TestHostAndToolKilled(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	for _, name := range []string{"first", "second"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := slow(t, 0.7)
			host := k.start(t)
			k.until(t, "start "+name)
			host.kill(t)
			k.killTools(t)
			k.Do = "resume"
			said := k.run(t.Context())
			require.Empty(t, said.Error)
			require.Equal(t, "succeeded", said.Run.Status)
			require.Contains(t, k.said(t), "terraform_data."+name+": Terraform died during create of this resource")
			k.made(t, name)
			k.sound(t)
			k.deployed(t, "shop/dev.s")
		})
	}
}

// killTools ends the tool and what it has started, as a machine does that has no memory
// left.
func (k task) killTools(t *testing.T) {
	t.Helper()
	tools := k.tools(t)
	require.NotEmpty(t, tools)
	for _, tool := range tools {
		_ = syscall.Kill(tool.PID, syscall.SIGKILL) // may have ended
	}
	require.Eventually(t, func() bool { return len(k.tools(t)) == 0 }, minute, tick)
}
