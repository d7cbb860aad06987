package deploy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Plan says what Deploy would do, and changes nothing. What an instance will make is known
// as far as its tool knows it beforehand; an instance that needs more is deferred and says
// what it waits for. What a tool or a file has against it stands in Plan.Problems; an error
// is something that kept the engine from planning. The environment is locked meanwhile.
func (e *Engine) Plan(ctx context.Context, env *graph.Environment) (*Plan, error) {
	if err := env.Err(); err != nil {
		return nil, err
	}
	s, err := e.open(ctx, env.Address(), "plan")
	if err != nil {
		return nil, err
	}
	defer s.close()
	s.env = env
	p := &planner{session: s, made: map[string]map[string]document{}, cut: map[string]bool{}}
	return p.plan(ctx)
}

// planner is a session that plans.
type planner struct {
	*session
	cut map[string]bool // instances of which nobody knows how their last run ended

	mutex    sync.Mutex
	made     map[string]map[string]document // instance → artifact, as far as they will be known
	plans    map[string]*InstancePlan
	saved    []savedPlan
	problems tenon.Problems
}

type savedPlan struct {
	address, step string
	data          []byte
}

func (p *planner) plan(ctx context.Context) (*Plan, error) {
	if err := p.unfinished(ctx); err != nil {
		return nil, err
	}
	if _, err := p.moves(); err != nil {
		p.problems.AddError("moved-twice", err)
	}
	if err := p.choose(p.only); err != nil {
		p.problems.AddError("cannot-plan", err)
		return p.unplanned(), nil
	}
	if err := p.closed(p.removed()); err != nil {
		p.problems.AddError("cannot-plan", err)
		return p.unplanned(), nil
	}
	if err := p.check(ctx); err != nil {
		p.problems.AddError("cannot-plan", err)
		return p.unplanned(), nil
	}
	p.plans = map[string]*InstancePlan{}
	var nodes []*node
	byAddress := map[string]*node{}
	for _, i := range p.env.Instances() {
		if !p.chosen.has(i.Address()) {
			continue
		}
		n := &node{id: i.Address(), block: func(string) {}, weight: p.weigh(i.Address(), provisioner.Apply)}
		n.do = func(ctx context.Context) bool { p.keepPlan(i.Address(), p.instance(ctx, i)); return true }
		for _, producer := range i.DependsOn() {
			if need := byAddress[producer]; need != nil {
				n.needs = append(n.needs, need)
			}
		}
		nodes, byAddress[i.Address()] = append(nodes, n), n
	}
	for _, record := range p.removed() {
		nodes = append(nodes, &node{
			id: record.Address, block: func(string) {}, weight: p.weigh(record.Address, provisioner.Destroy),
			do: func(ctx context.Context) bool { p.keepPlan(record.Address, p.deletion(ctx, record)); return true },
		})
	}
	p.looks(ctx, nodes)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	p.problems.Add(p.env.Warnings()...)
	plan := &Plan{Environment: p.address, Targets: p.chosen.sorted(), Instances: []InstancePlan{}, Problems: p.problems.Sorted()}
	for _, n := range nodes {
		plan.Instances = append(plan.Instances, *p.plans[n.id])
		if p.plans[n.id].Reason == forced {
			plan.Forced = append(plan.Forced, n.id)
		}
	}
	found, err := p.review(ctx, &Review{AtPlan, plan})
	if err != nil {
		return nil, err
	}
	plan.Findings = found
	plan.Digest = plan.digest()
	for _, saved := range p.saved {
		if err := p.lease.SavePlan(ctx, plan.Digest, saved.address, saved.step, saved.data); err != nil {
			return nil, err
		}
	}
	return plan.ready(p.env), nil
}

// unplanned is the plan of an environment with mistakes that no tool need be asked about.
func (p *planner) unplanned() *Plan {
	p.problems.Add(p.env.Warnings()...)
	plan := &Plan{Environment: p.address, Targets: p.chosen.sorted(), Instances: []InstancePlan{}, Problems: p.problems.Sorted()}
	plan.Digest = plan.digest()
	return plan.ready(p.env)
}

// unfinished notes the instances that nobody should plan before somebody has looked.
func (p *planner) unfinished(ctx context.Context) error {
	open, err := p.store.Unfinished(ctx, p.address)
	for _, entry := range open {
		if !p.cut[entry.Address] {
			p.problems.Add(tenon.Problem{
				Severity: tenon.Warning, Rule: "cut-off", Message: entry.Address + ": the last run was cut off here, so nothing is planned for it",
				Hint: "resume the run: what was made is looked at before anything is done",
			})
		}
		p.cut[entry.Address] = true
	}
	return err
}

func (p *planner) keepPlan(address string, plan *InstancePlan) {
	if plan.WaitsFor == nil {
		plan.WaitsFor = []string{}
	}
	if plan.Steps == nil {
		plan.Steps = []StepPlan{}
	}
	if plan.Inputs == nil {
		plan.Inputs = map[string]string{}
	}
	if plan.Mocked == nil {
		plan.Mocked = []MockedSlot{}
	}
	plan.ID = address
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.plans[address] = plan
}

