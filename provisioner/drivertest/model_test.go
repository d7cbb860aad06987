package drivertest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing/fstest"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
)

// model is a driver with every power that keeps every rule, unless it has a flaw. It makes
// up to two resources, a and b, in a world of its own.
type model struct {
	flaw string // of flaws

	mu      sync.Mutex
	world   map[string]map[string]string // by address: what there is, and what it is made of
	kills   map[string]chan struct{}
	graves  map[string]bool
	count   int
	current map[string]any
}

func newModel(flaw string) *model {
	return &model{flaw: flaw, world: map[string]map[string]string{}, kills: map[string]chan struct{}{}, graves: map[string]bool{}}
}

const declared = "input: fail\ninput: name\ninput: password\ninput: pause\ninput: size\noutput: name\noutput: password\n"

// harness says everything that the kit can be told.
func (m *model) harness() drivertest.Harness {
	inputs := func(name, more string) map[string]any {
		made := map[string]any{"name": name, "size": "2", "password": password}
		if more != "" {
			made[more] = "yes"
		}
		return made
	}
	return drivertest.Harness{
		Driver: m, Files: fstest.MapFS{"src/main.txt": {Data: []byte(declared)}}, Path: "src",
		Inputs: inputs("one", ""), Changed: inputs("two", ""), Invalid: inputs("invalid", ""), Secret: []string{"password"},
		Mistake: func(req *provisioner.Request) { req.Inputs["sise"] = 2 },
		Failing: &drivertest.Case{Inputs: inputs("one", "fail")}, Slow: &drivertest.Case{Inputs: inputs("one", "pause")},
		World: func(_ context.Context, req *provisioner.Request) ([]string, error) {
			return slices.Collect(maps.Keys(m.at(req.Address))), nil
		},
		Drift: func(_ context.Context, req *provisioner.Request) error {
			m.put(req.Address, "a", "something else")
			return nil
		},
		Import: &drivertest.Import{
			Inputs: map[string]any{"name": "one", "password": password},
			Make: func(_ context.Context, req *provisioner.Request) (string, string, error) {
				m.put(req.Address, "a", "one")
				return "a", "one", nil
			},
		},
		Interrupt: func(_ context.Context, req *provisioner.Request) error {
			close(m.killer(req.Address))
			return nil
		},
		Grace: time.Second, Limit: m.limit(),
	}
}

func (m *model) limit() time.Duration {
	if m.is("hangs") {
		return time.Second
	}
	return 10 * time.Second
}

func (m *model) is(flaw string) bool { return m.flaw == flaw }

func (m *model) at(address string) map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.world[address])
}

func (m *model) put(address, name, made string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.world[address] == nil {
		m.world[address] = map[string]string{}
	}
	m.world[address][name] = made
	if made == "" {
		delete(m.world[address], name)
	}
}

func (m *model) killer(address string) chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kills[address] == nil {
		m.kills[address] = make(chan struct{})
	}
	return m.kills[address]
}

func (m *model) next() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.count++
	return m.count
}

// modelState is what a model keeps, and what a saved plan leads to.
type modelState struct {
	Before  string                        `json:"before,omitempty"` // of a plan: the state it was made on
	Made    map[string]string             `json:"made"`
	Outputs map[string]provisioner.Output `json:"outputs,omitempty"`
}

var errForeign = errors.New("this is not from the driver")

func (m *model) read(ctx context.Context, req *provisioner.Request) (text []byte, s modelState, err error) {
	if req.State == nil {
		return nil, s, errors.New("no state to keep anything in")
	}
	text, err = req.State.Read(ctx)
	if m.is("reads nothing where nothing can be read") && ctx.Err() == nil {
		err = nil
	}
	if err == nil && len(text) > 0 {
		if json.Unmarshal(text, &s) != nil || s.Made == nil {
			if m.is("takes a foreign state for none") {
				return nil, modelState{Made: map[string]string{}}, nil
			}
			err = errForeign
		}
	}
	if s.Made == nil {
		s.Made = map[string]string{}
	}
	return text, s, err
}

func (m *model) write(ctx context.Context, req *provisioner.Request, s modelState) error {
	ctx = context.WithoutCancel(ctx)
	if len(s.Made) == 0 && !m.is("leaves a state after destroy") {
		return req.State.Write(ctx, nil)
	}
	text, err := json.Marshal(s)
	if err != nil {
		text = []byte(`{"made":{}}`) // of outputs that are no documents
	}
	return req.State.Write(ctx, text)
}

