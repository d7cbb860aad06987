package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// job is one call of the driver.
type job struct {
	d       *Driver
	req     *provisioner.Request // a copy
	work    *work
	program *program
	secret  *redact.Redactor // all that must not be told
	whole   *redact.Redactor // of that, what is a secret as a whole, and not the artifact that holds one
	out     provisioner.Sink
	text    []byte // the state of the last run
	before  *kept
	planned json.RawMessage // plan.json of a saved plan
	unmade  bool            // what was there was destroyed, to be made anew
}

// begin looks at what a request lacks, deals with what an earlier run left behind, and reads
// the state.
func (d *Driver) begin(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*job, error) {
	j, err := d.job(req, out)
	if err != nil {
		return nil, err
	}
	if req.State == nil {
		return nil, errNoState
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s was interrupted: %w", j.req.Mode, err)
	}
	if !folder.IsEmpty(j.work.root) {
		result, err := d.Recover(ctx, req, out)
		if result != nil && result.Outcome == provisioner.Unknown || ctx.Err() != nil {
			return nil, fmt.Errorf("an earlier run is not settled: %w", err)
		}
	}
	if j.text, err = req.State.Read(ctx); err != nil {
		return nil, err
	}
	if j.before, err = readState(j.text); err != nil {
		return nil, err
	}
	return j, nil
}

var errNoState = errors.New("the request has no state to read and write")

// job looks at a request alone.
func (d *Driver) job(req *provisioner.Request, out provisioner.Sink) (*job, error) {
	switch {
	case req.Files == nil:
		return nil, errors.New("the request has no files")
	case req.Mode.Check() != nil:
		return nil, req.Mode.Check()
	}
	w, err := workOf(req)
	if err != nil {
		return nil, err
	}
	j := &job{d: d, req: &provisioner.Request{}, work: w, out: out, program: &program{}}
	*j.req = *req
	if j.req.Mode == "" {
		j.req.Mode = provisioner.Apply
	}
	inputs, err := value.Normal(any(req.Inputs))
	if err != nil {
		return nil, fmt.Errorf("the inputs are no documents: %w", err)
	}
	if j.req.Inputs, _ = inputs.(map[string]any); j.req.Inputs == nil {
		j.req.Inputs = map[string]any{}
	}
	j.learn()
	return j, nil
}

// learn finds out what must never be shown: secret inputs, sensitive outputs of the last
// run, credentials, secret-looking variables of the environment.
func (j *job) learn() {
	whole, secrets := slices.Clone(j.d.secrets), []any{}
	for _, name := range j.req.Secret {
		if slices.Contains(j.req.Connections, name) {
			secrets = append(secrets, j.req.Inputs[name])
		} else {
			whole = append(whole, j.req.Inputs[name])
		}
	}
	for _, outputs := range []map[string]provisioner.Output{j.req.Outputs, j.before.outputs()} {
		for _, output := range outputs {
			if output.Sensitive {
				secrets = append(secrets, output.Value)
			}
		}
	}
	if j.before != nil {
		for _, name := range j.before.Secret {
			secrets = append(secrets, j.before.Inputs[name])
		}
	}
	for _, provider := range j.req.Providers {
		whole = append(whole, provider.Secrets()...)
	}
	j.secret, j.whole = redact.New(append(secrets, whole...)...), redact.New(whole...)
}

// ready finds what is wrong with the step before its program is run.
func (j *job) ready() error {
	j.learn()
	if j.req.Version != "" {
		return &provisioner.ToolMissingError{Tool: "command", Version: j.req.Version, Cure: "leave the version out: programs have none that this driver knows"}
	}
	var err error
	if j.program, err = j.d.program(j.req); err != nil {
		return err
	}
	if j.program.can(Replace) {
		return nil
	}
	for _, address := range j.req.Replace {
		if j.program.can(Plan) || address != j.req.Step {
			hint := "a step is one resource of its name, " + j.req.Step
			if j.program.can(Plan) {
				hint = "the program does not list the action replace"
			}
			return tenon.Problems{{Rule: "unknown-resource", Message: fmt.Sprintf("there is no resource %q that can be replaced", address), Hint: hint}}
		}
	}
	return nil
}

// tell sends an event of a resource.
func (j *job) tell(kind provisioner.EventKind, c provisioner.Change, word string, elapsed time.Duration) {
	address := j.secret.Text(c.Address)
	j.out.Send(provisioner.Event{Kind: kind, Time: time.Now().UTC(), Resource: address, Action: c.Action, Elapsed: elapsed, Message: address + ": " + word})
}