// found takes in what is wrong with an instance.
func (p *planner) found(address string, err error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if tenon.ProblemsOf(err) == nil {
		err = fmt.Errorf("%s: %w", address, err)
	}
	p.problems.AddError("cannot-plan", err)
}

// instance plans an instance of the environment.
func (p *planner) instance(ctx context.Context, i *graph.Instance) *InstancePlan {
	record, moved := p.before(i)
	plan := &InstancePlan{Action: Update, Recorded: digestOf(record)}
	if record == nil || record.Status == destroyed {
		plan.Action = Create
	}
	if moved != nil {
		plan.Reason = "cannot be planned"
		return plan // it is among the problems
	}
	if p.cut[i.Address()] || record != nil && p.cut[record.Address] {
		plan.Action, plan.Reason = Deferred, "the last run was cut off here"
		return plan
	}
	a, err := p.assemble(ctx, i, p.find)
	if err == nil {
		err = immutable(a, record).Err()
	}
	if err != nil {
		plan.Reason = "cannot be planned"
		p.found(i.Address(), err)
		return plan
	}
	plan.Inputs, plan.Digest, plan.Reason = a.parts, a.digest, p.because(a, record)
	if plan.Reason == "" {
		plan.Action, plan.Reason = None, "nothing has changed"
		p.makes(i.Address(), p.documents(record))
		return plan
	}
	if err := p.steps(ctx, a, record, plan); err != nil {
		plan.Reason = "cannot be planned"
		p.found(i.Address(), err)
	}
	plan.Mocked = p.mockedSlots(a)
	if slices.ContainsFunc(plan.Steps, func(s StepPlan) bool { return s.Deferred }) {
		plan.WaitsFor = union(a.waits, a.mocks)
	}
	plan.Action = actionOf(plan)
	return plan
}

// actionOf sums up what happens to the steps.
func actionOf(plan *InstancePlan) string {
	all, replaced := len(plan.Steps) > 0, false
	for _, step := range plan.Steps {
		all = all && step.Deferred
		replaced = replaced || slices.ContainsFunc(step.Changes, func(c provisioner.Change) bool { return c.Action == provisioner.Replace })
	}
	switch {
	case all:
		return Deferred
	case replaced && plan.Action == Update:
		return Replace
	}
	return plan.Action
}

// find gives what fills a slot once the plan is done, as far as that is known.
func (p *planner) find(ctx context.Context, slot graph.Slot) (document, bool, error) {
	switch {
	case strings.HasPrefix(slot.From, "imported:"):
		d, err := p.imported(ctx, slot.From)
		return d, err == nil, err
	case !slot.Local:
		return p.recordedArtifact(ctx, slot.From)
	}
	producer := instanceOf(slot.From)
	if !p.chosen.has(producer) {
		record, _ := p.before(p.env.Instance(producer))
		d, ok := p.recordedIn(record, slot.From)
		return d, ok, nil
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	d, ok := p.made[producer][slot.From[len(producer)+1:]]
	return d, ok, nil
}

func (p *planner) makes(address string, documents map[string]document) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.made[address] = documents
}

func (p *planner) documents(record *store.Instance) map[string]document {
	documents := map[string]document{}
	for name, a := range record.Artifacts {
		documents[name] = p.document(a)
	}
	return documents
}

// deletion plans the end of an instance whose component has left the files.
func (p *planner) deletion(ctx context.Context, record *store.Instance) *InstancePlan {
	plan := &InstancePlan{Action: Delete, Reason: "it is not among the instances any more", Recorded: digestOf(record), Digest: record.Digest}
	if p.cut[record.Address] {
		plan.Action, plan.Reason = Deferred, "the last run was cut off here"
		return plan
	}
	for _, step := range slices.Backward(record.Steps) {
		if !step.KeepOnDestroy && step.Status != "" && step.Status != destroyed {
			planned, err := p.removal(ctx, record, &step)
			if err != nil {
				p.found(record.Address, err)
			}
			plan.Steps = append(plan.Steps, planned)
		}
	}
	return plan
}

// removal plans the destroy of a step as it was last applied.
func (p *planner) removal(ctx context.Context, record *store.Instance, step *store.Step) (StepPlan, error) {
	planned := StepPlan{Name: step.Name, Driver: step.Driver, Changes: []provisioner.Change{}}
	driver, err := p.drivers.Find(step.Driver, step.DriverVersion)
	if err != nil {
		return planned, err
	}
	files, err := p.filesOf(ctx, step.Files)
	if err != nil {
		return planned, err
	}
	req, err := p.recorded(ctx, record, step, files, provisioner.Destroy)
	if err != nil {
		return planned, err
	}
	req.State = state{store: p.store, address: record.Address, step: step.Name}
	result, err := p.ask(ctx, driver, req, "")
	if err == nil {
		planned.Changes = append(planned.Changes, result.Changes...)
	}
	return planned, err
}
