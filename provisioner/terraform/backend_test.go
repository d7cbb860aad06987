package terraform_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
	"github.com/tenon-sdk/tenon/tagging"
)

// keeper is a server that the http backend keeps its state at.
type keeper struct {
	sync.Mutex
	*httptest.Server
	states map[string]string // by path
	locks  map[string]string
	asked  []string // authorizations
	refuse bool     // writes
	broken int      // what it answers to everything; 0: it works
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{states: map[string]string{}, locks: map[string]string{}}
	k.Server = httptest.NewServer(k)
	t.Cleanup(k.Close)
	return k
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.Lock()
	defer k.Unlock()
	_, password, _ := r.BasicAuth()
	k.asked = append(k.asked, password)
	body, _ := io.ReadAll(r.Body)
	switch {
	case k.broken != 0:
		w.WriteHeader(k.broken)
	case r.Method == "LOCK" && k.locks[r.URL.Path] != "":
		w.WriteHeader(http.StatusLocked)
		_, _ = io.WriteString(w, k.locks[r.URL.Path])
	case r.Method == "LOCK":
		k.locks[r.URL.Path] = string(body)
	case r.Method == "UNLOCK":
		delete(k.locks, r.URL.Path)
	case r.Method == http.MethodGet && k.states[r.URL.Path] == "":
		w.WriteHeader(http.StatusNoContent)
	case r.Method == http.MethodGet:
		_, _ = io.WriteString(w, k.states[r.URL.Path])
	case k.refuse:
		w.WriteHeader(http.StatusInsufficientStorage)
	default:
		k.states[r.URL.Path] = string(body)
	}
}

func (k *keeper) set(change func()) {
	k.Lock()
	defer k.Unlock()
	change()
}

const kept = `
terraform {
  backend "http" {}
}
resource "terraform_data" "a" { input = "kept" }
output "a" { value = terraform_data.a.output }
output "hidden" {
  value     = "hunter2"
  sensitive = true
}
`

// keptRequest is a step whose state lies at a keeper, and the driver that knows where.
func keptRequest(t *testing.T, which terraform.Tool, k *keeper) (*terraform.Driver, *provisioner.Request) {
	t.Helper()
	place := k.URL + "/{organization}/{project}/{environment}/{component}/{step}"
	driver := terraform.New(&terraform.Options{Tool: which, Environ: environ(), Backend: map[string]map[string]string{
		"http": {"address": place, "lock_address": place, "unlock_address": place, "username": "me", "password": "s3cret-of-the-backend", "retry_max": "0"},
	}})
	req := request(t, bundle("src/main.tf", kept), nil)
	req.Metadata = tagging.Metadata{Organization: "acme", Project: "shop", Environment: "dev", Component: "db"}
	return driver, req
}

const keptAt = "/acme/shop/dev/db/main"

