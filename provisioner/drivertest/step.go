package drivertest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/tagging"
)

// step is one step that the kit has made and destroyed.
type step struct {
	*session
	address string
	folder  string // the work folder
	state   *memo
	outputs map[string]provisioner.Output // of the last run
	dead    bool                          // a call of it has never returned, or not in time
}

// order is what is asked of the driver, where it is not the usual.
type order struct {
	name   string
	driver provisioner.Driver // default: that of the harness
	inputs map[string]any     // default: those of the harness
	mode   provisioner.Mode   // default: apply
	saved  []byte
	taken  *importOf
	edit   func(*provisioner.Request)
	ctx    context.Context // default: that of the check
	hook   func(provisioner.Event)
	free   bool // also once the check was ended
	odd    bool // its names are none that a step can have
	cut    bool // it is to be cut off: not to return is judged by the rule that does so
}

// request is made anew for each call, so that what a driver does to it is seen.
func (st *step) request(o order) (*provisioner.Request, error) {
	h := st.harness
	inputs := o.inputs
	if inputs == nil {
		inputs = h.Inputs
	}
	req := &provisioner.Request{
		Address: st.address, Step: "main", Mode: o.mode, Version: h.Version, Files: h.Files, Path: h.Path,
		Inputs: cloneMap(inputs), Secret: slices.Clone(h.Secret), Config: cloneMap(h.Config), Providers: cloneProviders(h.Providers),
		Metadata: tagging.Metadata{
			Project: "drivertest", Environment: "test", Component: "driver", Instance: st.address, Bundle: "drivertest", Version: "1.0.0",
			NamePrefix: "drivertest-test-driver",
		},
		Run:     tagging.Run{Deployment: "drivertest-1", Time: "2026-01-02T03:04:05Z", RequestedBy: "drivertest"},
		Outputs: cloneOutputs(st.outputs), WorkDir: st.folder, State: st.state, Saved: slices.Clone(o.saved),
	}
	if req.Mode == "" {
		req.Mode = provisioner.Apply
	}
	if o.edit != nil {
		o.edit(req)
	}
	if h.Prepare != nil {
		if err := h.Prepare(req); err != nil {
			return nil, fmt.Errorf("the harness: Prepare: %w", err)
		}
	}
	return req, os.MkdirAll(st.folder, 0o700)
}

// look names what exists, as the harness sees it.
func (st *step) look() ([]string, error) {
	if st.harness.World == nil {
		return nil, nil
	}
	req, err := st.request(order{})
	if err != nil {
		return nil, err
	}
	found, err := st.harness.World(context.WithoutCancel(st.ctx), req)
	slices.Sort(found)
	return found, err
}

// ask makes one call and waits for its end, or for as long as it may take.
func (st *step) ask(call provisioner.Call, o order) *turn {
	t := &turn{label: o.name + " of " + st.address, call: call, cut: o.cut, odd: o.odd, heard: &listener{hook: o.hook, began: time.Now()}}
	driver := o.driver
	if driver == nil {
		driver = st.harness.Driver
	}
	req, err := st.request(o)
	if err != nil {
		t.missing = err.Error()
		return t
	}
	t.request = req
	untouched := cloneRequest(req)
	t.before = st.state.bytes()
	t.world, t.worldErr = st.look()
	writes := st.state.written()

	asked := st.ctx
	if o.free {
		asked = context.WithoutCancel(asked)
	}
	if o.ctx != nil {
		asked = o.ctx
	}
	ctx, cancel := context.WithCancel(asked)
	defer cancel()
	answered := make(chan answer, 1)
	began := time.Now()
	go func() {
		var a answer
		defer func() {
			if cause := recover(); cause != nil {
				a.panicked = fmt.Sprintf("%v%s", cause, placeOf(debug.Stack()))
			}
			answered <- a
		}()
		pprof.Do(ctx, pprof.Labels(goroutineLabel, st.root), func(ctx context.Context) {
			a.Message, a.err = reply(ctx, driver, &ask{call: call, request: req, files: req.Files, taken: o.taken, out: t.heard})
		})
	}()
	t.ended = st.wait(asked, answered, t)
	t.took = time.Since(began)
	t.heard.close()
	if !t.ended {
		cancel()
		st.giveUp(t, answered)
	}
	t.stopped = asked.Err()
	t.after, t.writes = st.state.bytes(), st.state.written()-writes
	t.left = folder(st.folder)
	if t.ended {
		t.touched = differing(untouched, req)
		if result := t.answer.Result; result != nil && call == provisioner.CallApply {
			st.outputs = cloneOutputs(result.Outputs)
		}
	}
	if found, err := st.look(); t.worldErr == nil {
		t.found, t.worldErr = found, err
	}
	st.mu.Lock()
	st.turns = append(st.turns, t)
	st.mu.Unlock()
	return t
}

