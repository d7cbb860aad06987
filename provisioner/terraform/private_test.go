package terraform_test

import (
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/http/cgi"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/need"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// repository makes a bare git repository, x.git in a folder, with a module in it.
func repository(t *testing.T) (folder string) {
	t.Helper()
	git := need.Tool(t, "git")
	root := t.TempDir()
	source := filepath.Join(root, "source")
	require.NoError(t, os.MkdirAll(source, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(source, "main.tf"), []byte("output \"x\" {\n  value = \"private\"\n}\n"), 0o600))
	for _, arguments := range [][]string{
		{"init", "-q", "-b", "main", source},
		{"-C", source, "add", "main.tf"},
		{"-C", source, "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "x"},
		{"clone", "-q", "--bare", source, filepath.Join(root, "bare", "x.git")},
	} {
		said, err := exec.Command(git, arguments...).CombinedOutput()
		require.NoError(t, err, string(said))
	}
	return filepath.Join(root, "bare")
}

func caller(source string) string {
	return "module \"m\" {\n  source = \"" + source + "\"\n}\noutput \"x\" {\n  value = module.m.x\n}\n"
}

// A module over SSH: the command that starts it is the one of the options.
func TestModuleOverSSH(t *testing.T) {
	t.Parallel()
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		folder := repository(t)
		// The last argument is what the other side is to run.
		ssh := filepath.Join(t.TempDir(), "ssh")
		require.NoError(t, os.WriteFile(ssh, []byte("#!/bin/sh\n[ \"$SSH_AUTH_SOCK\" = /agent ] || exit 9\nfor last; do :; done\nexec sh -c \"$last\"\n"), 0o700))
		req := request(t, bundle("src/main.tf", caller("git::ssh://git@host.example"+folder+"/x.git")), nil)
		driver := terraform.New(&terraform.Options{
			Tool: which, Environ: append(environ(), "SSH_AUTH_SOCK=/agent"), Pass: []string{"SSH_AUTH_SOCK"},
			Private: terraform.Private{SSHCommand: ssh},
		})
		result, err := driver.Apply(t.Context(), req, provisioner.Discard)
		require.NoError(t, err)
		require.Equal(t, "private", result.Outputs["x"].Value)

		driver = terraform.New(&terraform.Options{Tool: which, Environ: environ(), Private: terraform.Private{SSHCommand: ssh}})
		_, err = driver.Apply(t.Context(), req, provisioner.Discard)
		require.ErrorContains(t, err, "init: ")
		require.NotEmpty(t, tenon.ProblemsOf(err))
		requireEmpty(t, req.WorkDir)
	})
}

// A module over HTTPS, with a token that nobody sees.
func TestModuleOverHTTPS(t *testing.T) {
	t.Parallel()
	const token = "ghp_correct-horse"
	git := need.Tool(t, "git")
	said, err := exec.Command(git, "--exec-path").Output()
	require.NoError(t, err)
	backend := &cgi.Handler{
		Path: filepath.Join(strings.TrimSpace(string(said)), "git-http-backend"),
		Env:  []string{"GIT_PROJECT_ROOT=" + repository(t), "GIT_HTTP_EXPORT_ALL=1"},
	}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, password, _ := r.BasicAuth(); name != "x-access-token" || password != token {
			w.Header().Set("WWW-Authenticate", "Basic")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		backend.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	authority := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(authority, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	eachTool(t, func(t *testing.T, which terraform.Tool) {
		req := request(t, bundle("src/main.tf", caller("git::"+server.URL+"/x.git")), nil)
		run := func(given string) (*provisioner.Result, error) {
			driver := terraform.New(&terraform.Options{
				Tool: which, Environ: environ(), Env: map[string]string{"GIT_SSL_CAINFO": authority, "NO_PROXY": "127.0.0.1"},
				Private: terraform.Private{Git: map[string]string{strings.TrimPrefix(server.URL, "https://"): given}},
			})
			return driver.Apply(t.Context(), req, provisioner.Discard)
		}
		result, err := run(token)
		require.NoError(t, err)
		require.Equal(t, "private", result.Outputs["x"].Value)
		_, err = run("ghp_wrong-token")
		require.ErrorContains(t, err, "init: ")
		require.NotContains(t, err.Error(), "ghp_wrong-token")
		requireEmpty(t, req.WorkDir)
	})
}

func TestPrivateEnvironment(t *testing.T) {
	t.Parallel()
	seen := filepath.Join(t.TempDir(), "seen")
	driver := terraform.New(&terraform.Options{
		Path:    fakeTool(t, `env > `+seen+`; echo "token-of-registry token-of-git" >&2; exit 1`),
		Environ: []string{"PATH=/bin:/usr/bin", "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_VALUE_0=c", "TF_TOKEN_other_example=passed-on"},
		Pass:    []string{"GIT_CONFIG_*", "TF_TOKEN_*"},
		Private: terraform.Private{
			Registries: map[string]string{"my-registry.example.com": "token-of-registry"},
			Git:        map[string]string{"git.example.com": "me:token-of-git"}, SSHCommand: "ssh -i /key",
		},
	})
	_, err := driver.Plan(t.Context(), request(t, bundle("src/main.tf", ""), nil), provisioner.Discard)
	require.EqualError(t, err, "terraform plan ended with exit status 1: (sensitive) (sensitive)")
	text, err := os.ReadFile(seen)
	require.NoError(t, err)
	for _, want := range []string{
		"TF_TOKEN_my__registry_example_com=token-of-registry", "TF_TOKEN_other_example=passed-on", "GIT_SSH_COMMAND=ssh -i /key",
		"GIT_CONFIG_COUNT=2", "GIT_CONFIG_KEY_0=a.b", "GIT_CONFIG_KEY_1=http.https://git.example.com/.extraHeader",
		"GIT_CONFIG_VALUE_1=Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("me:token-of-git")), "GIT_TERMINAL_PROMPT=0",
	} {
		require.Contains(t, strings.Split(string(text), "\n"), want)
	}
}
