package terraform

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"
)

// Tool is which of the two is driven.
type Tool string

const (
	Terraform Tool = "terraform"
	OpenTofu  Tool = "opentofu"
)

// title is how people write the tool's name.
func (t Tool) title() string {
	if t == OpenTofu {
		return "OpenTofu"
	}
	return "Terraform"
}

// program is the name of the tool's binary.
func (t Tool) program() string {
	if t == OpenTofu {
		return "tofu"
	}
	return "terraform"
}

// Options of a driver. The zero value drives the terraform that is found in the usual
// folders, with nothing of the caller's environment.
type Options struct {
	Tool Tool   // default Terraform
	Path string // of the binary; default: looked up on the PATH of Environ
	// Install gets a binary of a version (1.11 is any 1.11.x, empty is any) where PATH has
	// none, and gives its path. It is asked for each run and remembers itself what it has:
	// install.Terraform is one. Default: what is not there is a problem.
	Install func(ctx context.Context, version string) (path string, err error)
	// Environ is the caller's environment as of os.Environ. Of it the tool gets what a
	// program needs to run (PATH, HOME, TMPDIR, language, proxies, CA files) and what
	// Pass names; never TF_VAR_*, TF_CLI_ARGS*, TF_WORKSPACE and the like. Default: a
	// PATH of the usual folders and nothing else.
	Environ []string
	// Pass are names of variables in Environ that the tool gets as well, such as AWS_*:
	// a final * stands for any rest. Credentials of the caller reach a module only so.
	Pass []string
	// Env are variables for the tool, as they are.
	Env map[string]string
	// CLIConfig is the path of a CLI configuration file (plugin mirrors, credentials of
	// registries). Default: the one in the HOME of Environ, if any.
	CLIConfig string
	// PluginCache is a folder in which downloaded providers are shared between steps.
	// Default: every step downloads its own.
	PluginCache string
	// Backend completes the backends that modules declare without saying where their state
	// lies (backend "s3" {}): settings by the backend's kind. {organization}, {project},
	// {environment}, {component}, {instance} and {step} stand for those of the step; a
	// setting by which states are told apart has {step}, and {instance} or the three before
	// it. Default: a module says all of it, or has no backend.
	Backend map[string]map[string]string
	// Private are credentials for modules and providers that are not public.
	Private Private
	// LogLevel is how much of its doings the tool writes, as TF_LOG: ERROR, WARN, INFO,
	// DEBUG or TRACE. It goes to Logger at its debug level, without the secrets that are
	// known. Default: nothing.
	LogLevel string
	// Grace is how long a tool that was asked to stop may take to do so in good order
	// before it is killed. Default 10 minutes.
	Grace  time.Duration
	Logger *slog.Logger // default: none
}

const defaultGrace = 10 * time.Minute

// Driver runs steps with Terraform or OpenTofu. Make one with New. Safe for concurrent
// use with requests of different steps.
type Driver struct {
	options     Options
	environment []string // of the tool, sorted
	secrets     []string // values of the environment that are never shown

	versions struct {
		sync.Mutex
		known map[string]string // by identity of the binary
	}
	inits initCache
}

// New makes a driver. It looks for nothing yet: a tool that is not there is a
// *provisioner.ToolMissingError of the first run.
func New(opts *Options) *Driver {
	d := &Driver{}
	if opts != nil {
		d.options = *opts
		d.options.Environ = slices.Clone(opts.Environ)
		d.options.Pass = slices.Clone(opts.Pass)
		d.options.Env = maps.Clone(opts.Env)
		d.options.Backend = maps.Clone(opts.Backend)
	}
	if d.options.Tool == "" {
		d.options.Tool = Terraform
	}
	if d.options.Grace <= 0 {
		d.options.Grace = defaultGrace
	}
	if d.options.Logger == nil {
		d.options.Logger = slog.New(slog.DiscardHandler)
	}
	if d.options.Environ == nil {
		d.options.Environ = []string{"PATH=" + usualPath}
	}
	d.environment, d.secrets = childEnvironment(&d.options)
	d.secrets = append(d.secrets, d.options.backendSecrets()...)
	d.versions.known = map[string]string{}
	d.inits.turns = map[string]chan struct{}{}
	d.inits.known = map[string]*archive{}
	return d
}
