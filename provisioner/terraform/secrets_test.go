package terraform_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// leaky shows its secret in every way that a module has.
const leaky = `
variable "password" { type = string }
variable "pins" { type = list(string) }
variable "fail" { type = bool }
resource "terraform_data" "loud" {
  for_each = toset([var.password])
  provisioner "local-exec" {
    command = "echo password is $PASSWORD; echo ${base64encode(var.password)} >&2; echo pin ${var.pins[0]}"
    environment = { PASSWORD = var.password }
  }
}
resource "terraform_data" "last" {
  depends_on = [terraform_data.loud]
  lifecycle {
    precondition {
      condition     = !var.fail
      error_message = "Not with ${var.password}."
    }
  }
}
output "greeting" {
  value     = "the password is ${var.password}"
  sensitive = true
}
`

func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	const password, pin = "pässw0rd\"quoted\" & long", "77"
	const inherited = "from-the-environment"
	sentinels := []string{
		password, "ssw0rd", base64.StdEncoding.EncodeToString([]byte(password)), hex.EncodeToString([]byte(password)),
		base64.StdEncoding.EncodeToString([]byte("the password is " + password)), inherited, " " + pin,
	}
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		for _, fail := range []bool{false, true} {
			driver := terraform.New(&terraform.Options{Tool: which, Environ: environ(), Env: map[string]string{"MY_SECRET_KEY": inherited}})
			req := request(t, bundle("src/main.tf", leaky), map[string]any{"password": password, "pins": []any{pin}, "fail": fail})
			req.Secret = []string{"password", "pins"}
			var seen events
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			plan, planErr := driver.Plan(ctx, req, &seen)
			if plan != nil {
				plan.Saved, plan.Outputs = nil, nil // these hold secrets, and say so
			}
			result, err := driver.Apply(ctx, req, &seen)
			if fail {
				require.ErrorContains(t, err, "Not with (sensitive).")
			} else {
				require.NoError(t, err)
				require.Equal(t, "the password is "+password, result.Outputs["greeting"].Value)
				require.True(t, result.Outputs["greeting"].Sensitive)
			}
			result.Outputs = nil
			require.NotEmpty(t, seen.all)
			for _, text := range []string{
				dump(t, seen.all), dump(t, result), dump(t, plan), fmt.Sprint(err), fmt.Sprint(planErr), fmt.Sprintf("%#v", err),
			} {
				for _, sentinel := range sentinels {
					require.False(t, strings.Contains(text, sentinel), sentinel)
				}
			}
			requireEmpty(t, req.WorkDir)
		}
	})
}

func dump(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text) + fmt.Sprintf(" %+v", v)
}

// While a run lasts, nobody else can read what lies in its work folder.
func TestWorkFolderIsPrivate(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req, _ := chainRequest(t, "0.1")
		var seen int
		_, err := newDriver(which).Apply(t.Context(), req, provisioner.SinkFunc(func(e provisioner.Event) {
			if e.Kind != provisioner.ResourceFinished {
				return
			}
			info, err := os.Stat(req.WorkDir)
			require.NoError(t, err)
			require.Equal(t, fs.FileMode(0o700), info.Mode().Perm())
			err = filepath.WalkDir(req.WorkDir, func(path string, entry fs.DirEntry, err error) error {
				if err != nil || entry.IsDir() || strings.Contains(entry.Name(), "terraform.tfstate.") {
					return nil //nolint:nilerr // the tool's own lock and backup come and go
				}
				info, err := entry.Info()
				if err == nil {
					seen++
					require.Zero(t, info.Mode().Perm()&0o077, path)
				}
				return nil
			})
			require.NoError(t, err)
		}))
		require.NoError(t, err)
		require.NotZero(t, seen)
	})
}

