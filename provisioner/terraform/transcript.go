package terraform

import (
	"cmp"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// transcript is what a run has said so far. Events go out as lines come in.
type transcript struct {
	rule   string // of the problems: the tool
	folder string // of the module, in the bundle
	secret *redact.Redactor
	out    provisioner.Sink

	problems tenon.Problems
	planned  map[string]provisioner.Change
	made     map[string]provisioner.Change
	atWork   map[string]provisioner.Change // begun and not ended
	failed   map[string]provisioner.Change // begun and ended badly
	ids      map[string]string             // of what was created, as the provider names it
	outputs  map[string]provisioner.Output // of the last outputs message; sensitive ones without value
	altered  []string                      // outputs that a plan changes
	began    bool                          // something was begun to be changed
	applied  bool                          // the tool said that it has applied everything
	total    int                           // steps of a saved plan; 0: what was planned in this run
	ended    int                           // steps that are done
}

func newTranscript(tool Tool, folder string, secret *redact.Redactor, out provisioner.Sink) *transcript {
	return &transcript{
		rule: string(tool), folder: folder, secret: secret, out: out,
		planned: map[string]provisioner.Change{}, made: map[string]provisioner.Change{}, atWork: map[string]provisioner.Change{},
		failed: map[string]provisioner.Change{}, ids: map[string]string{},
	}
}

func (t *transcript) send(e provisioner.Event) { t.out.Send(redacted(t.secret, e)) }

// log passes on a line that is no message.
func (t *transcript) log(line string) {
	if line = strings.TrimSpace(line); line != "" {
		line = shorten(t.secret.Text(line), maxLogged) // cut after: half a secret is not known as one
		t.send(provisioner.Event{Kind: provisioner.Log, Time: time.Now().UTC(), Message: line})
	}
}

// maxLogged is how much of a line that is no message is told.
const maxLogged = 64 << 10

// line takes in one line of the tool's output.
func (t *transcript) line(line []byte) {
	m := parseMessage(line)
	if m == nil {
		t.log(string(line))
		return
	}
	event := provisioner.Event{Kind: provisioner.Log, Time: m.Timestamp, Message: m.Message}
	switch {
	case m.Type == "diagnostic" && m.Diagnostic != nil:
		problem := t.secret.Problem(placed(m.Diagnostic.problem(t.rule, t.folder), t.folder))
		t.problems.Add(problem)
		event.Kind, event.Message, event.Resource, event.Problem = provisioner.Diagnostic, problem.Message, m.Diagnostic.Address, &problem
	case m.Type == "planned_change" && m.Change != nil:
		change := t.change(m.Change.Resource, m.Change.Action)
		if change.Action == provisioner.NoOp {
			break
		}
		t.planned[change.Address] = change
		event.Kind, event.Resource, event.Action = provisioner.ResourcePlanned, change.Address, change.Action
	case m.Hook != nil && strings.HasPrefix(m.Type, "apply_"):
		event.Kind = t.hook(m)
		event.Resource, event.Action = m.Hook.Resource.Address, action(m.Hook.Action)
		event.Elapsed = time.Duration(m.Hook.Elapsed * float64(time.Second))
		event.Percent = t.percent()
	case m.Hook != nil && strings.HasPrefix(m.Type, "refresh_"):
		return // says nothing that a person or a program would act on
	case m.Hook != nil:
		event.Resource = m.Hook.Resource.Address // what a provisioner says
	case m.Type == "change_summary" && m.Changes != nil:
		t.applied = t.applied || m.Changes.Operation != "plan"
	case m.Type == "outputs":
		t.takeOutputs(m)
		return
	case m.Type == "version":
		return
	}
	t.send(event)
}

// hook keeps account of what a resource goes through, and says which event it is.
func (t *transcript) hook(m *message) provisioner.EventKind {
	change := t.change(m.Hook.Resource, m.Hook.Action)
	switch m.Type {
	case "apply_start":
		if change.Action.Changes() {
			t.atWork[change.Address], t.began = change, true
		}
		return provisioner.ResourceStarted
	case "apply_complete":
		t.ended++
		delete(t.atWork, change.Address)
		if change.Action == provisioner.Create && m.Hook.IDKey == "id" {
			t.ids[change.Address] = m.Hook.ID
		}
		if before, ok := t.made[change.Address]; ok && before.Action != change.Action {
			change.Action = provisioner.Replace // deleted and created, each told by itself
		}
		if change.Action.Changes() {
			t.made[change.Address] = change
		}
		return provisioner.ResourceFinished
	case "apply_errored":
		delete(t.atWork, change.Address)
		t.failed[change.Address] = change
		return provisioner.ResourceFailed
	}
	return provisioner.ResourceProgress
}

func (t *transcript) change(r resource, word string) provisioner.Change {
	return provisioner.Change{Address: t.secret.Text(r.Address), Type: r.Type, Action: action(word)}
}

func (t *transcript) takeOutputs(m *message) {
	t.outputs, t.altered = map[string]provisioner.Output{}, nil
	for name, output := range m.Outputs {
		t.outputs[name] = provisioner.Output{Value: output.Value, Sensitive: output.Sensitive}
		if output.Action != "" && output.Action != "noop" {
			t.altered = append(t.altered, name)
		}
	}
	slices.Sort(t.altered)
}

// cutOff names what was being changed when the tool died.
func (t *transcript) cutOff(title string) tenon.Problems {
	var problems tenon.Problems
	for _, change := range sortedChanges(t.atWork) {
		problems.Add(tenon.Problem{
			Severity: tenon.Warning, Rule: "cut-off", File: path.Clean(t.folder),
			Message: change.Address + ": " + title + " died during " + string(change.Action) + " of this resource: it may have happened without being in the state",
			Hint:    "look at the platform; a resource that is there twice or unknown to the state is to be removed or imported by hand",
		})
	}
	return problems
}

func sortedChanges(changes map[string]provisioner.Change) []provisioner.Change {
	return slices.SortedFunc(maps.Values(changes), func(a, b provisioner.Change) int { return cmp.Compare(a.Address, b.Address) })
}

// declared is how the tool names the place of a variable or rule inside a text.
var declared = regexp.MustCompile(`\bat ([\w./-]+\.(?:tf|tofu)(?:\.json)?):(\d+),(\d+)`)

// generated are the names of the files that the driver writes into a module.
var generated = []string{inputsName, overrideName, plainName, blocksName, credentialsName}

// placed moves a problem from a generated file to the module: to the variable that it is
// about, where the tool says so.
func placed(p tenon.Problem, folder string) tenon.Problem {
	if name := path.Base(p.File); !slices.Contains(generated, name) {
		return p
	}
	p.File, p.Line, p.Column = path.Clean(folder), 0, 0
	if at := declared.FindStringSubmatch(p.Message); at != nil {
		p.File = path.Join(folder, at[1])
		p.Line, _ = strconv.Atoi(at[2])
		p.Column, _ = strconv.Atoi(at[3])
	}
	return p
}
