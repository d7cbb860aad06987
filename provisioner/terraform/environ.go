package terraform

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/internal/environ"
	"github.com/tenon-sdk/tenon/tagging"
)

// usualPath is where programs are where the caller hands in no PATH.
const usualPath = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"

// steering are the variables by which somebody's shell would change what a run does. They
// are not passed even where Pass names them.
// Source: Terraform CLI documentation, "Environment Variables".
var steering = []string{
	"TF_VAR_*", "TF_CLI_ARGS*", "TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_CONFIG_FILE", "TERRAFORM_CONFIG",
	"TF_INPUT", "TF_IN_AUTOMATION", "TF_LOG*", "TF_REATTACH_PROVIDERS", "TF_STATE_PERSIST_INTERVAL",
}

// telltale are the names of variables whose values are secrets.
var telltale = regexp.MustCompile(`(?i)secret|token|passw|credential|private|api_?key|access_?key$`)

// childEnvironment is what the tool gets, sorted, and the values in it that look secret.
func childEnvironment(o *Options) (environment, secrets []string) {
	variables := map[string]string{}
	for _, entry := range environ.Of(o.Environ, o.Pass, steering, nil) {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	variables["CHECKPOINT_DISABLE"] = "1"
	variables["TF_IN_AUTOMATION"] = "1"
	variables["TF_INPUT"] = "0"
	variables["GIT_TERMINAL_PROMPT"] = "0" // nobody is there to answer
	secrets = o.Private.into(variables)
	if o.CLIConfig != "" {
		variables["TF_CLI_CONFIG_FILE"] = o.CLIConfig
	}
	if o.PluginCache != "" {
		variables["TF_PLUGIN_CACHE_DIR"] = o.PluginCache
		// The lock file that init writes here lives as long as the run, so it need not
		// serve other platforms.
		variables["TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE"] = "1"
	}
	maps.Copy(variables, o.Env)
	environment = environ.Of(nil, nil, nil, variables)
	for _, entry := range environment {
		if name, value, _ := strings.Cut(entry, "="); telltale.MatchString(name) && value != "" {
			secrets = append(secrets, value)
		}
	}
	return environment, secrets
}

// runEnvironment is the environment of one run: the driver's and who asked for it.
func (d *Driver) runEnvironment(run tagging.Run) []string {
	return append(slices.Clone(d.environment), run.Environ()...)
}

func lookup(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if key, value, _ := strings.Cut(entry, "="); key == name {
			return value
		}
	}
	return ""
}