func TestPartialBackend(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		k := newKeeper(t)
		driver, req := keptRequest(t, which, k)
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		req.Saved = plan.Saved
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, map[string]provisioner.Output{"a": {Value: "kept"}, "hidden": {Value: "hunter2", Sensitive: true}}, result.Outputs)
		require.Nil(t, req.State.(*memo).text)
		require.Contains(t, k.states[keptAt], `"kept"`)
		require.Contains(t, k.asked, "s3cret-of-the-backend")
		requireEmpty(t, req.WorkDir)

		req.Saved = nil
		drift, err := driver.Drift(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Empty(t, drift.Changes)
		_, err = driver.Import(t.Context(), req, "terraform_data.a", "x", provisioner.Discard)
		require.EqualError(t, err, "src: terraform_data.a is managed by "+title(which)+" already (to take in another one, let go of what the state has at this address first)")
		req.Replace = []string{"terraform_data.b"}
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, `src: replace[0]: there is no resource terraform_data.b in the state, so it cannot be replaced (did you mean "terraform_data.a"?)`)
		req.Replace = []string{"terraform_data.a"}
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, provisioner.Replace, result.Changes[0].Action)

		// Another one holds the lock.
		k.set(func() {
			k.locks[keptAt] = `{"ID":"11111111-1111-1111-1111-111111111111","Who":"somebody@else","Operation":"OperationTypeApply","Created":"2026-11-24T00:00:00Z"}`
		})
		req.Replace = nil
		result, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "src: Error acquiring the state lock: ")
		require.ErrorContains(t, err, "already locked: ID=11111111-1111-1111-1111-111111111111")
		require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
		require.Equal(t, provisioner.Failed, result.Outcome)
		k.set(func() { delete(k.locks, keptAt) })

		// It answers nonsense, then nothing.
		k.set(func() { k.broken = http.StatusForbidden })
		_, err = driver.Plan(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "src: ")
		require.Equal(t, provisioner.Permanent, provisioner.ClassOf(err), err)
		k.set(func() { k.broken = http.StatusServiceUnavailable })
		_, err = driver.Plan(t.Context(), req, provisioner.Discard)
		require.Equal(t, provisioner.Transient, provisioner.ClassOf(err), err)
		k.set(func() { k.broken = 0 })
		req.Mode = provisioner.Destroy
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.NotContains(t, k.states[keptAt], `"kept"`)
		k.Close()
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "connection refused")
		require.NotContains(t, err.Error(), "s3cret")
		require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
		requireEmpty(t, req.WorkDir)
	})
}

// What was made and then failed is told, also where a backend keeps the state.
func TestFailureWithBackend(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver, req := keptRequest(t, which, newKeeper(t))
		req.Files = bundle("src/main.tf", "terraform {\n  backend \"http\" {}\n}\nresource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" { command = \"exit 3\" }\n}\n")
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "local-exec provisioner error")
		require.Equal(t, []provisioner.Change{{Address: "terraform_data.a", Type: "terraform_data", Action: provisioner.Create}}, result.Changes)
	})
}

// A state that its backend does not take is left by the tool in a file: it is pushed as
// soon as that can be, and until then nothing else is done.
func TestErroredState(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		k := newKeeper(t)
		driver, req := keptRequest(t, which, k)
		k.set(func() { k.refuse = true })
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		left := filepath.Join(req.WorkDir, "files", "src", "errored.tfstate")
		require.ErrorContains(t, err, "the state of the last run is in "+left+", and its backend does not take it: ")
		require.Equal(t, provisioner.Unknown, result.Outcome)
		require.FileExists(t, left)
		_, err = driver.Plan(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "an earlier run left its state in "+req.WorkDir)
		require.FileExists(t, left)

		k.set(func() { k.refuse = false })
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.False(t, plan.HasChanges(), "what was made is known")
		require.Contains(t, k.states[keptAt], `"kept"`)
		requireEmpty(t, req.WorkDir)
	})
}

// The same where the driver keeps the state: told by a fake, since only a full disk would do.
func TestErroredLocalState(t *testing.T) {
	t.Parallel()
	const text = `{"version":4,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"status":"tainted","attributes":{"id":"1"}}]}]}`
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `echo '`+text+`' > errored.tfstate
echo '{"@message":"x","type":"apply_start","hook":{"resource":{"addr":"a.b","resource_type":"a"},"action":"create"}}'
echo '{"@message":"x","type":"apply_errored","hook":{"resource":{"addr":"a.b","resource_type":"a"},"action":"create"}}'
echo '{"@message":"x","type":"diagnostic","diagnostic":{"severity":"error","summary":"Failed to save state","detail":"no space left on device"}}'; exit 1`)})
	req := request(t, bundle("src/main.tf", ""), nil)
	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "src: Failed to save state: no space left on device")
	require.Equal(t, provisioner.Failed, result.Outcome)
	require.Equal(t, []provisioner.Change{{Address: "a.b", Type: "a", Action: provisioner.Create}}, result.Changes)
	require.JSONEq(t, text, string(req.State.(*memo).text))
	requireEmpty(t, req.WorkDir)
}

