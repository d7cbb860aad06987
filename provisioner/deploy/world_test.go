//go:build unix

package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// world is a driver whose things outlive every process: a file for each, and a ledger with
// a line for all that happens to them. It is as careless as a driver may be: it looks at
// what a dead run left behind only in Recover, and an Apply that comes without one is
// "blind" in the ledger. So is one that is not in the journal yet.
type world struct {
	folder string
	point  func() // may not return: the host dies here
	store  *store.Store
}

type thing struct {
	ID     string
	Inputs map[string]any
}

func (w *world) Plan(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Plan, error) {
	before, err := w.known(ctx, req)
	if err != nil {
		return nil, err
	}
	plan := &provisioner.Plan{}
	switch {
	case req.Mode == provisioner.Destroy && before != nil:
		plan.Changes = []provisioner.Change{{Address: req.Step, Type: "thing", Action: provisioner.Delete}}
	case before == nil:
		plan.Changes = []provisioner.Change{{Address: req.Step, Type: "thing", Action: provisioner.Create}}
	case !same(before.Inputs, req.Inputs):
		plan.Changes = []provisioner.Change{{Address: req.Step, Type: "thing", Action: provisioner.Update}}
	}
	return plan, nil
}

func (w *world) Apply(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Failed}
	if left, err := os.ReadDir(req.WorkDir); err == nil && len(left) > 0 {
		w.note("blind", req)
	}
	if open, err := w.inJournal(ctx, req); err != nil || !open {
		w.note("blind: not in the journal", req)
	}
	before, err := w.known(ctx, req)
	if err != nil {
		return result, err
	}
	w.point() // nothing has happened
	if err := os.MkdirAll(req.WorkDir, 0o700); err != nil {
		return result, err
	}
	if req.Mode == provisioner.Destroy {
		if before != nil {
			if err := w.begin(req); err != nil {
				return result, err
			}
			err := act(func() error { return os.Remove(w.file(req)) }, func() { w.note("delete", req) })
			if err != nil {
				return result, err
			}
			w.point() // it is gone, and nobody knows
		}
		return w.settle(ctx, req)
	}
	if before == nil || !same(before.Inputs, req.Inputs) {
		if err := w.begin(req); err != nil {
			return result, err
		}
		word := "update"
		if before == nil {
			word = "create"
		}
		text, err := json.Marshal(thing{ID: req.Address + "/" + req.Step, Inputs: req.Inputs})
		if err != nil {
			return result, err
		}
		if err := act(func() error { return os.WriteFile(w.file(req), text, 0o600) }, func() { w.note(word, req) }); err != nil {
			return result, err
		}
		w.point() // it is there, and nobody knows
	}
	return w.settle(ctx, req)
}

// Recover brings what is there into the state.
func (w *world) Recover(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Result, error) {
	left, err := os.ReadDir(req.WorkDir)
	if errors.Is(err, fs.ErrNotExist) || len(left) == 0 {
		return nil, nil
	}
	return w.settle(ctx, req)
}

// acting is held while something happens and is written down, and by whoever kills the
// host: the ledger knows all that happened.
var acting sync.Mutex

func act(do func() error, note func()) error {
	acting.Lock()
	defer acting.Unlock()
	if err := do(); err != nil {
		return err
	}
	note()
	return nil
}

// begin leaves a trace in the work folder, as a tool does that is started.
func (w *world) begin(req *provisioner.Request) error {
	return os.WriteFile(filepath.Join(req.WorkDir, "at-work"), nil, 0o600)
}

func (w *world) settle(ctx context.Context, req *provisioner.Request) (*provisioner.Result, error) {
	result := &provisioner.Result{Outcome: provisioner.Unknown}
	text, err := os.ReadFile(w.file(req))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = nil, nil
	}
	if err != nil {
		return result, err
	}
	if err := req.State.Write(ctx, text); err != nil {
		return result, err
	}
	w.point() // it is known, and nobody says so
	if err := os.RemoveAll(filepath.Join(req.WorkDir, "at-work")); err != nil {
		return result, err
	}
	result.Outcome = provisioner.Done
	if text != nil {
		result.Outputs = map[string]provisioner.Output{"id": {Value: req.Address + "/" + req.Step}}
	}
	return result, nil
}

func (w *world) known(ctx context.Context, req *provisioner.Request) (*thing, error) {
	text, err := req.State.Read(ctx)
	if err != nil || text == nil {
		return nil, err
	}
	known := &thing{}
	return known, json.Unmarshal(text, known)
}

// inJournal says that the intent to do this is durable: another connection sees it.
func (w *world) inJournal(ctx context.Context, req *provisioner.Request) (bool, error) {
	environment, _, _ := strings.Cut(req.Address, ".")
	open, err := w.store.Unfinished(ctx, environment)
	return slices.ContainsFunc(open, func(e store.Entry) bool {
		return e.Address == req.Address && e.Step == req.Step && e.Outcome == ""
	}), err
}

func (w *world) file(req *provisioner.Request) string {
	return filepath.Join(w.folder, strings.ReplaceAll(req.Address, "/", "_")+"_"+req.Step)
}

func (w *world) note(word string, req *provisioner.Request) {
	ledger, err := os.OpenFile(filepath.Join(w.folder, "ledger"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	defer ledger.Close()
	fmt.Fprintf(ledger, "%s %s %s\n", word, req.Address, req.Step)
}

func same(a, b map[string]any) bool {
	return maps.EqualFunc(a, b, func(a, b any) bool {
		left, _ := json.Marshal(a)
		right, _ := json.Marshal(b)
		return bytes.Equal(left, right)
	})
}