// What somebody's shell holds does not steer a run, and credentials do not leak into it.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	shown := filepath.Join(t.TempDir(), "environment")
	driver := terraform.New(&terraform.Options{
		Path: fakeTool(t, `env | sort > `+shown+`; echo '{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}'`),
		Environ: []string{
			"PATH=/bin:/usr/bin", "HOME=/home/me", "LC_ALL=C", "HTTPS_PROXY=http://proxy", "AWS_SECRET_ACCESS_KEY=s", "AWS_REGION=r",
			"GOOGLE_TOKEN=t", "TF_VAR_name=x", "TF_CLI_ARGS_apply=-destroy", "TF_WORKSPACE=prod", "TF_DATA_DIR=/x", "TF_LOG=trace",
			"TF_CLI_CONFIG_FILE=/x", "EDITOR=vi",
		},
		Pass: []string{"AWS_*", "TF_*"}, CLIConfig: "/my/terraform.rc", PluginCache: "/my/cache", Env: map[string]string{"EXTRA": "1"},
	})
	req := request(t, bundle("src/main.tf", ""), nil)
	req.Run.Deployment, req.Run.RequestedBy, req.Run.Time = "d-1", "me", "2026-11-23T00:00:00Z"
	_, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.NoError(t, err)
	text, err := os.ReadFile(shown)
	require.NoError(t, err)
	var got []string
	for line := range strings.Lines(string(text)) {
		if name, _, _ := strings.Cut(line, "="); name != "PWD" && name != "SHLVL" && name != "_" && name != "OLDPWD" {
			got = append(got, strings.TrimSpace(line))
		}
	}
	require.ElementsMatch(t, []string{
		"PATH=/bin:/usr/bin", "HOME=/home/me", "LC_ALL=C", "HTTPS_PROXY=http://proxy", "AWS_SECRET_ACCESS_KEY=s", "AWS_REGION=r",
		"TF_CLI_CONFIG_FILE=/my/terraform.rc", "EXTRA=1", "CHECKPOINT_DISABLE=1", "GIT_TERMINAL_PROMPT=0", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		"TF_PLUGIN_CACHE_DIR=/my/cache", "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE=1",
		"TENON_DEPLOYMENT=d-1", "TENON_REQUESTED_BY=me", "TENON_TIME=2026-11-23T00:00:00Z",
	}, got)
}

// A tool that does not stop when it is asked to is killed after the grace time, with what
// it started.
func TestGrace(t *testing.T) {
	t.Parallel()
	began := `{"@message":"begins","type":"apply_start","hook":{"resource":{"addr":"a.b"},"action":"create"}}`
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `trap '' INT; echo '`+began+`'; sleep 60 & wait; wait`), Grace: 200 * time.Millisecond})
	req := request(t, bundle("src/main.tf", ""), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	start := time.Now()
	var seen events
	result, err := driver.Apply(ctx, req, &seen)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, provisioner.Unknown, result.Outcome)
	require.Less(t, time.Since(start), 30*time.Second, "the sleep of a minute was not waited for")
	require.Contains(t, result.Problems[0].Message, "a.b: Terraform died during create of this resource")
	require.Contains(t, dump(t, seen.of(provisioner.Log)), "killing Terraform: it did not stop within 200ms")
}

// A tool that ends in error without a word is not known to have done nothing.
func TestSilentFailure(t *testing.T) {
	t.Parallel()
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, `echo "panic: out of luck" >&2; exit 11`)})
	req := request(t, bundle("src/main.tf", ""), nil)
	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "terraform apply ended with exit status 11: panic: out of luck")
	require.Equal(t, provisioner.Unknown, result.Outcome)
	_, err = driver.Plan(t.Context(), request(t, bundle("src/main.tf", ""), nil), provisioner.Discard)
	require.EqualError(t, err, "terraform plan ended with exit status 11: panic: out of luck")
}

// A state that cannot be handed over stays in the work folder, and the next run begins
// with it.
func TestStateCannotBeKept(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		driver := newDriver(which)
		req := request(t, bundle("src/main.tf", "resource \"terraform_data\" \"a\" {}\noutput \"id\" {\n  value = terraform_data.a.id\n}\n"), nil)
		state := req.State.(*memo)
		state.fail = fs.ErrPermission
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorIs(t, err, fs.ErrPermission)
		require.ErrorContains(t, err, "the state cannot be kept")
		require.Equal(t, provisioner.Unknown, result.Outcome)

		_, err = driver.Plan(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "an earlier run left its state in "+req.WorkDir)
		state.fail = nil
		plan, err := driver.Plan(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.False(t, plan.HasChanges(), "the resource is known")
		requireEmpty(t, req.WorkDir)
	})
}
