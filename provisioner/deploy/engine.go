package deploy

import (
	"context"
	"runtime"
	"time"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Engine plans and deploys environments. Make one with New.
type Engine struct {
	store   *store.Store
	drivers provisioner.Drivers
	options Options
	tools   *tools
	drain   *drain
	only    Selection
}

// Options of an engine; nil is the zero value.
type Options struct {
	Concurrency int // instances at a time; default twice the cores
	// Limits are how much of other things instances may take at a time, and Weigh says what
	// one takes of them from its start to its end: {"memory": 1500} of a limit of 8000. An
	// instance that takes more than a whole limit runs alone under it. Whoever waits for a
	// limit keeps others from taking it first. Default: Concurrency alone.
	Limits map[string]int
	Weigh  func(Work) map[string]int
	// FailFast starts nothing more after the first failure. Default: a failure stops only
	// those who need what failed.
	FailFast    bool
	Events      Sink         // default: nobody listens
	Secrets     SecretSource // default none: an instance that needs a secret fails
	RequestedBy string       // who asks, for the records; default empty
	// Retries is how often a step is tried again after an error that its driver calls
	// transient, such as a throttled call. Default 2; negative: never. Before the first one
	// the engine waits Backoff, twice as long before each other, at most a minute, and never
	// less than the driver asks for. Default 5 seconds.
	Retries int
	Backoff time.Duration
	// StepTimeout is how long one attempt of a step may take before its driver is asked to
	// stop. Default no limit.
	StepTimeout time.Duration
	// Abandon is how long a driver may take to return after it was asked to stop, by a cancel
	// or by StepTimeout. One that has not is left behind: nobody knows what it did, the step
	// is unknown, and the next run looks. Drivers end what they have started in their own
	// time, ten minutes by default of those with a tool; this is for those that hang. Default
	// 15 minutes.
	Abandon time.Duration
	// Approve is asked when a step would do more with real values than the plan says that was
	// approved with stand-ins; nil lets it. It may be asked from several goroutines. Default:
	// nobody says yes, and the instance fails.
	Approve func(ctx context.Context, worse *WorseError) error
	// Gates are asked about every plan, and about every step that is planned anew before it is
	// applied. Default none. With one, a Deploy without a plan plans each step before it
	// applies it.
	Gates []Gate
	Now   func() time.Time
}

const (
	defaultRetries = 2
	defaultBackoff = 5 * time.Second
	longestBackoff = time.Minute
	defaultAbandon = 15 * time.Minute
)

// SecretSource gives the values of the secrets that files refer to. It may be asked from
// several goroutines.
type SecretSource interface {
	Secret(ctx context.Context, ref graph.SecretRef) (string, error)
}

// New makes an engine that keeps its records in st and runs steps with drivers.
func New(st *store.Store, drivers provisioner.Drivers, opts *Options) *Engine {
	e := &Engine{store: st, drivers: drivers, tools: &tools{store: st}, drain: &drain{begun: make(chan struct{})}}
	if opts != nil {
		e.options = *opts
	}
	if e.options.Concurrency <= 0 {
		e.options.Concurrency = 2 * runtime.NumCPU()
	}
	if e.options.Events == nil {
		e.options.Events = SinkFunc(func(Event) {})
	}
	if e.options.Retries == 0 {
		e.options.Retries = defaultRetries
	}
	if e.options.Backoff <= 0 {
		e.options.Backoff = defaultBackoff
	}
	if e.options.Abandon <= 0 {
		e.options.Abandon = defaultAbandon
	}
	if e.options.Now == nil {
		e.options.Now = time.Now
	}
	return e
}

// Artifacts gives every artifact that the records hold, by address, for graph.Options.
func (e *Engine) Artifacts(ctx context.Context, catalog *artifacts.Catalog) (map[string]*artifacts.Artifact, error) {
	stored, err := e.store.Artifacts(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]*artifacts.Artifact, len(stored))
	for address, a := range stored {
		known[address] = artifactOf(catalog, a)
	}
	return known, nil
}

func artifactOf(catalog *artifacts.Catalog, a store.Artifact) *artifacts.Artifact {
	return artifacts.Stored(catalog.Version(a.Type, a.Version), a.Type, a.Version, a.Data)
}

// lock takes the environment for a run of this engine.
func (e *Engine) lock(ctx context.Context, environment, what string) (*store.Lease, error) {
	who := what
	if e.options.RequestedBy != "" {
		who += " of " + e.options.RequestedBy
	}
	return e.store.Lock(ctx, environment, who)
}
