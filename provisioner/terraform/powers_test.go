package terraform_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestCapabilities(t *testing.T) {
	t.Parallel()
	require.Equal(t, []provisioner.Capability{
		provisioner.CanDrift, provisioner.CanImport, provisioner.CanInspect, provisioner.CanRecover, provisioner.CanValidate, provisioner.HasVersion,
	}, provisioner.Capabilities(terraform.New(nil)))
}

// What lacks something is an error and no panic, and nothing is done.
func TestIncompleteRequests(t *testing.T) {
	t.Parallel()
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, "exit 1")})
	files := bundle("src/main.tf", "")
	for name, test := range map[string]struct {
		change func(*provisioner.Request)
		want   string
	}{
		"files": {func(r *provisioner.Request) { r.Files = nil }, "the request has no files"},
		"state": {func(r *provisioner.Request) { r.State = nil }, "the request has no state to read and write"},
		"work":  {func(r *provisioner.Request) { r.WorkDir = "" }, `the work folder "" is not an absolute path`},
		"mode":  {func(r *provisioner.Request) { r.Mode = "import" }, `mode "import": not supported by this driver`},
	} {
		req := request(t, files, nil)
		test.change(req)
		_, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, test.want, name)
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, test.want, name)
		require.Equal(t, provisioner.Failed, result.Outcome)
		_, err = driver.Drift(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, test.want, name)
		result, err = driver.Import(t.Context(), req, "a.b", "1", provisioner.Discard)
		require.EqualError(t, err, test.want, name)
		require.Equal(t, provisioner.Failed, result.Outcome)
		if name != "state" {
			require.EqualError(t, driver.Validate(t.Context(), req, provisioner.Discard), test.want, name)
		}
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	const text = `
variable "name" { type = string }
resource "terraform_data" "a" { input = var.name }
module "m" {
  source = "./m"
}
output "id" { value = terraform_data.a.id }
`
	files := bundle("src/main.tf", text, "src/m/main.tf", "resource \"terraform_data\" \"b\" {\n  for_each = toset([\"x.y\"])\n}\n")
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, files, map[string]any{"name": "world"})
		result, err := driver.Import(t.Context(), req, "terraform_data.a", "the-id", provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Done, result.Outcome)
		require.Equal(t, []provisioner.Change{{Address: "terraform_data.a", Type: "terraform_data", Action: provisioner.Import}}, result.Changes)
		require.True(t, terraform.InState(req.State.(*memo).text, "terraform_data.a", "the-id"))
		requireEmpty(t, req.WorkDir)

		result, err = driver.Import(t.Context(), req, `module.m.terraform_data.b["x.y"]`, "another", provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, "terraform_data", result.Changes[0].Type)
		require.True(t, terraform.InState(req.State.(*memo).text, `module.m.terraform_data.b["x.y"]`, "another"))

		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Len(t, plan.Changes, 1, "only what the two differ in")
		require.Equal(t, provisioner.Update, plan.Changes[0].Action)

		kept := req.State.(*memo).text
		for _, test := range []struct{ address, id, want, rule string }{
			{"terraform_data.a", "x", "src: terraform_data.a is managed by " + title(which) + " already (to take in another one, let go of what the state has at this address first)", "already-managed"},
			{"terraform_data.zzz", "x", `src: import: resource address "terraform_data.zzz" does not exist in the configuration: Before importing`, string(which)},
			{"terraform_data", "x", "src: import: Invalid address: Resource specification must include a resource type and name.", string(which)},
			{"-state=/etc/x", "x", `src: "-state=/etc/x" is not the address of a resource (such as aws_vpc.main, or module.network.aws_subnet.a[0])`, "import"},
			{"terraform_data.a", "", "src: terraform_data.a has no id to be imported by", "import"},
		} {
			result, err := driver.Import(t.Context(), req, test.address, test.id, provisioner.Discard)
			requireLine(t, err, test.want)
			require.Equal(t, test.rule, tenon.ProblemsOf(err)[0].Rule)
			require.Equal(t, provisioner.Failed, result.Outcome)
			require.Empty(t, result.Changes)
			require.Equal(t, kept, req.State.(*memo).text)
			requireEmpty(t, req.WorkDir)
		}
	})
}

