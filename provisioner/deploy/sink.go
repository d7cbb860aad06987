package deploy

import (
	"errors"
	"path"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// listener turns what the driver of one step says into events of the run: without secrets,
// with files named as the caller names them.
type listener struct {
	engine                     *Engine
	deployment, instance, step string
	dir                        string // of the bundle; empty where only the records have it
	secret                     *redact.Redactor
}

// listen makes the sink of a step. Drivers keep secrets out of what they say; the values
// that the engine knows to be secret are taken out once more.
func (e *Engine) listen(instance, step, dir, deployment string, req *provisioner.Request) *listener {
	var secrets []any
	for _, name := range req.Secret {
		secrets = append(secrets, req.Inputs[name])
	}
	for _, output := range req.Outputs {
		if output.Sensitive {
			secrets = append(secrets, output.Value)
		}
	}
	for _, provider := range req.Providers {
		secrets = append(secrets, provider.Secrets()...)
	}
	return &listener{e, deployment, instance, step, dir, redact.New(secrets...)}
}

// Send passes an event on.
func (l *listener) Send(e provisioner.Event) {
	event := Event{
		Time: e.Time, Type: string(e.Kind), Deployment: l.deployment, Instance: l.instance, Step: l.step,
		Resource: l.secret.Text(e.Resource), Action: string(e.Action), Message: l.secret.Text(e.Message), Elapsed: e.Elapsed.Seconds(),
	}
	if e.Problem != nil {
		p := l.place(*e.Problem)
		event.Problem = &p
	}
	l.engine.send(event)
}

func (l *listener) place(p tenon.Problem) tenon.Problem {
	p = l.secret.Problem(p)
	if p.File != "" && l.dir != "" {
		p.File = path.Join(l.dir, p.File)
	}
	return p
}

// hide gives changes without values that hold secrets.
func (l *listener) hide(changes []provisioner.Change) []provisioner.Change {
	hidden := make([]provisioner.Change, len(changes))
	for i, change := range changes {
		hidden[i] = change.Hide(l.secret.Holds)
	}
	return hidden
}

// redactError is err without secrets, its problems placed. What it is can still be asked.
func (l *listener) redactError(err error) error {
	if err == nil {
		return nil
	}
	clean := &stepError{text: l.secret.Text(err.Error()), err: err}
	for _, p := range tenon.ProblemsOf(err) {
		clean.problems.Add(l.place(p))
	}
	return clean
}

// stepError is an error of a driver. errors.Is asks the driver's error, errors.As opens
// only the problems: other errors could hold what must not be shown.
type stepError struct {
	text     string
	problems tenon.Problems
	err      error
}

func (e *stepError) Error() string {
	if len(e.problems) > 0 {
		return e.problems.Error()
	}
	return e.text
}

// Is asks the driver's error.
func (e *stepError) Is(target error) bool { return errors.Is(e.err, target) }

// As opens the problems, and the errors of package provisioner, which hold no values.
func (e *stepError) As(target any) bool {
	switch target := target.(type) {
	case *tenon.Problems:
		if len(e.problems) > 0 {
			*target = e.problems
			return true
		}
	case **provisioner.ToolMissingError:
		return errors.As(e.err, target)
	case **provisioner.Error:
		var classed *provisioner.Error
		if errors.As(e.err, &classed) {
			*target = &provisioner.Error{Class: classed.Class, After: classed.After, Err: errors.New(e.text)}
			return true
		}
	}
	return false
}
