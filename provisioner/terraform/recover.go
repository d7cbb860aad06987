package terraform

import (
	"context"
	"path"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Recover settles what a run left in the work folder whose host died: it waits for the
// tool, which goes on without its host, adopts the state that lies there, and says how
// the run ended by what the tool said last. Cancelling the context interrupts the tool.
// Both results are nil where nothing was left behind.
func (d *Driver) Recover(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	w, err := workOf(req)
	if err != nil || w.isEmpty() {
		return nil, err
	}
	record, err := w.readRecord()
	if err != nil {
		return &provisioner.Result{Outcome: provisioner.Unknown}, err
	}
	if record == nil { // no tool was started: nothing can have happened
		return nil, w.empty()
	}
	if req.State == nil {
		return &provisioner.Result{Outcome: provisioner.Unknown}, errNoState
	}
	before, err := req.State.Read(ctx)
	if err != nil {
		return &provisioner.Result{Outcome: provisioner.Unknown}, err
	}
	// The record says which folder it was: the bundle may have changed since.
	w.module = w.inFiles(record.Folder)
	r := d.newRun(w, record.Operation, path.Clean(record.Folder), d.secretsOf(req), req, out)
	r.saved, r.transcript.total = before, record.Steps
	r.follow = !record.OwnState && record.Operation != operationPlan
	id, alive := w.running(record)
	if alive {
		r.transcript.log("waiting for " + d.options.Tool.title() + ", which went on without its host")
	}
	end := r.watch(ctx, id.PID, r.attach(id))
	if record.Operation == operationPlan {
		return nil, w.empty() // a plan changes nothing
	}
	binary, err := d.binary()
	if err != nil {
		binary = "" // only a module with a state of its own would need it
	}
	p := &prepared{run: r, binary: binary, environment: d.runEnvironment(req.Run), ownState: record.OwnState}
	if at := len(record.Arguments) - 2; record.Operation == operationImport && at >= 0 {
		p.imported(req, record.Arguments[at], end)
	}
	return r.finish(ctx, end, p.binary, p.environment)
}
