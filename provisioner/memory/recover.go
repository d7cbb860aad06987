package memory

import (
	"context"

	"github.com/tenon-sdk/tenon/provisioner"
)

// leave remembers what was made by a run that could not hand its state over.
func (d *Driver) leave(req *provisioner.Request, made state) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.left[place{req.Address, req.Step}] = made
}

// Recover hands over the state of a run that died. How that run ended cannot be known:
// the outcome is Unknown. Both results are nil where nothing was left behind, also after
// a new start of the program: this driver's leftovers are in memory.
func (d *Driver) Recover(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	d.mu.Lock()
	made, ok := d.left[place{req.Address, req.Step}]
	d.mu.Unlock()
	if !ok {
		return nil, nil
	}
	result := &provisioner.Result{Outcome: provisioner.Unknown, Outputs: made.Outputs}
	if err := d.begin(ctx, Recover, req); err != nil {
		return result, err
	}
	if err := write(ctx, req, made); err != nil {
		return result, err
	}
	d.mu.Lock()
	delete(d.left, place{req.Address, req.Step})
	d.mu.Unlock()
	return result, nil
}

// settle is Recover before anything new is done.
func (d *Driver) settle(ctx context.Context, req *provisioner.Request) error {
	_, err := d.Recover(ctx, req, provisioner.Discard)
	return err
}
