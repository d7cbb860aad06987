package bundle

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Step is one run of one driver.
type Step struct {
	Name          string
	Path          string // folder in the bundle
	Driver        string // name, without the version
	DriverVersion string // of the driver's tool; empty: any
	KeepOnDestroy bool
	Moved         []string // earlier names
	Config        map[string]any
	HasInputs     bool // false: params, connections and metadata are passed, each by its name
	File          string
	Line, Column  int

	inputs    []input
	implicit  []tenon.Path
	providers []provider
	node      *source.Node
}

// Provider is a configuration of one of the tool's providers, from a connection.
type Provider struct {
	Name       string // local name and alias: aws, aws.dns
	Connection string // slot
	Settings   Value  // a map of settings, such as region
}

type provider struct {
	name, connection string
	settings         *tree
	node             *source.Node
}

// Providers gives the configurations that the step maps connections to, by name. One whose
// connection is not known waits for it; one whose connection is mocked rests on that.
func (s Step) Providers(ctx context.Context, scope *Scope) ([]Provider, error) {
	if len(s.providers) == 0 {
		return nil, nil
	}
	e, err := newEvaluator(scope)
	if err != nil {
		return nil, err
	}
	made := make([]Provider, len(s.providers))
	for i, p := range s.providers {
		settings, err := e.evaluate(ctx, p.settings)
		if err != nil {
			return nil, err
		}
		account := e.scope.judge([]tenon.Path{tenon.At("connections", p.connection)})
		settings.Waits, settings.Mocks = append(settings.Waits, account.Waits...), append(settings.Mocks, account.Mocks...)
		made[i] = Provider{p.name, p.connection, settings}
	}
	return made, nil
}

// Inputs gives the step's inputs by name. A step without inputs of its own gets each
// param, each connection and metadata under its own name.
func (s Step) Inputs(ctx context.Context, scope *Scope) (map[string]Value, error) {
	if s.HasInputs {
		return evaluateAll(ctx, scope, s.inputs)
	}
	e, err := newEvaluator(scope)
	if err != nil {
		return nil, err
	}
	values := make(map[string]Value, len(s.implicit))
	for _, path := range s.implicit {
		steps := path.Steps()
		name, _ := steps[len(steps)-1].(string)
		v := e.scope.judge([]tenon.Path{path})
		if v.There() {
			found, ok := path.Get(e.document)
			if !ok {
				continue // a param that nobody set: the module's own default holds
			}
			v.Value = found
		}
		values[name] = v
	}
	return values, nil
}

// Connections are the names of the inputs that are the artifact of a connection as it is,
// sorted: those of a step without inputs of its own, and an input that says no more than
// .connections.NAME.
func (s Step) Connections() []string {
	var names []string
	for _, path := range s.implicit {
		if steps := path.Steps(); len(steps) == 2 && steps[0] == "connections" {
			names = append(names, steps[1].(string))
		}
	}
	for _, in := range s.inputs {
		if e := in.tree.expression; e != nil && wholeConnection.MatchString(strings.TrimSpace(e.String())) {
			names = append(names, in.name)
		}
	}
	slices.Sort(names)
	return names
}

var wholeConnection = regexp.MustCompile(`^\.connections\.[A-Za-z_]\w*$`)

// Reads gives what of the scope the inputs and providers may read, as expr does: connections.db.host,
// access.aws.policy, steps.key.outputs.id.
func (s Step) Reads() []tenon.Path {
	var reads []tenon.Path
	for _, p := range s.providers {
		reads = append(append(reads, tenon.At("connections", p.connection)), p.settings.reads()...)
	}
	if !s.HasInputs {
		return append(reads, s.implicit...)
	}
	for _, in := range s.inputs {
		reads = append(reads, in.tree.reads()...)
	}
	return reads
}

func implicitInputs(b *Bundle) []tenon.Path {
	var paths []tenon.Path
	for _, name := range b.Params.Names() {
		paths = append(paths, tenon.At("params", name))
	}
	for _, c := range b.Connections {
		paths = append(paths, tenon.At("connections", c.Name))
	}
	return append(paths, tenon.At("metadata"))
}