func TestReplace(t *testing.T) {
	t.Parallel()
	const text = `
resource "terraform_data" "a" {}
resource "terraform_data" "b" { count = 2 }
`
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, bundle("src/main.tf", text), nil)
		req.Replace = []string{"terraform_data.a"}
		_, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, "src: replace[0]: there is no resource terraform_data.a in the state, so it cannot be replaced")
		requireEmpty(t, req.WorkDir)

		req.Replace = nil
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		req.Replace = []string{"terraform_data.a", "terraform_data.b[1]"}
		want := []provisioner.Change{
			{Address: "terraform_data.a", Type: "terraform_data", Action: provisioner.Replace},
			{Address: "terraform_data.b[1]", Type: "terraform_data", Action: provisioner.Replace},
		}
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		for i := range plan.Changes {
			plan.Changes[i].Attributes = nil
		}
		require.Equal(t, want, plan.Changes)
		req.Saved = plan.Saved // made with the addresses: they are not looked up again
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, want, result.Changes)
		req.Saved = nil
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, want, result.Changes)

		req.Replace = []string{"terraform_data.b", "terraform_data.aa"}
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.Equal(t, []string{
			"src: replace[0]: there is no resource terraform_data.b in the state, so it cannot be replaced (name one of its instances: terraform_data.b[0], terraform_data.b[1])",
			`src: replace[1]: there is no resource terraform_data.aa in the state, so it cannot be replaced (did you mean "terraform_data.a"?)`,
		}, lines(err))
		require.Empty(t, result.Changes)
		req.Mode = provisioner.Destroy
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err, "what is destroyed is not made anew")
	})
}

func TestValidate(t *testing.T) {
	t.Parallel()
	// The backend and the provider's settings cannot be reached, and are not asked.
	const backend = "terraform {\n  backend \"http\" {}\n}\n"
	const names = `
variable "name" {
  type = string
  validation {
    condition     = length(var.name) > 2
    error_message = "Too short."
  }
}
variable "other" {
  type    = number
  default = 1
  validation {
    condition     = var.other < local.limit
    error_message = "Not seen by validate."
  }
}
locals { limit = 0 }
resource "terraform_data" "a" { input = var.name }
`
	for name, test := range map[string]struct {
		main   string
		inputs map[string]any
		want   []string
	}{
		"good":           {backend + names, map[string]any{"name": "world"}, nil},
		"not known yet":  {names, nil, nil},
		"rule":           {names, map[string]any{"name": "x"}, []string{"src/main.tf:PLACE: Invalid value for variable: Too short."}},
		"type":           {names, map[string]any{"name": []any{}}, []string{"src/main.tf:2:1: Invalid value for input variable: "}},
		"undeclared":     {names, map[string]any{"name": "world", "naem": 1}, []string{`src: inputs.naem: the module declares no variable "naem" (did you mean "name"?)`}},
		"unknown name":   {"resource \"terraform_data\" \"a\" {\n  input = var.nothing\n}\n", nil, []string{"src/main.tf:2:11: Reference to undeclared input variable: "}},
		"unknown field":  {"resource \"terraform_data\" \"a\" {\n  inputt = 1\n}\n", nil, []string{"src/main.tf:2:3: Unsupported argument: "}},
		"names first":    {"resource \"terraform_data\" \"a\" {\n  inputt = 1\n  input = var.x\n}\n", nil, []string{"src/main.tf:3:11: Reference to undeclared"}},
		"state for many": {"terraform {\n  backend \"http\" {\n    address = \"http://x\"\n  }\n}\n", nil, []string{"src/main.tf:3:5: the backend's address is a fixed text"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTool(t, func(t *testing.T, which terraform.Tool) {
				req := request(t, bundle("src/main.tf", test.main), test.inputs)
				req.State = nil
				place := map[terraform.Tool]string{terraform.Terraform: "4:3", terraform.OpenTofu: "2:1"}
				var seen events
				err := newDriver(which).Validate(t.Context(), req, &seen)
				requireEmpty(t, req.WorkDir)
				if test.want == nil {
					require.NoError(t, err)
					return
				}
				for _, want := range test.want {
					requireLine(t, err, strings.ReplaceAll(want, "PLACE", place[which]))
				}
				require.Len(t, seen.of(provisioner.Diagnostic), len(test.want))
			})
		})
	}
}

// A run that was cut off is not lost to a validate.
func TestValidateKeepsWhatWasLeft(t *testing.T) {
	t.Parallel()
	req := request(t, bundle("src/main.tf", ""), nil)
	require.NoError(t, os.MkdirAll(req.WorkDir, 0o700))
	left := filepath.Join(req.WorkDir, "run.json")
	require.NoError(t, os.WriteFile(left, []byte("{}"), 0o600))
	err := newDriver(terraform.Terraform).Validate(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "an earlier run left its state in "+req.WorkDir+": recover it first")
	require.FileExists(t, left)
}

