package deploy

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/iam/aws"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// document is what fills a slot.
type document struct {
	data      any
	sensitive []tenon.Path
	mocked    []tenon.Path // what stands in for something that is not made yet
}

var policyPath = tenon.At("access", "aws", "policy")

// finder gives the document of a slot that is filled; ok is false where it is not known.
type finder func(ctx context.Context, slot graph.Slot) (d document, ok bool, err error)

// assembly is everything that an instance is made from, before its first step runs.
type assembly struct {
	*graph.Instance
	scope   *bundle.Scope
	slots   map[string]document // that are known
	waits   []string            // slots whose artifact is not known
	mocks   []string            // slots whose artifact is not known in all its parts
	secrets map[string]string   // of its app
	files   files
	tools   map[string]string // step → tool
	parts   map[string]string // what it is made from → keyed digest; without what is not known
	digest  string            // of all parts; empty where something is not known
}

// assemble gathers what an instance is made from. find gives what fills its slots.
func (s *session) assemble(ctx context.Context, i *graph.Instance, find finder) (*assembly, error) {
	a := &assembly{
		Instance: i,
		scope:    &bundle.Scope{Params: i.Params(), Connections: map[string]any{}, Steps: map[string]map[string]any{}, Metadata: i.Metadata().Document()},
		slots:    map[string]document{}, secrets: map[string]string{}, tools: map[string]string{},
	}
	for _, path := range i.Bundle().Params.SensitiveIn(a.scope.Params) {
		a.scope.Sensitive = append(a.scope.Sensitive, tenon.At("params").Join(path))
	}
	if err := a.connect(ctx, find); err != nil {
		return nil, err
	}
	if err := a.grant(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(i.Secrets())) {
		value, err := s.secret(ctx, i.Secrets()[name])
		if err != nil {
			return nil, fmt.Errorf("secret %s: %w", name, err)
		}
		a.secrets[name] = value
	}
	var err error
	if a.files, err = s.snapshot(i.Bundle()); err != nil {
		return nil, err
	}
	for _, step := range i.Bundle().Steps {
		driver, err := s.driver(step)
		if err != nil {
			return nil, err
		}
		if a.tools[step.Name], err = s.tools.version(ctx, driver, step.DriverVersion); err != nil {
			return nil, toolProblem(step, err)
		}
	}
	s.digest(a)
	return a, nil
}

// driver of a step. A step that wants one which the program does not have is a problem at
// its place.
func (e *Engine) driver(step bundle.Step) (provisioner.Driver, error) {
	driver, err := e.drivers.Find(step.Driver, step.DriverVersion)
	if err != nil {
		return nil, tenon.Problem{Rule: "unknown-driver", File: step.File, Line: step.Line, Column: step.Column, Path: tenon.At("steps", step.Name), Message: err.Error()}
	}
	return driver, nil
}

