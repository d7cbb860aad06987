package terraform

import (
	"context"
	"errors"
	"fmt"

	"github.com/tenon-sdk/tenon/provisioner"
)

// begin looks at what a request lacks, deals with what an earlier run left behind, and
// gives the state of the last run.
func (d *Driver) begin(ctx context.Context, req *provisioner.Request, out provisioner.Sink) ([]byte, error) {
	if err := complete(req); err != nil {
		return nil, err
	}
	if req.State == nil {
		return nil, errNoState
	}
	if err := d.settle(ctx, req, out); err != nil {
		return nil, err
	}
	return req.State.Read(ctx)
}

var errNoState = errors.New("the request has no state to read and write")

// complete says what is missing in a request, or means nothing here.
func complete(req *provisioner.Request) error {
	switch {
	case req.Files == nil:
		return errors.New("the request has no files")
	case req.Mode != "" && req.Mode != provisioner.Apply && req.Mode != provisioner.Destroy:
		return fmt.Errorf("mode %q: %w", req.Mode, provisioner.ErrUnsupported)
	}
	return nil
}
