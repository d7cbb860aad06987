//go:build unix

package deploy_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

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
