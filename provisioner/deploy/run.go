package deploy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
	"github.com/tenon-sdk/tenon/tagging"
)

// Run is what a deployment did: addresses of instances, each in one list, sorted.
type Run struct {
	Deployment string   `json:"deployment"`
	Status     string   `json:"status"`  // succeeded, failed, canceled
	Applied    []string `json:"applied"` // or destroyed
	Skipped    []string `json:"skipped"` // nothing was to be done
	Failed     []string `json:"failed"`
	Blocked    []string `json:"blocked"` // not begun: something they need failed, or the run was stopped
	Unknown    []string `json:"unknown"` // nobody knows what was made: the next run looks first
	// Errors say why, by instance.
	Errors map[string]error `json:"-"`
}

// Err is nil for a run that succeeded, else a *RunError.
func (r *Run) Err() error {
	if r.Status == store.Succeeded {
		return nil
	}
	return &RunError{r}
}

// run is a session that changes things.
type run struct {
	*session
	plan     *Plan // nil: without one
	metadata tagging.Run

	mutex  sync.Mutex
	result *Run
	began  map[string]start
}

// ErrNothingToResume is a Resume where no run was cut off.
var ErrNothingToResume = errors.New("no run was cut off")

// Deploy makes an environment what its files say: it starts each instance once what it
// needs is there, checks each artifact before anyone sees it, skips what has not changed,
// and deletes what has left the files. What can be known to be wrong, from the mistakes that
// Lint finds to a tool that is missing, is told before anything is done (tenon.Problems). A
// failure stops only those who need it. The run is
// not nil once it has begun, also with an error, which then is a *RunError: instances
// failed, or ctx was canceled.
func (e *Engine) Deploy(ctx context.Context, env *graph.Environment) (*Run, error) {
	return e.over(ctx, env, "deploy", func(s *session) (*Run, error) {
		return s.deploy(ctx, nil, func() error { return s.choose(s.only) })
	})
}

// Resume goes on with a run that died, failed or was canceled: it looks at what was cut
// off, keeps what is finished, and does the rest; a destroy goes on as one. It is about the
// instances of that run, and what these need by now. Where the last run succeeded it is
// ErrNothingToResume.
func (e *Engine) Resume(ctx context.Context, env *graph.Environment) (*Run, error) {
	return e.over(ctx, env, "resume", func(s *session) (*Run, error) {
		last, err := s.store.Deployments(ctx, s.address, 1)
		switch {
		case err != nil:
			return nil, err
		case len(last) == 0 || last[0].Status == store.Succeeded:
			return nil, fmt.Errorf("%s: %w", s.address, ErrNothingToResume)
		}
		again := func() error { s.goOn(last[0].Order); return nil }
		if last[0].Kind == "destroy" {
			s.env = nil // of no account
			return s.destroy(ctx, again)
		}
		return s.deploy(ctx, nil, again)
	})
}

// over locks the environment for what do does.
func (e *Engine) over(ctx context.Context, env *graph.Environment, what string, do func(*session) (*Run, error)) (*Run, error) {
	if err := env.Err(); err != nil {
		return nil, err
	}
	s, err := e.open(ctx, env.Address(), what)
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.env = env
	return do(s)
}

// deploy changes what choose chooses, once it is known what a run before left.
func (s *session) deploy(ctx context.Context, plan *Plan, choose func() error) (*Run, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	if err := choose(); err != nil {
		return nil, err
	}
	if err := s.closed(s.removed()); err != nil {
		return nil, err
	}
	if err := s.fresh(ctx, plan); err != nil {
		return nil, err
	}
	if err := s.pass(ctx, plan); err != nil {
		return nil, err
	}
	if err := s.move(ctx); err != nil {
		return nil, err
	}
	r := s.newRun(plan)
	nodes, byAddress := []*node{}, map[string]*node{}
	for _, i := range s.env.Instances() {
		if !s.chosen.has(i.Address()) {
			continue
		}
		n := &node{
			id: i.Address(), do: func(ctx context.Context) bool { return r.apply(ctx, i) }, block: r.blocks(i.Address()),
			weight: r.weigh(i.Address(), provisioner.Apply),
		}
		for _, producer := range i.DependsOn() {
			if need := byAddress[producer]; need != nil {
				n.needs = append(n.needs, need)
			}
		}
		nodes, byAddress[i.Address()] = append(nodes, n), n
	}
	nodes = append(nodes, r.deletions(s.removed(), byAddress)...)
	return r.carryOut(ctx, "deploy", nodes)
}

func (s *session) newRun(plan *Plan) *run {
	now, id := s.options.Now().UTC(), s.newID()
	return &run{
		session: s, plan: plan, began: map[string]start{},
		metadata: tagging.Run{Deployment: id, Time: now.Format(time.RFC3339), RequestedBy: s.options.RequestedBy},
		result:   &Run{Deployment: id, Errors: map[string]error{}},
	}
}

