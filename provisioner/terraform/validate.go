package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Validate says what is wrong with a step that can be known without credentials, backend
// and state: with the module, by the tool's own validate, and with the inputs that are
// given, by the rules of the module's variables. Inputs may be missing: they may not be
// known yet; the rules are then left for the plan.
func (d *Driver) Validate(ctx context.Context, req *provisioner.Request, out provisioner.Sink) error {
	if err := complete(req); err != nil {
		return err
	}
	w, err := workOf(req)
	if err != nil {
		return err
	}
	if !w.isEmpty() {
		// What lies there is the state of a run that was cut off: not to be touched.
		return fmt.Errorf("an earlier run left its state in %s: recover it first", w.root)
	}
	problems, err := d.validate(ctx, req)
	if err = w.discard(err); err != nil {
		return err
	}
	for _, problem := range problems {
		out.Send(provisioner.Event{Kind: provisioner.Diagnostic, Time: time.Now().UTC(), Message: problem.Message, Problem: &problem})
	}
	return problems.Err()
}

func (d *Driver) validate(ctx context.Context, req *provisioner.Request) (tenon.Problems, error) {
	c, err := d.look(ctx, req)
	if err != nil {
		return nil, err
	}
	problems := slices.DeleteFunc(c.problems, func(p tenon.Problem) bool { return p.Rule == ruleSettings })
	if problems.HasErrors() {
		return problems.Sorted(), nil
	}
	if err := c.work.fill(req.Files); err != nil {
		return nil, err
	}
	// Their settings are looked at, too, and nobody is asked whether they are good for anything.
	if err := c.work.writeProviders(c.tree, req.Metadata.Tags, c.providers); err != nil {
		return nil, err
	}
	a := asking{d, c.work.module, c.tree.root.Path, c.binary, d.runEnvironment(req.Run), c.secret}
	if err := d.initialize(ctx, c, req.Files, a, noBackend); err != nil {
		return nil, err
	}
	found, err := a.validate(ctx)
	problems.Add(found...)
	if err != nil || problems.HasErrors() || len(c.missing) > 0 || len(c.tree.root.Variables) == 0 {
		return problems.Sorted(), err
	}
	err = d.tryInputs(ctx, req, c)
	if wrong := tenon.ProblemsOf(err); wrong != nil {
		problems.Add(wrong...)
		err = nil
	}
	return problems.Sorted(), err
}

// validate is the tool's own.
func (a asking) validate(ctx context.Context) (tenon.Problems, error) {
	text, err := a.run(ctx, "validate", "-json", "-no-color")
	var answer struct {
		Valid       *bool        `json:"valid"`
		Diagnostics []diagnostic `json:"diagnostics"`
	}
	if json.Unmarshal(text, &answer) != nil || answer.Valid == nil {
		if err == nil {
			err = errors.New(a.d.options.Tool.program() + " validate did not say whether the module is valid")
		}
		return nil, err
	}
	var problems tenon.Problems
	for _, found := range answer.Diagnostics {
		problems.Add(a.secret.Problem(placed(found.problem(string(a.d.options.Tool), a.path), a.path)))
	}
	return problems, nil
}

// tryInputs plans the module without anything but its variables: that needs no provider,
// and the tool judges the types and rules of its variables.
func (d *Driver) tryInputs(ctx context.Context, req *provisioner.Request, c *checked) error {
	if err := c.work.onlyVariables(c.tree.root, c.inputs); err != nil {
		return err
	}
	p := &prepared{
		run:    d.newRun(c.work, operationPlan, c.tree.root.Path, c.secret, req, provisioner.Discard),
		binary: c.binary, environment: d.runEnvironment(req.Run),
	}
	return p.planInto(ctx, c.work.path(planName))
}

// onlyVariables leaves of the module in the work folder what declares its variables, at
// the places where they stand.
func (w *work) onlyVariables(m *module, inputs []byte) error {
	if err := os.RemoveAll(w.module); err != nil {
		return err
	}
	if err := os.MkdirAll(w.module, 0o700); err != nil {
		return err
	}
	for _, file := range m.files {
		text := file.variables()
		if text == nil {
			continue
		}
		if err := os.WriteFile(w.inside(path.Base(file.name)), text, 0o600); err != nil {
			return err
		}
	}
	return os.WriteFile(w.inside(inputsName), inputs, 0o600)
}
