package memory

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Apply makes, changes or removes the step's one resource.
func (d *Driver) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Failed, Outputs: maps.Clone(req.Outputs)}
	if err := d.settle(ctx, req); err != nil {
		return result, err
	}
	result.Untouched = true // until it is begun
	before, err := read(ctx, req)
	if err != nil {
		return result, err
	}
	result.Outputs = before.Outputs
	var after state
	if req.Saved != nil {
		after, err = restore(req.Saved, before)
	} else {
		after, err = d.wanted(req)
	}
	if err != nil {
		return result, err
	}
	operation := Apply
	if req.Mode == provisioner.Destroy {
		operation = Destroy
	}
	c, began := change(req, before, after), time.Now()
	send := func(kind provisioner.EventKind, word string) {
		if c.Action.Changes() {
			out.Send(provisioner.Event{
				Kind: kind, Time: time.Now().UTC(), Resource: c.Address, Action: c.Action, Elapsed: time.Since(began),
				Message: c.Address + ": " + string(c.Action) + " " + word,
			})
		}
	}
	send(provisioner.ResourceStarted, "begins")
	result.Untouched = false
	switch err := d.begin(ctx, operation, req); {
	case errors.Is(err, ErrDied):
		d.leave(req, after)
		result.Outcome = provisioner.Unknown
		return result, err
	case err != nil:
		send(provisioner.ResourceFailed, "failed")
		result.Untouched = tenon.ProblemsOf(err) != nil // a person's mistake is found before anything is done
		return result, err
	}
	if err := write(ctx, req, after); err != nil {
		d.leave(req, after)
		result.Outcome = provisioner.Unknown
		return result, fmt.Errorf("the state cannot be kept: %w", err)
	}
	send(provisioner.ResourceFinished, "complete")
	result.Outcome, result.Outputs = provisioner.Done, after.Outputs
	if c.Action.Changes() {
		result.Changes = []provisioner.Change{c}
	}
	return result, nil
}