// A file is gone, and another one is not as it was made: seen, and nothing is changed. The
// provider of local files is needed for that, or a cloud.
func TestNoDrift(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, bundle("src/main.tf", greeter), map[string]any{"name": "world"})
		drift, err := driver.Drift(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, drift.Changes, "of nothing")
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		state := req.State.(*memo)
		kept, writes := state.text, state.writes
		req.Inputs = map[string]any{"name": "moon"}
		drift, err = driver.Drift(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, drift.Changes, "other inputs are no drift")
		require.Equal(t, kept, state.text)
		require.Equal(t, writes, state.writes)
		requireEmpty(t, req.WorkDir)
	})
}

// What the tool shows as drift, told by a fake: both tools write the same document.
func TestDrift(t *testing.T) {
	t.Parallel()
	const secret = "hunter2hunter2"
	shown := `{"format_version": "1.2", "resource_drift": [
	  {"address": "x_file.gone", "mode": "managed", "type": "x_file", "change": {"actions": ["delete"], "before": {"id": "1"}, "after": null}},
	  {"address": "x_file.b", "mode": "managed", "type": "x_file", "change": {"actions": ["update"],
	    "before": {"id": "1", "mode": "0600", "text": "a", "pass": "x"}, "after": {"id": "1", "mode": "0644", "text": "` + secret + `", "pass": "y"},
	    "before_sensitive": {"pass": true}, "after_sensitive": {"pass": true}}},
	  {"address": "x_file.same", "mode": "managed", "type": "x_file", "change": {"actions": ["update"], "before": {"tags": null, "text": ""}, "after": {"tags": {}, "text": null}}},
	  {"address": "x_file.moved", "mode": "managed", "type": "x_file", "change": {"actions": ["no-op"], "before": {"id": "1"}, "after": {"id": "1"}}}
	]}`
	file := filepath.Join(t.TempDir(), "shown.json")
	require.NoError(t, os.WriteFile(file, []byte(shown), 0o600))
	asked := filepath.Join(t.TempDir(), "asked")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `echo "$@" >> `+asked+`; [ $1 = show ] && exec /bin/cat `+file+`; exit 0`)})
	req := request(t, bundle("src/main.tf", "variable \"password\" {}"), map[string]any{"password": secret})
	req.Secret = []string{"password"}
	req.State = &memo{text: []byte(`{"version": 4, "resources": [{"mode": "managed", "type": "x_file", "name": "b", "instances": [{}]}]}`)}
	drift, err := driver.Drift(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, []provisioner.Change{
		{Address: "x_file.b", Type: "x_file", Action: provisioner.Update, Attributes: []provisioner.Attribute{
			{Path: "mode", Before: "0600", After: "0644"}, {Path: "pass", Sensitive: true}, {Path: "text", Sensitive: true},
		}},
		{Address: "x_file.gone", Type: "x_file", Action: provisioner.Delete},
	}, drift.Changes)
	require.Contains(t, strings.Join(made(t, asked), " "), "plan -json -input=false -no-color -out="+filepath.Join(req.WorkDir, "plan")+" -refresh-only show")
	require.Zero(t, req.State.(*memo).writes)
	requireEmpty(t, req.WorkDir)
}

// An import whose host dies is settled like any other run.
func TestImportCutOff(t *testing.T) {
	t.Parallel()
	need.Tool(t, "terraform")
	driver := newDriver(terraform.Terraform)
	req := request(t, bundle("src/main.tf", "resource \"terraform_data\" \"a\" {}\n"), nil)
	_, err := driver.Import(t.Context(), req, "terraform_data.a", "the-id", provisioner.Discard)
	require.NoError(t, err)
	text := req.State.(*memo).text
	req.State = &memo{}
	left := func(name string, text []byte) {
		path := filepath.Join(req.WorkDir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, text, 0o600))
	}
	record, err := json.Marshal(map[string]any{
		"operation": "import", "tool": "terraform", "folder": "src", "arguments": []string{"import", "terraform_data.a", "the-id"},
		"process": map[string]any{"pid": 1 << 22, "started": "never"},
	})
	require.NoError(t, err)
	left("run.json", record)
	left("files/src/terraform.tfstate", text)
	result, err := driver.Recover(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	require.Equal(t, provisioner.Done, result.Outcome)
	require.Equal(t, provisioner.Import, result.Changes[0].Action)
	require.True(t, terraform.InState(req.State.(*memo).text, "terraform_data.a", "the-id"))
	requireEmpty(t, req.WorkDir)

	left("run.json", record)
	left("errors.txt", []byte("\nError: Cannot import non-existent remote object\n\nWhile attempting, not found.\n"))
	req.State = &memo{}
	result, err = driver.Recover(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "src: import: Cannot import non-existent remote object: While attempting, not found.")
	require.Equal(t, provisioner.Failed, result.Outcome)
	requireEmpty(t, req.WorkDir)
}