// check finds what can be known to be wrong before anything is done: mistakes in bundles,
// drivers and tools that are not there, secrets that cannot be had.
func (s *session) check(ctx context.Context) error {
	var problems tenon.Problems
	linted := map[*bundle.Bundle]bool{}
	for _, i := range s.env.Instances() {
		b := i.Bundle()
		for _, name := range slices.Sorted(maps.Keys(i.Secrets())) {
			if _, err := s.secret(ctx, i.Secrets()[name]); err != nil {
				problems.AddError("no-secret", fmt.Errorf("%s: secret %s: %w", i.Address(), name, err))
			}
		}
		if linted[b] {
			continue
		}
		linted[b] = true
		for _, p := range bundle.Lint(b, s.env.Catalog()) {
			if p.Severity == tenon.Error {
				problems.Add(p)
			}
		}
		for _, step := range b.Steps {
			driver, err := s.driver(step)
			if err == nil {
				_, err = s.tools.version(ctx, driver, step.DriverVersion)
				err = toolProblem(step, err)
			}
			problems.AddError("no-driver", err)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return problems.Err()
}

// toolProblem places a missing tool at the step that wants it.
func toolProblem(step bundle.Step, err error) error {
	var missing *provisioner.ToolMissingError
	if !errors.As(err, &missing) {
		return err
	}
	plain := *missing
	plain.Cure = ""
	return &placedError{tenon.Problem{
		Rule: "tool-missing", File: step.File, Line: step.Line, Column: step.Column, Path: tenon.At("steps", step.Name),
		Message: plain.Error(), Hint: missing.Cure,
	}, err}
}

// placedError is an error that a problem tells better.
type placedError struct {
	problem tenon.Problem
	err     error
}

func (e *placedError) Error() string   { return e.problem.Error() }
func (e *placedError) Unwrap() []error { return []error{e.problem, e.err} }

// connect fills the slots.
func (a *assembly) connect(ctx context.Context, find finder) error {
	for _, slot := range a.Slots() {
		at := tenon.At("connections", slot.Name)
		if slot.Source == "" {
			a.scope.Connections[slot.Name] = nil
			continue
		}
		d, ok, err := find(ctx, slot)
		if err != nil {
			return err
		}
		if !ok {
			a.waits = append(a.waits, slot.Name)
			a.scope.Unknown = append(a.scope.Unknown, at)
			continue
		}
		a.slots[slot.Name] = d
		a.scope.Connections[slot.Name] = d.data
		for _, path := range d.sensitive {
			a.scope.Sensitive = append(a.scope.Sensitive, at.Join(path))
		}
		for _, path := range d.mocked {
			a.scope.Mocked = append(a.scope.Mocked, at.Join(path))
		}
		if len(d.mocked) > 0 {
			a.mocks = append(a.mocks, slot.Name)
		}
	}
	return a.narrow()
}

// narrow checks the documents that are known against what the bundle demands of them
// beyond their type.
func (a *assembly) narrow() error {
	var problems tenon.Problems
	for _, slot := range a.Slots() {
		d, known := a.slots[slot.Name]
		connection, exists := a.Bundle().Connection(slot.Name)
		if !known || !exists {
			continue
		}
		secret := func(path tenon.Path) bool {
			return slices.ContainsFunc(d.sensitive, func(s tenon.Path) bool { return s.Contains(path) })
		}
		for _, p := range connection.CheckWhere(d.data, secret) {
			if touches(p.Path, d.mocked) {
				continue // it is checked when the real one is there
			}
			p.Message = fmt.Sprintf("%s: %s does not meet it: %s", slot.Name, slot.From, p.Message)
			p.File, p.Line, p.Column, p.Path = connection.File, connection.Line, connection.Column, tenon.At("connections", slot.Name, "where")
			problems.Add(p)
		}
	}
	return problems.Err()
}

// grant renders the access. Where an artifact that its policy names is not known, neither
// is the policy.
func (a *assembly) grant() error {
	access, data := a.Access(), map[string]any{}
	for name, d := range a.slots {
		data[name] = d.data
	}
	known := access
	known.Bindings = nil
	for _, binding := range access.Bindings {
		if !slices.Contains(a.waits, binding.Slot) {
			known.Bindings = append(known.Bindings, binding)
		}
	}
	waits, mocked := false, false
	for slot, reads := range aws.Reads(access) {
		waits = waits || slices.Contains(a.waits, slot)
		mocked = mocked || slices.ContainsFunc(reads, func(read tenon.Path) bool { return touches(read, a.slots[slot].mocked) })
	}
	switch {
	case waits:
		a.scope.Unknown = append(a.scope.Unknown, policyPath)
	case mocked:
		a.scope.Mocked = append(a.scope.Mocked, policyPath)
	}
	rendered, err := aws.Render(known, data)
	if err != nil {
		return err
	}
	a.scope.Access = map[string]any{"aws": rendered.Expression()}
	return nil
}

// withOutputs is the scope once steps have run: outputs by step. last names the step whose
// outputs are .outputs; empty while there are more to come.
func (a *assembly) withOutputs(outputs map[string]map[string]provisioner.Output, last string) *bundle.Scope {
	scope := *a.scope
	scope.Steps = make(map[string]map[string]any, len(outputs))
	scope.Sensitive = slices.Clone(scope.Sensitive)
	for step, values := range outputs {
		plain := make(map[string]any, len(values))
		for name, output := range values {
			plain[name] = output.Value
			if output.Sensitive {
				scope.Sensitive = append(scope.Sensitive, tenon.At("steps", step, "outputs", name))
				if step == last {
					scope.Sensitive = append(scope.Sensitive, tenon.At("outputs", name))
				}
			}
		}
		scope.Steps[step] = plain
		if step == last {
			scope.Outputs = plain
		}
	}
	return &scope
}

// secret gives the value of a secret that a file refers to.
func (s *session) secret(ctx context.Context, ref graph.SecretRef) (string, error) {
	if s.options.Secrets == nil {
		return "", errors.New("the engine has no source of secrets")
	}
	return s.options.Secrets.Secret(ctx, ref)
}

// imported gives the document of an artifact that was registered by hand, with its secrets.
func (s *session) imported(ctx context.Context, name string) (document, error) {
	for _, made := range s.env.Imports() {
		if made.Address != name {
			continue
		}
		data := maps.Clone(made.Data)
		for _, key := range slices.Sorted(maps.Keys(made.Secrets)) {
			value, err := s.secret(ctx, made.Secrets[key])
			if err != nil {
				return document{}, fmt.Errorf("%s: secret %s: %w", made.Address, key, err)
			}
			data[key] = value
		}
		if err := made.Type.Validate(data); err != nil {
			return document{}, fmt.Errorf("%s: %w", made.Address, err)
		}
		sensitive := made.Type.SensitiveIn(data)
		for key := range made.Secrets { // also where the type does not say so
			if path := tenon.At(key); !slices.Contains(sensitive, path) {
				sensitive = append(sensitive, path)
			}
		}
		return document{data: data, sensitive: sensitive}, nil
	}
	return document{}, fmt.Errorf("%s: the environment does not import it", name)
}

// recordedArtifact gives an artifact from the records as a document.
func (s *session) recordedArtifact(ctx context.Context, address string) (document, bool, error) {
	a, err := s.store.Artifact(ctx, address)
	if err != nil || a == nil {
		return document{}, false, err
	}
	return s.document(*a), true, nil
}

// recordedIn gives an artifact of an instance from its record, which may be nil.
func (s *session) recordedIn(record *store.Instance, artifact string) (document, bool) {
	if record == nil {
		return document{}, false
	}
	a, ok := record.Artifacts[artifact[strings.LastIndex(artifact, ".")+1:]]
	if !ok {
		return document{}, false
	}
	return s.document(a), true
}

func (s *session) document(a store.Artifact) document {
	d := document{data: a.Data}
	if t := s.env.Catalog().Version(a.Type, a.Version); t != nil {
		d.sensitive = t.SensitiveIn(a.Data)
	} else {
		d.sensitive = artifacts.Stored(nil, a.Type, a.Version, a.Data).Sensitive()
	}
	d.sensitive = append(d.sensitive, marked(a)...)
	return d
}

// marked are the leaves of an artifact that its record calls sensitive.
func marked(a store.Artifact) (paths []tenon.Path) {
	if len(a.Sensitive) == 0 {
		return nil
	}
	value.Walk(a.Data, func(path tenon.Path, _ any) {
		if slices.Contains(a.Sensitive, path.Pointer()) {
			paths = append(paths, path)
		}
	})
	return paths
}

// instanceOf is the address of the instance that makes an artifact; empty for an import.
func instanceOf(artifact string) string {
	if strings.HasPrefix(artifact, "imported:") {
		return ""
	}
	return artifact[:strings.LastIndex(artifact, ".")]
}