// check finds what is wrong with a request, without looking at what there is.
func (m *model) check(req *provisioner.Request) error {
	if req.Files == nil && !m.is("panics without files") {
		return errors.New("no files")
	}
	if req.Mode != provisioner.Apply && req.Mode != provisioner.Destroy && req.Mode != "" && !m.is("takes every mode for apply") {
		return fmt.Errorf("the mode %.20q is not known", req.Mode)
	}
	if req.Version != "" {
		if _, _, err := m.Version(context.Background(), req.Version); err != nil {
			return err
		}
	}
	module, err := m.Inspect(context.Background(), req.Files, req.Path)
	if err != nil {
		return err
	}
	var problems tenon.Problems
	for name := range req.Inputs {
		known := slices.ContainsFunc(module.Inputs, func(v provisioner.Variable) bool { return v.Name == name })
		if !known && !req.Implicit && !m.is("takes inputs that nobody declares") {
			problems.Add(tenon.Problem{Rule: "input", File: req.Path, Message: "there is no input " + name})
		}
	}
	if req.Inputs["name"] == "invalid" {
		problem := tenon.Problem{Rule: "input", File: "src/main.txt", Line: 2, Message: "not this name"}
		switch m.flaw {
		case "calls a mistake an error":
			return errors.New("not this name")
		case "names files of its own":
			problem.File = filepath.Join(req.WorkDir, "main.txt")
		case "names lines that are not there":
			problem.Line = 900
		case "tells a secret in a problem":
			problem.Message += fmt.Sprintf(", with %q", req.Inputs["password"])
		}
		problems.Add(problem)
	}
	return problems.Err()
}

// begin is what comes before every plan and apply.
func (m *model) begin(ctx context.Context, req *provisioner.Request) (text []byte, before modelState, err error) {
	if ctx.Err() != nil && !m.is("does not look at its context first") {
		return nil, before, fmt.Errorf("interrupted: %w", ctx.Err())
	}
	if m.is("does not look at its context first") {
		ctx = context.WithoutCancel(ctx)
	}
	if err := m.check(req); err != nil {
		return nil, before, err
	}
	if _, err := m.settle(ctx, req); err != nil {
		return nil, before, err
	}
	return m.read(ctx, req)
}

func (m *model) wanted(req *provisioner.Request) modelState {
	want := modelState{Made: map[string]string{}, Outputs: map[string]provisioner.Output{}}
	if req.Mode == provisioner.Destroy {
		return want
	}
	inputs := req.Inputs
	if m.is("mixes steps") {
		m.mu.Lock()
		m.current = inputs
		m.mu.Unlock()
		time.Sleep(100 * time.Millisecond)
		m.mu.Lock()
		inputs = m.current
		m.mu.Unlock()
	}
	name := fmt.Sprint(inputs["name"])
	if m.is("makes a difference of who asks") {
		name += req.Run.Deployment
	}
	want.Made["a"] = name
	if size, ok := inputs["size"]; ok {
		want.Made["b"] = fmt.Sprint(size)
	}
	want.Outputs["name"] = provisioner.Output{Value: name}
	want.Outputs["password"] = provisioner.Output{Value: inputs["password"], Sensitive: !m.is("does not mark secret outputs")}
	return want
}

// changes lead from one state to another.
func (m *model) changes(before, after modelState, again []string) (list []provisioner.Change) {
	for _, name := range []string{"a", "b"} {
		old, was := before.Made[name]
		made, will := after.Made[name]
		c := provisioner.Change{Address: name, Type: "model"}
		switch {
		case was && !will:
			c.Action = provisioner.Delete
		case !was && will:
			c.Action = provisioner.Create
		case was && slices.Contains(again, name) && !m.is("does not hear what is to be replaced"):
			c.Action = provisioner.Replace
		case was && old != made:
			c.Action = provisioner.Update
		default:
			continue
		}
		c.Attributes = []provisioner.Attribute{{Path: "value", Before: old, After: made}}
		list = append(list, c)
	}
	if m.is("does not sort") {
		slices.Reverse(list)
	}
	return list
}

func (m *model) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	text, before, err := m.begin(ctx, req)
	if err != nil {
		return nil, err
	}
	after := m.wanted(req)
	plan := &provisioner.Plan{Changes: m.changes(before, after, req.Replace), Exact: true, Outputs: map[string]provisioner.Output{}}
	if len(plan.Changes) == 0 {
		plan.Outputs = before.Outputs
	}
	after.Before = string(text)
	if plan.Saved, err = json.Marshal(after); err != nil {
		return nil, err
	}
	switch m.flaw {
	case "writes the state in a plan":
		err = m.write(ctx, req, before)
	case "makes things in a plan":
		m.put(req.Address, "c", "planned")
	case "plans another thing each time":
		plan.Changes = plan.Changes[:len(plan.Changes)*(m.next()%2)]
	case "hides what it will do":
		plan.Changes = plan.Changes[:min(1, len(plan.Changes))]
	case "always plans an update":
		if before.Made["a"] != "" && len(plan.Changes) == 0 {
			plan.Changes = []provisioner.Change{{Address: "a", Action: provisioner.Update}}
		}
	case "knows outputs that are not so":
		if len(plan.Changes) > 0 {
			plan.Outputs = map[string]provisioner.Output{"name": {Value: "nobody"}}
		}
	case "hangs":
		if req.Mode == provisioner.Destroy {
			time.Sleep(3 * time.Second)
		}
	case "tells a secret in a change":
		for i := range plan.Changes {
			plan.Changes[i].Attributes[0].After = req.Inputs["password"]
		}
	}
	for _, c := range plan.Changes {
		out.Send(m.event(provisioner.ResourcePlanned, c))
	}
	return plan, err
}

