package command

import (
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/internal/environ"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Options of a driver. The zero value runs what steps name, with nothing of the caller's
// environment.
type Options struct {
	// Command is the program and its first arguments, for a driver that runs always the same
	// one: a wrapper of an operator. Steps must not name one then. Default: the step's
	// config.command.
	Command []string
	// Actions that Command understands beside apply and destroy. Default: those in the
	// step's config.actions.
	Actions []Action
	// Environ is the caller's environment as of os.Environ. Of it programs get what any
	// program needs (PATH, HOME, TMPDIR, language, proxies, CA files) and what Pass names.
	// Default: a PATH of the usual folders and nothing else.
	Environ []string
	// Pass are names of variables in Environ that programs get as well; a final * stands
	// for any rest.
	Pass []string
	// Env are variables for programs, as they are.
	Env map[string]string
	// Timeout is how long one run may take. Steps can ask for less, not for more. Default 1
	// hour.
	Timeout time.Duration
	// Grace is how long a program that was asked to stop may take to do so before it is
	// killed. Default 10 minutes.
	Grace time.Duration
	// MaxLog and MaxAnswer are how many bytes a program may write to its standard output and
	// error, and into one file of its answer, before it is killed. Default 64 MiB each.
	MaxLog, MaxAnswer int64
	Logger            *slog.Logger // default: none
}

// Action is what a program is asked for.
type Action string

const (
	Apply    Action = "apply"
	Destroy  Action = "destroy"
	Plan     Action = "plan"     // write plan.json: what apply or destroy (TENON_MODE) would do
	Validate Action = "validate" // exit with 65 and problems.json where something is wrong
	Drift    Action = "drift"    // write plan.json: what is not as it was applied
	Replace  Action = "replace"  // no action of its own: replace.json is heeded
)

// optional are the actions that a step may list.
var optional = []Action{Drift, Plan, Replace, Validate}

// Driver runs programs. Make one with New. Safe for concurrent use with requests of
// different steps.
type Driver struct {
	options     Options
	environment []string
	path        string // of the environment
	secrets     []any  // values of the environment that are never shown
}

const (
	usualPath      = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin"
	defaultTimeout = time.Hour
	defaultGrace   = 10 * time.Minute
	defaultSize    = 64 << 20
)

// telltale are the names of variables whose values are secrets.
var telltale = regexp.MustCompile(`(?i)secret|token|passw|credential|private|api_?key|access_?key$`)

// New makes a driver. It looks for nothing yet: a program that is not there is found by the
// first run.
func New(opts *Options) *Driver {
	d := &Driver{}
	if opts != nil {
		d.options = *opts
		d.options.Command, d.options.Actions = slices.Clone(opts.Command), slices.Clone(opts.Actions)
	}
	o := &d.options
	if o.Environ == nil {
		o.Environ = []string{"PATH=" + usualPath}
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Grace <= 0 {
		o.Grace = defaultGrace
	}
	if o.MaxLog <= 0 {
		o.MaxLog = defaultSize
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = defaultSize
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d.environment = environ.Of(o.Environ, o.Pass, []string{"TENON_*"}, o.Env)
	for _, entry := range d.environment {
		name, value, _ := strings.Cut(entry, "=")
		if name == "PATH" {
			d.path = value
		}
		if telltale.MatchString(name) && value != "" {
			d.secrets = append(d.secrets, value)
		}
	}
	return d
}

// Capabilities of the driver. Where steps name their programs it is theirs whether they tell
// drift; for others the answer is provisioner.ErrUnsupported.
func (d *Driver) Capabilities() []provisioner.Capability {
	list := []provisioner.Capability{provisioner.CanRecover, provisioner.CanValidate}
	if d.options.Command == nil || slices.Contains(d.options.Actions, Drift) {
		list = append([]provisioner.Capability{provisioner.CanDrift}, list...)
	}
	return list
}
