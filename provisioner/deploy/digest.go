package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/internal/value"
)

// files are those of a bundle, as they were read once.
type files struct {
	fs     fs.FS
	digest string
}

// snapshots keeps the files of bundles during a run: what is digested, recorded and run is
// the same.
type snapshots struct {
	mu    sync.Mutex
	known map[*bundle.Bundle]files
}

// snapshot reads a bundle's files, once in a session.
func (s *session) snapshot(b *bundle.Bundle) (files, error) {
	s.snapshots.mu.Lock()
	defer s.snapshots.mu.Unlock()
	if known, ok := s.snapshots.known[b]; ok {
		return known, nil
	}
	plain, digest, err := b.Snapshot()
	if err != nil {
		return files{}, err
	}
	if s.snapshots.known == nil {
		s.snapshots.known = map[*bundle.Bundle]files{}
	}
	s.snapshots.known[b] = files{plain, digest}
	return files{plain, digest}, nil
}

// digest gives the parts of an assembly their digests. Those that may hold a secret are
// keyed, so that nobody can guess it from them.
func (s *session) digest(a *assembly) {
	a.parts = map[string]string{
		"files":     a.files.digest,
		"params":    s.mac(a.scope.Params),
		"metadata":  s.mac(a.scope.Metadata),
		"protected": s.mac(s.env.Protected()), // which the record says
	}
	for _, slot := range a.Slots() {
		if document, known := a.scope.Connections[slot.Name]; known && !slices.Contains(a.mocks, slot.Name) {
			a.parts["connection "+slot.Name] = s.connectionDigest(slot, document, a.slots[slot.Name].sensitive)
		}
	}
	for _, artifact := range a.Bundle().Artifacts {
		t := a.ArtifactType(artifact.Name) // another version, or other words, may refuse what was valid
		a.parts["artifact "+artifact.Name] = s.mac([]any{t.String(), t.Schema()})
	}
	if !slices.Contains(a.scope.Unknown, policyPath) && !slices.Contains(a.scope.Mocked, policyPath) {
		a.parts["access"] = s.mac(a.scope.Access)
	}
	for name, secret := range a.secrets {
		a.parts["secret "+name] = s.mac(secret)
	}
	for _, step := range a.Bundle().Steps {
		a.parts["step "+step.Name] = s.mac(map[string]any{
			"driver": step.Driver, "version": step.DriverVersion, "tool": minor(a.tools[step.Name]), "config": step.Config,
		})
	}
	if len(a.scope.Unknown)+len(a.scope.Mocked) == 0 {
		a.digest = s.mac(a.parts)
	}
}

// connectionDigest covers what fills a slot, and what of it is secret: its type says so, or
// the module that made it.
func (s *session) connectionDigest(slot graph.Slot, document any, sensitive []tenon.Path) string {
	var schema any
	if slot.Type != nil {
		schema = slot.Type.Schema()
	}
	var secret []string
	for _, path := range sensitive {
		secret = append(secret, path.Pointer())
	}
	slices.Sort(secret)
	return s.mac([]any{slot.From, document, schema, slices.Compact(secret)})
}

// stepDigest covers everything that a run of a step depends on.
func (s *session) stepDigest(a *assembly, step bundle.Step, in inputs) string {
	parts := map[string]any{
		"files": a.files.digest, "path": step.Path, "metadata": a.parts["metadata"], "step": a.parts["step "+step.Name], "inputs": in.values,
	}
	if len(in.providers) > 0 {
		parts["providers"] = accountDigest(in.providers)
	}
	return s.mac(parts)
}

// mac is the keyed digest of a document.
func (s *session) mac(document any) string {
	normal, err := value.Normal(document)
	if err != nil {
		panic(fmt.Sprintf("deploy: %v", err)) // documents have been checked where they came in
	}
	return s.store.MAC(s.project, value.Canonical(normal))
}

// projectOf is the first part of an address.
func projectOf(address string) string {
	project, _, _ := strings.Cut(address, "/")
	return project
}

// keep records the files of a bundle, once in a session.
func (s *session) keep(ctx context.Context, f files) error {
	return s.store.PutFiles(ctx, f.digest, f.fs)
}

// encode writes a value of this package as JSON.
func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("deploy: %v", err)) // it has only what JSON can write
	}
	return text
}