// placeOf is where a panic comes from: the frames of the driver in a stack.
func placeOf(stack []byte) string {
	_, rest, _ := strings.Cut(string(stack), "panic.go:")
	text := ""
	for line := range strings.Lines(rest) {
		if strings.Contains(line, "/drivertest.(*step)") || strings.Count(text, "\n") == 6 {
			break
		}
		if place, ok := strings.CutPrefix(line, "\t"); ok {
			text += "\n" + strings.TrimSpace(place)
		}
	}
	return text
}

// wait gives a call its time: the limit, or after the end of its context the grace.
func (st *step) wait(asked context.Context, answered <-chan answer, t *turn) bool {
	limit := time.NewTimer(st.harness.Limit)
	defer limit.Stop()
	canceled := asked.Done()
	var grace <-chan time.Time
	var end time.Time
	for {
		select {
		case t.answer = <-answered:
			if !end.IsZero() {
				t.late = time.Since(end)
			}
			return true
		case <-canceled:
			canceled, end, grace = nil, time.Now(), time.After(st.harness.Grace)
		case <-grace:
			return false
		case <-limit.C:
			return false
		}
	}
}

// giveUp waits a last time for a call that was to be over.
func (st *step) giveUp(t *turn, answered <-chan answer) {
	st.dead = true
	select {
	case <-answered:
	case <-time.After(st.harness.Grace):
		if t.cut {
			return
		}
		st.mu.Lock()
		st.stuck = t.label
		st.mu.Unlock()
	}
}

func (st *step) plan(o order) *turn  { return st.ask(provisioner.CallPlan, o) }
func (st *step) apply(o order) *turn { return st.ask(provisioner.CallApply, o) }

func (st *step) destroy(o order) *turn {
	o.mode = provisioner.Destroy
	return st.apply(o)
}

// folder names what lies in a work folder.
func folder(name string) []string {
	entries, err := os.ReadDir(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return []string{err.Error()}
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func cloneMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	return value.Clone(m).(map[string]any)
}

func cloneOutputs(outputs map[string]provisioner.Output) map[string]provisioner.Output {
	made := maps.Clone(outputs)
	for name, output := range made {
		output.Value = value.Clone(output.Value)
		made[name] = output
	}
	return made
}

func cloneProviders(providers map[string]provisioner.Provider) map[string]provisioner.Provider {
	made := maps.Clone(providers)
	for name, p := range made {
		p.Data, p.Settings = value.Clone(p.Data), cloneMap(p.Settings)
		made[name] = p
	}
	return made
}

// cloneRequest copies all that a driver could change.
func cloneRequest(req *provisioner.Request) *provisioner.Request {
	if req == nil {
		return nil
	}
	made := *req
	made.Inputs, made.Config = cloneMap(req.Inputs), cloneMap(req.Config)
	made.Providers, made.Outputs = cloneProviders(req.Providers), cloneOutputs(req.Outputs)
	made.Secret, made.Replace, made.Saved = slices.Clone(req.Secret), slices.Clone(req.Replace), slices.Clone(req.Saved)
	made.Metadata.Tags = maps.Clone(req.Metadata.Tags)
	return &made
}

// differing names the fields that are not the same.
func differing(a, b *provisioner.Request) (names []string) {
	x, y := reflect.ValueOf(*a), reflect.ValueOf(*b)
	for i := range x.NumField() {
		name := x.Type().Field(i).Name
		if name == "Files" || name == "State" {
			continue // compared by what they are, and not the driver's
		}
		if !reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			names = append(names, name)
		}
	}
	return names
}
