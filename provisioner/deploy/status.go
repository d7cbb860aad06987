package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Status is what is there of an environment.
type Status struct {
	Instances []InstanceStatus `json:"instances"` // in order, then those that have left the files
}

// InstanceStatus is what is there of an instance. Sensitive values are redacted.
type InstanceStatus struct {
	ID         string                    `json:"id"`     // address
	Status     string                    `json:"status"` // new, deployed, failed, unknown, destroyed
	Bundle     string                    `json:"bundle"`
	Version    string                    `json:"version"`    // of the bundle, as last applied; of the files for a new one
	DeployedAt *time.Time                `json:"deployedAt"` // null where it never was
	Artifacts  map[string]StatusArtifact `json:"artifacts"`
	Env        map[string]string         `json:"env"` // of its app
}

// StatusArtifact is an artifact with its sensitive values redacted.
type StatusArtifact struct {
	Type string `json:"type"` // postgresql@1.2.0
	Data any    `json:"data"`
}

// Status tells what was last applied of each instance. It takes no lock: while a run goes
// on, it tells what the run has recorded so far.
func (e *Engine) Status(ctx context.Context, env *graph.Environment) (*Status, error) {
	return e.status(ctx, env, statusOf)
}

// Reveal is Status with the plain values, for a person who has a reason. The audit has the
// reveal before anybody sees a value; where it cannot be written, nothing is shown.
func (e *Engine) Reveal(ctx context.Context, env *graph.Environment, reason string) (*Status, error) {
	if reason == "" {
		return nil, errors.New("values are revealed only for a reason")
	}
	event := store.AuditEvent{Who: e.options.RequestedBy, What: "reveal", Address: env.Address(), Reason: reason}
	if err := e.store.Audit(ctx, event); err != nil {
		return nil, err
	}
	return e.status(ctx, env, revealed)
}

func (e *Engine) status(ctx context.Context, env *graph.Environment, of func(*artifacts.Catalog, *store.Instance) InstanceStatus) (*Status, error) {
	records, err := e.store.Instances(ctx, env.Address())
	if err != nil {
		return nil, err
	}
	byAddress := make(map[string]*store.Instance, len(records))
	for n := range records {
		byAddress[records[n].Address] = &records[n]
	}
	status := &Status{Instances: []InstanceStatus{}}
	for _, i := range env.Instances() {
		record := byAddress[i.Address()]
		delete(byAddress, i.Address())
		if record == nil {
			record = &store.Instance{Address: i.Address(), Status: "new", Bundle: i.Bundle().Name, Version: i.Bundle().Version}
		}
		status.Instances = append(status.Instances, of(env.Catalog(), record))
	}
	for n := range records {
		if _, left := byAddress[records[n].Address]; left {
			status.Instances = append(status.Instances, of(env.Catalog(), &records[n]))
		}
	}
	return status, nil
}

func statusOf(catalog *artifacts.Catalog, record *store.Instance) InstanceStatus {
	s := InstanceStatus{
		ID: record.Address, Status: record.Status, Bundle: record.Bundle, Version: record.Version,
		Artifacts: map[string]StatusArtifact{}, Env: map[string]string{},
	}
	if !record.Applied.IsZero() {
		s.DeployedAt = &record.Applied
	}
	for name, a := range record.Artifacts {
		data := artifactOf(catalog, a).Redacted()
		for _, path := range marked(a) {
			data = value.Set(data, path, artifacts.Redacted)
		}
		s.Artifacts[name] = StatusArtifact{Type: a.Type + "@" + a.Version, Data: data}
	}
	for name, variable := range record.Env {
		s.Env[name] = variable.Value
		if variable.Secret {
			s.Env[name] = artifacts.Redacted
		}
	}
	return s
}

// revealed is the status with plain values.
func revealed(catalog *artifacts.Catalog, record *store.Instance) InstanceStatus {
	s := statusOf(catalog, record)
	for name, a := range record.Artifacts {
		s.Artifacts[name] = StatusArtifact{Type: s.Artifacts[name].Type, Data: a.Data}
	}
	for name, variable := range record.Env {
		s.Env[name] = variable.Value
	}
	return s
}
