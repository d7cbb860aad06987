package deploy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// settle looks at every step of which nobody knows how it ended: its driver waits for a
// tool that is still at work and adopts what was made. Only then is anything run.
func (s *session) settle(ctx context.Context) error {
	open, err := s.store.Unfinished(ctx, s.address)
	if err != nil {
		return err
	}
	for _, entry := range open {
		if err := s.look(ctx, entry); err != nil {
			return fmt.Errorf("%s %s was cut off and cannot be looked at: %w", entry.Address, entry.Step, err)
		}
	}
	return nil
}

// look settles one entry of the journal.
func (s *session) look(ctx context.Context, entry store.Entry) error {
	s.send(Event{Type: Log, Instance: entry.Address, Step: entry.Step, Message: "the last run was cut off here: looking at what it left"})
	outcome, message, err := s.recover(ctx, entry)
	if err != nil && (outcome == "" || ctx.Err() != nil) {
		return err
	}
	if outcome == entry.Outcome {
		return nil // still unknown: the next run of the step looks again
	}
	return s.lease.Outcome(context.WithoutCancel(ctx), entry.ID, outcome, message)
}

// recover asks the driver. What it finds in the end counts for the journal alone: the step
// is run again, which changes nothing where everything is made.
func (s *session) recover(ctx context.Context, entry store.Entry) (outcome, message string, err error) {
	record := s.record(entry.Address)
	step := stepOf(record, entry.Step)
	if step == nil {
		return failed, "nothing was recorded of it", nil
	}
	driver, err := s.drivers.Find(step.Driver, step.DriverVersion)
	if err != nil {
		return "", "", err
	}
	recoverer, ok := provisioner.As[provisioner.Recoverer](driver)
	if !ok {
		return failed, "its process died; the driver looks when it is run again", nil
	}
	files, err := s.filesOf(ctx, step.Files)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", "", err
	}
	// What is left lies on this machine: it is looked at also where an account is gone.
	req, _ := s.recorded(ctx, record, step, files, provisioner.Mode(entry.Action))
	out := s.listen(record.Address, step.Name, "", entry.Deployment, req)
	look := func(sink provisioner.Sink) (*provisioner.Result, error) { return recoverer.Recover(ctx, req, sink) }
	result, err := call(ctx, s.options.Abandon, out, look) // one that panics has found out nothing
	if result != nil && result.Outcome == provisioner.Unknown && ctx.Err() == nil {
		// How it ended is not to be known, but what it left is. Where nothing is left to
		// look at any more, that is all there is.
		if again, err := call(ctx, s.options.Abandon, out, look); again == nil && err == nil {
			for _, p := range result.Problems {
				out.Send(provisioner.Event{Kind: provisioner.Diagnostic, Problem: &p, Message: p.Message})
			}
			s.clean(req.WorkDir)
			return failed, "its tool died in the middle; what it had made is known", nil
		}
	}
	if err != nil && result != nil {
		out.Send(provisioner.Event{Kind: provisioner.Log, Message: "the last run: " + err.Error()})
	}
	switch {
	case ctx.Err() != nil:
		return "", "", err
	case result == nil && err != nil:
		return "", "", out.redactError(err)
	case result == nil:
		outcome, message = failed, "its process died; nothing was left behind"
	default:
		outcome, message = string(result.Outcome), "its process died; what it made is known"
		if result.Outcome == provisioner.Unknown && err != nil {
			message = "its process died, and what it made is not known: " + out.redactError(err).Error()
		}
		for _, p := range result.Problems {
			out.Send(provisioner.Event{Kind: provisioner.Diagnostic, Problem: &p, Message: p.Message})
		}
	}
	if result == nil || result.Outcome != provisioner.Unknown {
		s.clean(req.WorkDir)
	}
	return outcome, message, nil
}

// stepOf finds a step of a record; nil where there is none.
func stepOf(record *store.Instance, name string) *store.Step {
	if record == nil {
		return nil
	}
	for n := range record.Steps {
		if record.Steps[n].Name == name {
			return &record.Steps[n]
		}
	}
	return nil
}