// carryOut records that the run begins, does it, and records how it ended.
func (r *run) carryOut(ctx context.Context, kind string, nodes []*node) (*Run, error) {
	order := make([]string, len(nodes))
	for n := range nodes {
		order[n] = nodes[n].id
	}
	digest := ""
	if r.plan != nil {
		digest = r.plan.Digest
	}
	audit := store.AuditEvent{Who: r.options.RequestedBy, What: kind, Address: r.address, Details: map[string]string{"deployment": r.result.Deployment}}
	if digest != "" {
		audit.Details["plan"] = digest
	}
	if err := r.store.Audit(ctx, audit); err != nil { // without it nothing is done
		return nil, err
	}
	d := store.Deployment{ID: r.result.Deployment, Kind: kind, RequestedBy: r.options.RequestedBy, PlanDigest: digest, Order: order}
	if err := r.lease.Begin(ctx, d); err != nil {
		return nil, err
	}
	r.send(Event{Type: RunStarted, Deployment: r.result.Deployment, Environment: r.address, Action: kind, Total: len(nodes)})
	r.estimate(ctx, nodes)
	do := scheduler{slots: r.options.Concurrency, limits: r.options.Limits, failFast: r.options.FailFast, drain: r.drain.begun}
	do.run(ctx, nodes)
	r.conclude(ctx)
	err := r.lease.Finish(context.WithoutCancel(ctx), r.result.Deployment, r.result.Status, encode(r.result))
	finished := Event{Type: RunFinished, Deployment: r.result.Deployment, Environment: r.address, Action: kind, Message: r.result.Status}
	if err != nil {
		finished.Reason = "its end could not be recorded"
	}
	r.send(finished)
	if err != nil {
		return r.result, errors.Join(r.result.Err(), err)
	}
	return r.result, r.result.Err()
}

func (r *run) conclude(ctx context.Context) {
	result := r.result
	for _, list := range []*[]string{&result.Applied, &result.Skipped, &result.Failed, &result.Blocked, &result.Unknown} {
		*list = append([]string{}, *list...) // [] in JSON, never null
		slices.Sort(*list)
	}
	switch {
	case len(result.Failed)+len(result.Blocked)+len(result.Unknown) == 0:
		result.Status = store.Succeeded
	case ctx.Err() != nil, r.draining() && len(result.Failed)+len(result.Unknown) == 0:
		result.Status = store.Canceled
	default:
		result.Status = store.Failed
	}
}

func (r *run) started(address string, mode provisioner.Mode, reason string) {
	bundle := r.bundleOf(address)
	r.mutex.Lock()
	r.began[address] = start{r.options.Now(), time.Now(), bundle, string(mode), reason}
	r.mutex.Unlock()
	r.send(Event{Type: InstanceStarted, Deployment: r.result.Deployment, Instance: address, Bundle: bundle.String(), Action: string(mode), Reason: reason})
}

// ended puts an instance into its list and tells.
func (r *run) ended(list *[]string, address string, event Event) {
	event.Deployment, event.Instance, event.Bundle = r.result.Deployment, address, r.bundleOf(address).String()
	r.mutex.Lock()
	*list = append(*list, address)
	if began, ok := r.began[address]; ok {
		event.Elapsed, event.Bundle = time.Since(began.clock).Seconds(), began.bundle.String()
	}
	r.mutex.Unlock()
	r.send(event)
}

func (r *run) finished(address string, mode provisioner.Mode) {
	r.ended(&r.result.Applied, address, Event{Type: InstanceFinished, Action: string(mode)})
}

func (r *run) skipped(address, reason string) {
	r.ended(&r.result.Skipped, address, Event{Type: InstanceSkipped, Reason: reason})
}

// failed records what became of an instance. record is what is known of it; it is saved
// where begun says that something was done. It is always false, for those who need it.
func (r *run) failed(ctx context.Context, address string, record *store.Instance, begun bool, err error) bool {
	status, list := failed, &r.result.Failed
	if record != nil && begun {
		for _, step := range record.Steps {
			if step.Status == unknown {
				status, list = unknown, &r.result.Unknown
			}
		}
		record.Status, record.Digest = status, ""
		if saveErr := r.lease.SaveInstance(context.WithoutCancel(ctx), *record, r.attempt(address, endOf(status, err), err)); saveErr != nil {
			err = errors.Join(err, saveErr)
		}
		r.remember(record)
	} else if saveErr := r.lease.SaveAttempt(context.WithoutCancel(ctx), r.attempt(address, endOf(status, err), err)); saveErr != nil {
		err = errors.Join(err, saveErr)
	}
	r.mutex.Lock()
	r.result.Errors[address] = err
	r.mutex.Unlock()
	r.ended(list, address, Event{Type: InstanceFailed, Reason: status, Message: err.Error()})
	return false
}

func (r *run) blocks(address string) func(why string) {
	return func(why string) {
		r.ended(&r.result.Blocked, address, Event{Type: InstanceBlocked, Reason: why})
	}
}