func TestBackendSettings(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := terraform.New(&terraform.Options{Tool: which, Environ: environ(), Backend: map[string]map[string]string{
			"local": {"path": filepath.Join(folder, string(which), "{instance}", "{step}.tfstate")},
		}})
		req := request(t, bundle("src/main.tf", "terraform {\n  backend \"local\" {}\n}\nresource \"terraform_data\" \"a\" {}\n"), nil)
		_, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.FileExists(t, filepath.Join(folder, string(which), "shop/dev.db", "main.tfstate"))
		require.Nil(t, req.State.(*memo).text)
	})
	for name, test := range map[string]struct {
		block    string
		settings map[string]string
		want     string
	}{
		"nothing": {"", nil,
			"src/main.tf:2: the backend has no key, by which the states of instances are told apart (give the driver settings for backend s3, or remove the block, and the state is kept by Tenon, one for each instance)"},
		"only others": {"    bucket = \"b\"\n", map[string]string{"region": "r"},
			"src/main.tf:2: the backend has no key, by which the states of instances are told apart (give the driver settings for backend s3, or remove the block, and the state is kept by Tenon, one for each instance)"},
		"shared": {"", map[string]string{"key": "{project}/{component}/{step}"},
			"src/main.tf:2: the setting key of backend s3 would give many instances one state (write {step}, and {instance} or all of {project}, {environment} and {component} into it)"},
		"unknown": {"", map[string]string{"key": "{instance}/{step}", "bucket": "{nonsense}"},
			"src/main.tf:2: the setting bucket of backend s3 asks for {nonsense}, which this instance has not (there are {organization}, {project}, {environment}, {component}, {instance} and {step})"},
		"not known": {"", map[string]string{"key": "{organization}/{instance}/{step}"},
			"src/main.tf:2: the setting key of backend s3 asks for {organization}, which this instance has not (there are {organization}, {project}, {environment}, {component}, {instance} and {step})"},
		"fixed in the module": {"    key = \"state\"\n", map[string]string{"key": "{instance}/{step}"},
			"src/main.tf:3:5: the backend's key is a fixed text, so that all instances of the bundle would share one state (remove the backend block, and the state is kept by Tenon, one for each instance)"},
	} {
		driver := terraform.New(&terraform.Options{Path: fakeTool(t, "exit 1"), Backend: map[string]map[string]string{"s3": test.settings}})
		req := request(t, bundle("src/main.tf", "terraform {\n  backend \"s3\" {\n"+test.block+"  }\n}\n"), nil)
		_, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.EqualError(t, err, test.want, name)
	}
}

// What completes a backend lies in a private file, and its secrets on no command line.
func TestBackendFile(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "seen")
	driver := terraform.New(&terraform.Options{
		Path:    fakeTool(t, `[ "$1" = init ] && { echo "$@"; /bin/ls -l tenon.tfbackend; /bin/cat tenon.tfbackend; } > `+seen+`; echo "$1 broke with s3cret-key" >&2; exit 1`),
		Backend: map[string]map[string]string{"s3": {"bucket": "b", "key": "{instance}/{step}", "secret_key": "s3cret-key"}},
	})
	req := request(t, bundle("src/main.tf", "terraform {\n  backend \"s3\" {}\n}\n"), nil)
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "src: init: terraform init ended with exit status 1: init broke with (sensitive)")
	text, err := os.ReadFile(seen)
	require.NoError(t, err)
	lines := strings.Split(string(text), "\n")
	require.Equal(t, "init -input=false -no-color -backend-config=tenon.tfbackend", lines[0])
	require.True(t, strings.HasPrefix(lines[1], "-rw------- "), lines[1])
	require.Equal(t, []string{`bucket     = "b"`, `key        = "shop/dev.db/main"`, `secret_key = "s3cret-key"`, ""}, lines[2:])
	requireEmpty(t, req.WorkDir)
}
