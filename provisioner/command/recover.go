package command

import (
	"context"
	"embed"
	"fmt"

	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Recover settles what a run left in the work folder: it waits for a program that goes on
// without its host, takes what it wrote, and says how it ended. Cancelling the context asks
// the program to stop. Both results are nil where nothing was left behind.
func (d *Driver) Recover(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	w, err := workOf(req)
	if err != nil || folder.IsEmpty(w.root) {
		return nil, err
	}
	unknown := &provisioner.Result{Outcome: provisioner.Unknown}
	record, err := w.readRecord()
	if err != nil {
		return unknown, err
	}
	if record == nil { // no program was started: nothing can have happened
		return nil, w.discard(nil)
	}
	taken, err := w.take(record)
	if err != nil {
		return unknown, err
	}
	if taken { // its program was not started, and will not be
		return nil, w.discard(nil)
	}
	asked := *req
	if asked.Files == nil { // they are not needed: what is left lies in the work folder
		asked.Files = embed.FS{}
	}
	j, err := d.job(&asked, out)
	if err != nil {
		return unknown, err
	}
	if req.State == nil {
		return unknown, errNoState
	}
	if j.text, err = req.State.Read(context.WithoutCancel(ctx)); err != nil {
		return unknown, err
	}
	begun, err := readState(j.text)
	if err != nil {
		return unknown, err
	}
	j.before = begun
	j.learn()
	j.program = &program{command: []string{"the program's"}, stdio: record.Stdio}
	r := j.newRun(record)
	id, alive := w.running(record)
	if record.Action != Apply && record.Action != Destroy || begun == nil {
		_ = process.KillGroup(id.PID) // it changes nothing, or its end was kept already
		process.KillMarked(record.Mark)
		return nil, w.discard(nil)
	}
	if alive {
		r.log("waiting for the program, which went on without its host")
	}
	r.watch(ctx, id.PID, attach(id))
	if err := ctx.Err(); err != nil {
		if _, ended := w.status(); !ended {
			return unknown, fmt.Errorf("the recovery was interrupted: %w", err)
		}
	}
	return r.finish(ctx, begun, true)
}
