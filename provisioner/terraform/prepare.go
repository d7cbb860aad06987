package terraform

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// prepared is a request whose work folder is filled, so that the tool can be started.
type prepared struct {
	*run
	binary      string
	environment []string
	ownState    bool  // the module keeps its state itself
	before      state // what was there before
}

// checked is a request that was looked at, before anything is written.
type checked struct {
	work      *work
	tree      *tree
	inputs    []byte
	backend   backend
	binary    string
	secret    *redact.Redactor
	providers []configured
	missing   tenon.Problems // variables without a value
	problems  tenon.Problems // everything else
}

// check finds every mistake of the request that can be found without the tool, and the
// tool itself.
func (d *Driver) check(ctx context.Context, req *provisioner.Request) (*checked, error) {
	c, err := d.look(ctx, req)
	if err != nil {
		return nil, err
	}
	return c, append(c.problems, c.missing...).Err()
}

func (d *Driver) look(ctx context.Context, req *provisioner.Request) (*checked, error) {
	c := &checked{secret: d.secretsOf(req)}
	var err error
	if c.work, err = workOf(req); err != nil {
		return nil, err
	}
	if c.binary, _, err = d.tool(ctx, req.Version); err != nil {
		return nil, err
	}
	if c.tree, err = d.loadTree(req.Files, req.Path); err != nil {
		return nil, err
	}
	c.backend, c.problems = d.backend(c.tree.root, req)
	inputs, undeclared, missing := c.tree.root.variables(req)
	c.inputs, c.missing = inputs, missing
	c.problems.Add(undeclared...)
	configured, wrong := c.tree.providers(req)
	c.providers = configured
	c.problems.Add(wrong...)
	return c, nil
}

// prepare fills the work folder for a run. Where it fails it leaves nothing in it.
func (d *Driver) prepare(ctx context.Context, req *provisioner.Request, c *checked, operation string, stateBefore []byte, out provisioner.Sink) (_ *prepared, err error) {
	defer func() {
		if err != nil {
			err = errors.Join(err, c.work.empty())
		}
	}()
	p := &prepared{
		run:    d.newRun(c.work, operation, c.tree.root.Path, c.secret, req, out),
		binary: c.binary, environment: d.runEnvironment(req.Run), ownState: c.backend.own,
	}
	before, err := parseState(stateBefore)
	if err != nil {
		return nil, err
	}
	if before != nil {
		p.before = *before
	}
	p.saved = stateBefore
	p.follow = !c.backend.own && operation != operationPlan
	if err := c.work.fill(req.Files); err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.work.inside(inputsName), c.inputs, 0o600); err != nil {
		return nil, err
	}
	if !c.backend.own {
		if err := c.work.writeState(stateBefore); err != nil {
			return nil, err
		}
	}
	if err := c.work.writeProviders(c.tree, req.Metadata.Tags, c.providers); err != nil {
		return nil, err
	}
	var arguments []string
	if c.backend.config != nil {
		if err := os.WriteFile(c.work.inside(backendName), c.backend.config, 0o600); err != nil {
			return nil, err
		}
		arguments = append(arguments, "-backend-config="+backendName)
	}
	return p, d.initialize(ctx, c, req.Files, p.short(), arguments...)
}

const (
	operationPlan    = "plan"
	operationApply   = "apply"
	operationDestroy = "destroy"
	operationImport  = "import"
)

// settle deals with what an earlier run left in the work folder, before a new one.
func (d *Driver) settle(ctx context.Context, req *provisioner.Request, out provisioner.Sink) error {
	w, err := workOf(req)
	if err != nil || w.isEmpty() {
		return err
	}
	result, err := d.Recover(ctx, req, out)
	if result == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if !w.isEmpty() { // its state could not be kept: nothing may be done on an older one
		return fmt.Errorf("an earlier run left its state in %s: %w", w.root, err)
	}
	return nil // how that run ended matters no more: its state is what counts
}

// discard empties the work folder after a run that left nothing to look at.
func (w *work) discard(err error) error {
	if failed := w.empty(); failed != nil && !errors.Is(failed, fs.ErrNotExist) {
		return errors.Join(err, failed)
	}
	return err
}
