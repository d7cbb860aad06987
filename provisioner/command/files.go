package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// asked are the documents that a program gets, by the names of their files without .json.
func (j *job) asked() map[string]any {
	params, connections, secrets, providers := map[string]any{}, map[string]any{}, map[string]any{}, map[string]any{}
	for name, input := range j.req.Inputs {
		switch {
		case slices.Contains(j.req.Connections, name):
			connections[name] = input
		case slices.Contains(j.req.Secret, name):
			secrets[name] = input
		case j.req.Implicit && name == "metadata": // it has a file of its own
		default:
			params[name] = input
		}
	}
	for name, provider := range j.req.Providers {
		providers[name] = map[string]any{"type": provider.Type, "data": provider.Data, "settings": provider.Settings}
	}
	documents := map[string]any{
		"params": params, "connections": connections, "secrets": secrets, "providers": providers,
		"metadata": j.req.Metadata.Document(), "config": j.program.settings, "previous": j.before.outputs(),
	}
	if j.planned != nil {
		documents["plan"] = j.planned
	}
	if len(j.req.Replace) > 0 && j.program.can(Replace) {
		documents["replace"] = j.req.Replace
	}
	return documents
}

// inputFiles are the names of those that may be there, but for plan.json.
var inputFiles = []string{
	"params.json", "connections.json", "secrets.json", "providers.json", "metadata.json", "config.json", "previous.json", "replace.json",
}

const ownName = "state"

// removeInputs is what the wrapper does, for one that was killed.
func (w *work) removeInputs(action Action) {
	names := []string{w.path(requestName)}
	for _, name := range gone(action) {
		names = append(names, w.file(name))
	}
	for _, name := range names {
		_ = os.Remove(name) // gone already
	}
}

// gone are the names of the files that do not outlive a run.
func gone(action Action) []string {
	if action == Plan || action == Drift { // plan.json is the answer
		return inputFiles
	}
	return append([]string{"plan.json"}, inputFiles...)
}

// write lays down what a program is asked: as files, or as one document.
func (j *job) write(action Action) error {
	documents := j.asked()
	var own []byte
	if j.before != nil {
		own = j.before.Own
	}
	if err := os.MkdirAll(j.work.path(filesName), 0o700); err != nil {
		return err
	}
	if j.program.stdio {
		documents["action"], documents["mode"] = action, j.req.Mode
		if own != nil {
			documents["state"] = json.RawMessage(own)
		}
		return writeJSON(j.work.path(requestName), documents)
	}
	for name, document := range documents {
		if err := writeJSON(j.work.file(name+".json"), document); err != nil {
			return err
		}
	}
	if own == nil {
		return nil
	}
	return os.WriteFile(j.work.file(ownName), own, 0o600)
}

func writeJSON(name string, document any) error {
	text, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return os.WriteFile(name, text, 0o600)
}

// answer is what a program wrote; what it did not is nil.
type answer struct {
	outputs  map[string]provisioner.Output
	plan     *plan
	text     json.RawMessage // of the plan
	changes  []provisioner.Change
	problems tenon.Problems
	own      []byte
}

// plan is plan.json. A program may add what is its own; it gets all of it back.
type plan struct {
	Changes []provisioner.Change `json:"changes"`
	Outputs map[string]any       `json:"outputs"`
}

// answerError is an answer that is not what it should be: the program's mistake.
type answerError struct{ name, reason string }

func (e *answerError) Error() string { return fmt.Sprintf("the program's %s: %s", e.name, e.reason) }

// read gives the program's answers to an action. Nobody writes them any more.
func (j *job) read(action Action, stdio bool) (*answer, error) {
	documents := map[string]json.RawMessage{}
	var own []byte
	if stdio {
		text, err := j.readFile(j.work.path(saidName), "answer")
		if j.before != nil {
			own = j.before.Own // unless it says another
		}
		if err != nil || len(strings.TrimSpace(string(text))) == 0 {
			return &answer{own: own}, err
		}
		if err := one(text, &documents); err != nil {
			return &answer{own: own}, &answerError{"standard output", "is not one JSON object: " + err.Error()}
		}
		if state, said := documents["state"]; said {
			if own = state; string(state) == "null" {
				own = nil
			}
		}
	} else {
		for _, name := range answersTo(action) {
			text, err := j.readFile(j.work.file(name+".json"), name+".json")
			if err != nil {
				return nil, err
			}
			if text != nil {
				documents[name] = text
			}
		}
		var err error
		if own, err = j.readFile(j.work.file(ownName), ownName); err != nil {
			return nil, err
		}
	}
	for name := range documents {
		if !slices.Contains(answersTo(action), name) {
			delete(documents, name)
		}
	}
	a := &answer{own: own}
	return a, j.understand(a, documents)
}

// answersTo are the documents that an action is answered with.
func answersTo(action Action) []string {
	switch action {
	case Plan, Drift:
		return []string{"plan", "problems"}
	case Apply, Destroy:
		return []string{"outputs", "changes", "problems"}
	}
	return []string{"problems"}
}

