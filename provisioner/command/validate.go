package command

import (
	"context"
	"fmt"
	"time"

	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Validate says what is wrong with a step without its state: with its config and program,
// and by the program's own validate where it has that.
func (d *Driver) Validate(ctx context.Context, req *provisioner.Request, out provisioner.Sink) error {
	j, err := d.job(req, out)
	if err != nil {
		return err
	}
	if !folder.IsEmpty(j.work.root) {
		return fmt.Errorf("an earlier run left its state in %s: recover it first", j.work.root)
	}
	if err := j.ready(); err != nil {
		return err
	}
	if !j.program.can(Validate) {
		return nil
	}
	a, err := j.ask(ctx, Validate)
	if err != nil {
		return err
	}
	for _, p := range a.problems.Warnings() {
		out.Send(provisioner.Event{Kind: provisioner.Diagnostic, Time: time.Now().UTC(), Message: p.Message, Problem: &p})
	}
	return nil
}