func (m *model) event(kind provisioner.EventKind, c provisioner.Change) provisioner.Event {
	e := provisioner.Event{Kind: kind, Time: time.Now().UTC(), Resource: c.Address, Action: c.Action, Message: c.Address + " " + string(kind)}
	if m.is("does not say when") {
		e.Time = time.Time{}
	}
	return e
}

// leave keeps in the work folder what could not be handed over.
func (m *model) leave(req *provisioner.Request, s modelState) {
	if m.is("makes the same twice") {
		return
	}
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(filepath.Join(req.WorkDir, "left.json"), text, 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// settle hands over what an earlier run has left.
func (m *model) settle(ctx context.Context, req *provisioner.Request) (bool, error) {
	if req.WorkDir == "" {
		return false, errors.New("no work folder")
	}
	file := filepath.Join(req.WorkDir, "left.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	left := modelState{}
	if err == nil {
		err = json.Unmarshal(text, &left)
	}
	if err == nil {
		err = m.write(ctx, req, left)
	}
	if err == nil {
		err = os.Remove(file)
	}
	return true, err
}

func (m *model) Inspect(_ context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	text, err := fs.ReadFile(files, path+"/main.txt")
	if err != nil {
		return nil, tenon.Problems{{Rule: "module", Message: "there is no module in this folder"}}
	}
	module := &provisioner.Module{}
	for line := range bytes.Lines(text) {
		kind, name, _ := strings.Cut(strings.TrimSpace(string(line)), ": ")
		v := provisioner.Variable{Name: name, Required: name == "name"}
		if kind == "input" {
			module.Inputs = append(module.Inputs, v)
		} else {
			module.Outputs = append(module.Outputs, v)
		}
	}
	if m.is("does not sort what is declared") {
		slices.Reverse(module.Inputs)
	}
	return module, nil
}

func (m *model) Validate(_ context.Context, req *provisioner.Request, _ provisioner.Sink) error {
	switch m.flaw {
	case "validates what is wrong":
		return nil
	case "does not validate what is right":
		return errors.New("no")
	}
	return m.check(req)
}

func (m *model) Recover(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	if m.is("always recovers something") {
		return &provisioner.Result{Outcome: provisioner.Done}, nil
	}
	found, err := m.settle(ctx, req)
	if !found {
		return nil, err
	}
	return &provisioner.Result{Outcome: provisioner.Unknown}, err
}

func (m *model) Drift(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Drift, error) {
	_, before, err := m.read(ctx, req)
	if err != nil {
		return nil, err
	}
	drift := &provisioner.Drift{Changes: m.changes(before, modelState{Made: m.at(req.Address)}, nil)}
	switch m.flaw {
	case "always finds drift":
		drift.Changes = []provisioner.Change{{Address: "a", Action: provisioner.Update}}
	case "never finds drift":
		drift.Changes = nil
	}
	return drift, nil
}

func (m *model) Import(ctx context.Context, req *provisioner.Request, address, id string, _ provisioner.Sink) (*provisioner.Result, error) {
	_, before, err := m.read(ctx, req)
	result := &provisioner.Result{Outcome: provisioner.Failed}
	if err != nil {
		return result, err
	}
	if before.Made[address] != "" && !m.is("imports twice") {
		return result, tenon.Problems{{Rule: "already-managed", Message: address + " is managed"}}
	}
	before.Made[address] = id
	before.Outputs = m.wanted(req).Outputs
	action := provisioner.Import
	if m.is("imports without a word") {
		action = provisioner.Read
	}
	return &provisioner.Result{Outcome: provisioner.Done, Changes: []provisioner.Change{{Address: address, Action: action}}}, m.write(ctx, req, before)
}

func (m *model) Identity(context.Context, string) (string, error) {
	if m.is("has another identity each time") {
		return fmt.Sprint(m.next()), nil
	}
	return "model", nil
}

func (m *model) Version(_ context.Context, want string) (name, version string, err error) {
	if want != "" && want != "1.0.0" && !m.is("has every version") {
		return "", "", &provisioner.ToolMissingError{Tool: "model", Version: want, Found: "1.0.0"}
	}
	return "model", "1.0.0", nil
}

func (m *model) Capabilities() []provisioner.Capability {
	list := []provisioner.Capability{provisioner.CanDrift, provisioner.CanImport, provisioner.CanInspect, provisioner.CanRecover, provisioner.CanValidate, provisioner.HasVersion}
	if m.is("can more than it says") {
		return list[1:]
	}
	return slices.SortedFunc(slices.Values(list), cmp.Compare)
}