func (j *job) understand(a *answer, documents map[string]json.RawMessage) error {
	if text := documents["outputs"]; text != nil {
		given := map[string]any{}
		if err := one(text, &given); err != nil {
			return &answerError{"outputs.json", err.Error()}
		}
		var err error
		if a.outputs, err = j.outputs(given); err != nil {
			return err
		}
	}
	if text := documents["plan"]; text != nil {
		a.plan, a.text = &plan{}, text
		if err := one(text, a.plan); err != nil {
			return &answerError{"plan.json", err.Error()}
		}
		var err error
		if a.plan.Changes, err = j.changes("plan.json", a.plan.Changes); err != nil {
			return err
		}
	}
	if text := documents["changes"]; text != nil {
		if err := one(text, &a.changes); err != nil {
			return &answerError{"changes.json", err.Error()}
		}
		var err error
		if a.changes, err = j.changes("changes.json", a.changes); err != nil {
			return err
		}
	}
	if text := documents["problems"]; text != nil {
		if err := one(text, &a.problems); err != nil {
			return &answerError{"problems.json", err.Error()}
		}
		for i, p := range a.problems {
			a.problems[i] = j.placed(p)
		}
	}
	return nil
}

// readFile gives a file that a program wrote; nil where it did not.
func (j *job) readFile(name, called string) ([]byte, error) {
	info, err := os.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, &answerError{called, "is not a file"}
	case info.Size() > j.d.options.MaxAnswer:
		return nil, &answerError{called, fmt.Sprintf("holds %d bytes, and may hold %d", info.Size(), j.d.options.MaxAnswer)}
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, j.d.options.MaxAnswer))
}

// outputs reads the form of outputs.json. What holds a secret that is known is sensitive,
// whatever the program says.
func (j *job) outputs(given map[string]any) (map[string]provisioner.Output, error) {
	made := make(map[string]provisioner.Output, len(given))
	for name, entry := range given {
		wrong := func(reason string) error {
			return &answerError{"outputs.json", fmt.Sprintf("%s %s: write {%q: {\"value\": …, \"sensitive\": false}}", name, reason, name)}
		}
		object, ok := entry.(map[string]any)
		if !ok {
			return nil, wrong("is not an object")
		}
		output := provisioner.Output{Value: object["value"]}
		if _, ok := object["value"]; !ok {
			return nil, wrong("has no value")
		}
		if flag, given := object["sensitive"]; given {
			if output.Sensitive, ok = flag.(bool); !ok {
				return nil, wrong("says neither yes nor no to sensitive")
			}
		}
		document, err := value.Normal(output.Value)
		if err != nil {
			return nil, wrong("is no document")
		}
		output.Value = document
		output.Sensitive = output.Sensitive || j.holds(document)
		made[name] = output
	}
	return made, nil
}

// holds says that a document holds a known secret.
func (j *job) holds(document any) bool {
	found := false
	value.Walk(document, func(path tenon.Path, leaf any) {
		found = found || j.whole.Holds(fmt.Sprint(leaf)) || j.whole.Holds(path.String())
	})
	return found
}

var actions = []provisioner.Action{
	provisioner.Create, provisioner.Update, provisioner.Replace, provisioner.Delete, provisioner.Read, provisioner.Import, provisioner.Forget,
}

// changes are those of a program, sorted, without no-ops and secrets.
func (j *job) changes(name string, given []provisioner.Change) ([]provisioner.Change, error) {
	made := []provisioner.Change{}
	seen := map[string]bool{}
	for _, c := range given {
		switch {
		case c.Address == "":
			return nil, &answerError{name, "has a change without an address"}
		case seen[c.Address]:
			return nil, &answerError{name, "has two changes of " + j.secret.Text(c.Address)}
		case c.Action == provisioner.NoOp:
			continue
		case !slices.Contains(actions, c.Action):
			return nil, &answerError{name, fmt.Sprintf("has an action that there is not: %q", c.Action)}
		}
		seen[c.Address] = true
		for i, a := range c.Attributes {
			var err [2]error
			c.Attributes[i].Before, err[0] = value.Normal(a.Before)
			c.Attributes[i].After, err[1] = value.Normal(a.After)
			if a.Sensitive {
				c.Attributes[i].Before, c.Attributes[i].After = nil, nil
			}
			if errors.Join(err[:]...) != nil {
				return nil, &answerError{name, "has an attribute that is no document"}
			}
		}
		c.Address, c.Type = j.secret.Text(c.Address), j.secret.Text(c.Type)
		made = append(made, c.Hide(j.secret.Holds))
	}
	slices.SortFunc(made, func(a, b provisioner.Change) int { return strings.Compare(a.Address, b.Address) })
	return made, nil
}

// placed is a problem of a program: in the bundle, where it names a file of its folder.
func (j *job) placed(p tenon.Problem) tenon.Problem {
	if p.Rule == "" {
		p.Rule = ruleProgram
	}
	if p.Message == "" {
		p.Message = "the program says no more"
	}
	if p.File != "" {
		p.File = path.Join(path.Clean(j.req.Path), p.File)
		if info, err := fs.Stat(j.req.Files, p.File); err != nil || info.IsDir() {
			p.File, p.Line, p.Column = "", 0, 0
		}
	}
	p.Line, p.Column = max(p.Line, 0), max(p.Column, 0)
	return j.secret.Problem(p)
}

// one reads one JSON document.
func one(text []byte, into any) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the JSON document")
	}
	return nil
}
