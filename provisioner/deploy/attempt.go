package deploy

import (
	"context"
	"errors"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// start of an instance in a run.
type start struct {
	at             time.Time // for the records
	clock          time.Time // to measure by
	bundle         reference // what an instance that is destroyed was made of is forgotten before its end is told
	action, reason string
}

// reference is a bundle's name and version.
type reference struct{ name, version string }

// String is NAME@VERSION; empty where it is not known.
func (r reference) String() string {
	if r.name == "" {
		return ""
	}
	return r.name + "@" + r.version
}

// bundleOf names what an instance is made of: what the files say, else what was recorded of
// one that is about to go.
func (s *session) bundleOf(address string) reference {
	if s.env != nil {
		if i := s.env.Instance(address); i != nil {
			return reference{i.Bundle().Name, i.Bundle().Version}
		}
	}
	if record := s.record(address); record != nil {
		return reference{record.Bundle, record.Version}
	}
	return reference{}
}

// attempt is what the records keep of what the run does with an instance. The errors of
// instances hold no secret.
func (r *run) attempt(address, status string, err error) store.Attempt {
	r.mutex.Lock()
	began, ok := r.began[address]
	r.mutex.Unlock()
	if !ok { // it failed before it was begun
		began = start{bundle: r.bundleOf(address), action: string(provisioner.Apply)}
		if r.env == nil || r.env.Instance(address) == nil {
			began.action = string(provisioner.Destroy)
		}
	}
	a := store.Attempt{
		Deployment: r.result.Deployment, Instance: address, Bundle: began.bundle.name, Version: began.bundle.version,
		Action: began.action, Status: status, Reason: began.reason, Started: began.at,
	}
	if err != nil {
		a.Message, a.Problems = err.Error(), tenon.ProblemsOf(err)
	}
	return a
}

// endOf tells an attempt that a cancel cut short from one that failed.
func endOf(status string, err error) string {
	switch {
	case status == unknown:
		return store.Unknown
	case errors.Is(err, context.Canceled):
		return store.Canceled
	}
	return store.Failed
}
