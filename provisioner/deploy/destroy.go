package deploy

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// DestroyOptions for Destroy; nil is the zero value.
type DestroyOptions struct {
	Unprotect bool // destroy a protected environment, too
}

// ProtectedError is a destroy of an environment that is protected.
type ProtectedError struct{ Environment string }

func (e *ProtectedError) Error() string {
	return e.Environment + " is protected: it is destroyed only with an explicit override (--unprotect), or once it was deployed with protected: false"
}

// InUseError is a destroy of what instances of other environments still use.
type InUseError struct {
	Users map[string][]string // address of an instance → addresses of the artifacts that it uses
}

func (e *InUseError) Error() string {
	var parts []string
	for _, user := range slices.Sorted(maps.Keys(e.Users)) {
		parts = append(parts, fmt.Sprintf("%s is used by %s", strings.Join(e.Users[user], ", "), user))
	}
	return strings.Join(parts, "; ") + ": destroy or change the users first"
}

// Destroy destroys what was last applied to an environment, with the bundle files and
// inputs of then, users before what they use. Steps marked keepOnDestroy stay. It refuses a
// protected environment (*ProtectedError), and one whose artifacts are used from outside
// (*InUseError). Run and error are as Deploy's.
func (e *Engine) Destroy(ctx context.Context, environment string, opts *DestroyOptions) (*Run, error) {
	if opts == nil {
		opts = &DestroyOptions{}
	}
	s, err := e.open(ctx, environment, "destroy")
	if err != nil {
		return nil, err
	}
	defer s.close()
	for _, record := range s.records {
		if record.Protected && !opts.Unprotect {
			return nil, &ProtectedError{environment}
		}
	}
	if err := s.choose(e.only); err != nil {
		return nil, err
	}
	if err := s.unusedOutside(ctx); err != nil {
		return nil, err
	}
	return s.destroy(ctx, func() error { return s.choose(e.only) })
}

// unusedOutside refuses to take what instances of other environments use.
func (s *session) unusedOutside(ctx context.Context) error {
	users, err := s.store.Users(ctx, s.address)
	if err != nil {
		return err
	}
	for user, used := range users {
		used = slices.DeleteFunc(used, func(artifact string) bool { return !s.chosen.has(instanceOf(artifact)) })
		if users[user] = used; len(used) == 0 {
			delete(users, user)
		}
	}
	if len(users) > 0 {
		return &InUseError{users}
	}
	return nil
}

func (s *session) destroy(ctx context.Context, choose func() error) (*Run, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	if err := choose(); err != nil {
		return nil, err
	}
	records := s.remains()
	if err := s.closed(records); err != nil {
		return nil, err
	}
	r := s.newRun(nil)
	return r.carryOut(ctx, "destroy", r.deletions(records, nil))
}

// deletions are the nodes that delete records: each after all who use it. alive are the
// nodes of instances that stay; those that used it let go of it first.
func (r *run) deletions(records []*store.Instance, alive map[string]*node) []*node {
	nodes := make(map[string]*node, len(records))
	var order []*node
	byAddress := make(map[string]*store.Instance, len(records))
	for _, record := range records {
		byAddress[record.Address] = record
	}
	users := map[string][]string{}
	for _, address := range r.addresses() {
		for _, producer := range r.record(address).DependsOn {
			users[producer] = append(users[producer], address)
		}
	}
	// Records of different times could disagree into a cycle; visiting breaks it where it
	// is met, because there is no right order then.
	visiting := map[string]bool{}
	var visit func(record *store.Instance) *node
	visit = func(record *store.Instance) *node {
		if n := nodes[record.Address]; n != nil {
			return n
		}
		visiting[record.Address] = true
		n := &node{
			id: record.Address, do: func(ctx context.Context) bool { return r.delete(ctx, record) }, block: r.blocks(record.Address),
			weight: r.weigh(record.Address, provisioner.Destroy),
		}
		for _, user := range users[record.Address] {
			if other := byAddress[user]; other != nil && !visiting[user] {
				n.needs = append(n.needs, visit(other))
			} else if alive[user] != nil {
				n.needs = append(n.needs, alive[user])
			}
		}
		visiting[record.Address] = false
		nodes[record.Address] = n
		order = append(order, n)
		return n
	}
	for _, record := range records {
		visit(record)
	}
	return order
}

// delete destroys an instance from what was last applied.
func (r *run) delete(ctx context.Context, record *store.Instance) bool {
	reason := "the environment is destroyed"
	if r.chosen != nil {
		reason = "it is to be destroyed"
	}
	if r.env != nil {
		reason = "it is not among the instances any more"
		if err := r.unused(ctx, record.Address); err != nil {
			return r.failed(ctx, record.Address, record, false, err)
		}
	}
	r.started(record.Address, provisioner.Destroy, reason)
	left := *record
	left.Steps = slices.Clone(record.Steps)
	left.Artifacts, left.Env = nil, nil // nobody takes what is about to go
	kept := false
	for n := len(left.Steps) - 1; n >= 0; n-- {
		step := &left.Steps[n]
		if step.KeepOnDestroy {
			kept = kept || step.Status != ""
			continue
		}
		if err := r.unmake(ctx, &left, step); err != nil {
			if sameSteps(left.Steps, record.Steps) { // nothing has gone
				left.Artifacts, left.Env = record.Artifacts, record.Env
			}
			return r.failed(ctx, record.Address, &left, true, err)
		}
	}
	after := context.WithoutCancel(ctx)
	var err error
	if kept {
		left.Status, left.Digest, left.DependsOn, left.Uses = destroyed, "", nil, nil
		err = r.lease.SaveInstance(after, left, r.attempt(record.Address, store.Succeeded, nil))
	} else {
		err = r.lease.Forget(after, record.Address, r.attempt(record.Address, store.Succeeded, nil))
	}
	if err != nil {
		return r.failed(ctx, record.Address, &left, false, err)
	}
	if kept {
		r.remember(&left)
	} else {
		r.forget(record.Address)
	}
	r.finished(record.Address, provisioner.Destroy)
	return true
}

// unused refuses to delete what instances of other environments use.
func (r *run) unused(ctx context.Context, address string) error {
	all, err := r.store.Users(ctx, r.address)
	if err != nil {
		return err
	}
	users := map[string][]string{}
	for user, used := range all {
		for _, artifact := range used {
			if instanceOf(artifact) == address {
				users[user] = append(users[user], artifact)
			}
		}
	}
	if len(users) > 0 {
		return &InUseError{users}
	}
	return nil
}

// unmake destroys a step with the files and inputs that it was last applied with.
func (r *run) unmake(ctx context.Context, record *store.Instance, step *store.Step) error {
	if step.Status == "" || step.Status == destroyed {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	driver, err := r.drivers.Find(step.Driver, step.DriverVersion)
	if err != nil {
		return fmt.Errorf("%s: %w", step.Name, err)
	}
	files, err := r.filesOf(ctx, step.Files)
	if err != nil {
		return fmt.Errorf("%s: %w", step.Name, err)
	}
	req, err := r.recorded(ctx, record, step, files, provisioner.Destroy)
	if err != nil {
		return err
	}
	if err := r.passRemoval(ctx, driver, record, step, req); err != nil {
		return fmt.Errorf("%s: %w", step.Name, err)
	}
	// Its files are those in the records; the ones on disk may be others by now.
	return r.execute(ctx, driver, record, step, *step, req, record.Bundle+"@"+record.Version)
}
