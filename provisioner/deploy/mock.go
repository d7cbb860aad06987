package deploy

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// foresee works out the artifacts of an instance before it is made: what is known of them,
// and stand-ins for the rest. One that will not be valid is found before anything is made.
func (p *planner) foresee(ctx context.Context, a *assembly, record *store.Instance, known map[string]foreseen) (map[string]document, error) {
	made := map[string]document{}
	var problems tenon.Problems
	for _, artifact := range a.Bundle().Artifacts {
		scope := scopeOf(a, known, lastStep(a.Bundle()), artifact.Reads())
		secret := redact.New(secrets(scope)...)
		d, ok, err := p.expected(ctx, a, artifact, scope, record, secret)
		if err != nil {
			for _, p := range problemsOf("invalid-artifact", err) {
				problems.Add(secret.Problem(p))
			}
			continue
		}
		if ok {
			made[artifact.Name] = d
		}
	}
	return made, problems.Err()
}

// expected is the document that an artifact will have; ok is false where nothing can stand
// in for what is not known of it.
func (p *planner) expected(ctx context.Context, a *assembly, artifact bundle.Artifact, scope *bundle.Scope, record *store.Instance, secret *redact.Redactor) (d document, ok bool, err error) {
	v, err := artifact.Evaluate(ctx, scope)
	switch {
	case ctx.Err() != nil:
		return document{}, false, ctx.Err()
	case v.Known() && err == nil:
		if _, err = valid(a, artifact, v, scope); err != nil {
			return document{}, false, err
		}
		return p.document(p.artifact(a.ArtifactType(artifact.Name), v.Value, secret, derived(ctx, artifact, v, scope))), true, nil
	case v.Known():
		return document{}, false, err
	}
	parts := partsOf(ctx, artifact, scope)
	if ctx.Err() != nil {
		return document{}, false, ctx.Err()
	}
	whole, ok := p.standIn(a, artifact.Name, record)
	if parts == nil {
		d = document{data: whole, mocked: []tenon.Path{{}}, sensitive: a.ArtifactType(artifact.Name).SensitiveIn(whole)}
		return d, ok, nil
	}
	return p.together(a, artifact, parts, whole, secret)
}

// partsOf are the keys of an artifact, each judged alone; nil where only the whole can be
// judged: an expression that fails on a stand-in says nothing of the real value.
func partsOf(ctx context.Context, artifact bundle.Artifact, scope *bundle.Scope) map[string]bundle.Value {
	parts, err := artifact.Parts(ctx, scope)
	if err != nil {
		return nil
	}
	return parts
}

// together makes a document of its parts, and of a stand-in for those that are not known.
func (p *planner) together(a *assembly, artifact bundle.Artifact, parts map[string]bundle.Value, whole any, secret *redact.Redactor) (document, bool, error) {
	stand, _ := whole.(map[string]any)
	data := make(map[string]any, len(parts))
	var mocked, derived []tenon.Path
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		v, at := parts[key], tenon.At(key)
		if !v.Known() {
			mocked = append(mocked, at)
		}
		if v.Sensitive {
			derived = append(derived, at)
		}
		if v.There() {
			data[key] = v.Value
		} else if part, there := stand[key]; there {
			data[key] = part
		}
	}
	t := a.ArtifactType(artifact.Name)
	var problems tenon.Problems
	for _, problem := range tenon.ProblemsOf(t.Validate(data)) {
		if path := problem.Path; path.Len() > 0 && !touches(path, mocked) { // the others may be those of the stand-in
			problems.Add(artifact.ValueProblem("invalid-artifact", artifact.Name+" will not be a valid "+t.String()+": "+path.Pointer()+": "+problem.Message, problem.Hint))
		}
	}
	if err := problems.Err(); err != nil {
		return document{}, false, err
	}
	d := p.document(p.artifact(t, data, secret, derived))
	d.sensitive, d.mocked = append(d.sensitive, derived...), mocked
	return d, true, nil
}

// standIn is a document that has the type of an artifact: the one of now, where there is
// one, because most of it stays; else one drawn from the type, the same each time. ok is
// false where the type gives none.
func (p *planner) standIn(a *assembly, artifact string, record *store.Instance) (data any, ok bool) {
	t := a.ArtifactType(artifact)
	if record != nil && record.Status != destroyed {
		if now, there := record.Artifacts[artifact]; there && t.Validate(now.Data) == nil {
			return now.Data, true
		}
	}
	sum := sha256.Sum256([]byte(a.Address() + "." + artifact))
	data, err := t.Sample(&schema.SampleOptions{Seed: binary.BigEndian.Uint64(sum[:8]), Style: schema.Maximal})
	return data, err == nil
}

// touches says that a path lies at, above or below one of others.
func touches(path tenon.Path, others []tenon.Path) bool {
	return slices.ContainsFunc(others, func(other tenon.Path) bool { return value.Overlaps(path, other) })
}

// mockedOutputs are the parts of the scope that a step planned on stand-ins gives.
func mockedOutputs(step, last string) []tenon.Path {
	paths := []tenon.Path{tenon.At("steps", step, "outputs")}
	if step == last {
		paths = append(paths, tenon.At("outputs"))
	}
	return paths
}

// MockedSlot is a slot whose artifact is not known in all its parts when a plan is made:
// the rest of it has values of its type that stand in for the real ones.
type MockedSlot struct {
	Slot  string   `json:"slot"`
	Paths []string `json:"paths"` // JSON pointers into the artifact; "" is all of it
	Rest  string   `json:"rest"`  // keyed digest of what is not a stand-in
}

// mockedSlots says what of the slots of an instance stands in for something.
func (s *session) mockedSlots(a *assembly) []MockedSlot {
	slots := []MockedSlot{}
	for _, slot := range a.Slots() {
		if !slices.Contains(a.mocks, slot.Name) {
			continue
		}
		d, m := a.slots[slot.Name], MockedSlot{Slot: slot.Name, Paths: []string{}}
		for _, path := range d.mocked {
			m.Paths = append(m.Paths, path.Pointer())
		}
		m.Rest = s.restDigest(a, slot.Name, m.Paths)
		slots = append(slots, m)
	}
	return slots
}

// restDigest covers what fills a slot but for parts of it.
func (s *session) restDigest(a *assembly, name string, parts []string) string {
	for _, slot := range a.Slots() {
		if slot.Name != name {
			continue
		}
		d, rest := a.slots[name], any(nil)
		if !slices.Contains(parts, "") {
			rest = value.Clone(d.data)
			for _, pointer := range parts {
				rest = without(rest, pointer)
			}
		}
		return s.connectionDigest(slot, rest, nil)
	}
	return ""
}
