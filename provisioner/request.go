package provisioner

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tenon-sdk/tenon/tagging"
)

// Mode is what a request is for.
type Mode string

const (
	Apply   Mode = "apply"
	Destroy Mode = "destroy"
)

// Check refuses a mode that there is not, with an error that is ErrUnsupported: a driver
// that took it for Apply would do something that nobody asked for.
func (m Mode) Check() error {
	switch m {
	case "", Apply, Destroy:
		return nil
	}
	return fmt.Errorf("%w: the mode %q", ErrUnsupported, m)
}

// Request is one step of one instance. Drivers do not change what it points to. Its JSON
// leaves out what only means something in this process: files, state and the work folder.
type Request struct {
	Address string `json:"address"`           // of the instance: shop/dev.db
	Step    string `json:"step"`              // name: main
	Mode    Mode   `json:"mode,omitempty"`    // empty is Apply
	Version string `json:"version,omitempty"` // of the driver's tool that the step wants: 1.10; empty: any
	Files   fs.FS  `json:"-"`                 // the bundle's files
	Path    string `json:"path,omitempty"`    // the step's folder in Files, slashes; "." is the bundle itself
	// Inputs are the values of the step, JSON documents by name.
	Inputs map[string]any `json:"inputs,omitempty"`
	// Implicit says that the step has no inputs of its own: Inputs are everything the
	// instance has, and what the module does not declare is left out. Else an input that
	// the module does not declare is a problem.
	Implicit bool `json:"implicit,omitempty"`
	// Connections are the names of inputs that are artifacts as connections hand them over,
	// whole, sorted: for drivers that tell them from params.
	Connections []string       `json:"connections,omitempty"`
	Secret      []string       `json:"secret,omitempty"` // names of inputs that hold secrets
	Config      map[string]any `json:"config,omitempty"` // of the driver, from the step
	// Providers are credentials for the tool's providers, by local name and alias: aws,
	// aws.dns.
	Providers map[string]Provider `json:"providers,omitempty"`
	// Replace are addresses of resources that are to be made anew, whatever changes. One that
	// the step does not have is a tenon.Problem.
	Replace  []string          `json:"replace,omitempty"`
	Metadata tagging.Metadata  `json:"metadata"`          // the stable part: may become variables and tags
	Run      tagging.Run       `json:"run"`               // the run part: reaches tools by environment only
	Outputs  map[string]Output `json:"outputs,omitempty"` // of the last run
	// WorkDir is a private folder (0700), an absolute path, the same until a run of the
	// step has ended cleanly. The driver empties it after a clean end; what is left in
	// it says that a run was cut off.
	WorkDir string `json:"-"`
	State   State  `json:"-"`
	Saved   []byte `json:"saved,omitempty"` // Plan.Saved, to be applied exactly
}

// Provider configures one of the tool's providers from an artifact.
type Provider struct {
	Type     string         `json:"type"`               // name of the artifact's type: aws-credentials
	Data     any            `json:"data"`               // its document
	Secret   []string       `json:"secret,omitempty"`   // JSON pointers to what is secret in Data
	Settings map[string]any `json:"settings,omitempty"` // of the step, such as region; they win over Data
}

// Secrets are the values that Secret points to. A list on the way is secret as a whole.
func (p Provider) Secrets() []any {
	var secrets []any
	for _, pointer := range p.Secret {
		at := p.Data
		for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			object, ok := at.(map[string]any)
			if pointer == "" || !ok {
				break
			}
			at = object[unescape.Replace(step)]
		}
		secrets = append(secrets, at)
	}
	return secrets
}

// unescape reads a step of a JSON pointer. Source: RFC 6901, section 4.
var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// State is where a driver keeps what it must remember of a step: nil bytes where there is
// nothing yet, and nil again once there is nothing more. Whoever keeps it seals it.
type State interface {
	Read(ctx context.Context) ([]byte, error)
	Write(ctx context.Context, state []byte) error
}
