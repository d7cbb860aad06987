package drivertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// lawRules are those of every call. They are judged over all that were made.
func lawRules() []rule {
	return []rule{
		{Rule: Rule{"never-panics", "No call panics."}, law: true, test: form(neverPanics)},
		{Rule: Rule{"always-returns", "Every call returns, within the grace time where it was cut off."}, law: true, test: law(alwaysReturns)},
		{Rule: Rule{"result-is-never-nil", "Apply gives a result also with an error; a plan comes where there is no error."}, law: true, test: law(neverNil)},
		{Rule: Rule{"outcome-and-error-agree", "The outcome is done where there is no error, and only there; a failed run leaves nothing unknown."}, law: true, test: law(outcomeAgrees)},
		{Rule: Rule{"changes-in-form", "Changes are sorted by address, each once, without no-ops, in the one vocabulary."}, law: true, test: form(changesInForm)},
		{Rule: Rule{"answers-are-documents", "Plans, results, events and errors are the same after they were JSON."}, law: true, test: form(answersAreDocuments)},
		{Rule: Rule{"problems-in-place", "Problems have a rule and a message, and name a file and line that are in the bundle."}, law: true, test: law(problemsInPlace)},
		{Rule: Rule{"events-in-form", "Events have a kind, a time and what belongs to their kind, and end with the call."}, law: true, test: form(eventsInForm)},
		{Rule: Rule{"events-in-order", "Each resource is begun before it is finished, ends if it was begun, and each change that was made was told."}, law: true, test: law(eventsInOrder)},
		{Rule: Rule{"request-is-not-changed", "Drivers do not change what a request points to."}, law: true, test: law(requestNotChanged)},
		{Rule: Rule{"work-folder-is-left-empty", "Nothing is left in the work folder, unless nobody knows how the run ended."}, law: true, test: law(workFolderEmpty)},
		{Rule: Rule{"no-secret-is-told", "No event, problem, error or change holds a secret, in any spelling."}, law: true, needs: needsSecret, test: law(noSecretTold)},
		{Rule: Rule{"secret-outputs-are-marked", "An output that holds a secret is sensitive."}, law: true, needs: needsSecret, test: law(secretOutputsMarked)},
		{Rule: Rule{"clean-up", "Everything that was made can be destroyed in the end."}, law: true, test: cleanUp},
	}
}

// law makes a test of what must hold for each call.
func law(broken func(s *session, t *turn) []string) func(*judge) { return laws(broken, true) }

// form is a law of those that have names which a step can have.
func form(broken func(s *session, t *turn) []string) func(*judge) { return laws(broken, false) }

func laws(broken func(s *session, t *turn) []string, odd bool) func(*judge) {
	return func(j *judge) {
		if j.isStuck() == "" {
			j.life() // so that there is something to judge
		}
		for _, t := range j.all() {
			if t.missing != "" || t.odd && !odd {
				continue
			}
			for _, text := range broken(j.session, t) {
				j.errorf("%s %s", t.label, text)
			}
		}
	}
}

// cleanUp destroys what rules have left, and names what cannot be.
func cleanUp(j *judge) {
	for _, st := range j.unclean() {
		if st.dead || j.isStuck() != "" {
			j.errorf("%s is left: a call of it has never returned", st.address)
			continue
		}
		st.state.mend()
		t := st.destroy(order{name: "clean-up", free: true})
		if why := t.trouble(); why != "" {
			j.errorf("%s is left: %s", st.address, why)
			continue
		}
		j.gone(t)
	}
}

func neverPanics(_ *session, t *turn) []string {
	if t.ended && t.answer.panicked != "" {
		return []string{"panicked: " + t.answer.panicked}
	}
	return nil
}

func alwaysReturns(_ *session, t *turn) []string {
	if !t.ended {
		return []string{fmt.Sprintf("did not return within %s", t.took)}
	}
	return nil
}

func neverNil(_ *session, t *turn) []string {
	if !t.answered() {
		return nil
	}
	switch {
	case t.call == provisioner.CallApply && t.answer.Result == nil:
		return []string{"gave no result"}
	case t.call == provisioner.CallPlan && t.answer.Plan == nil && t.answer.err == nil:
		return []string{"gave neither a plan nor an error"}
	}
	return nil
}

func outcomeAgrees(_ *session, t *turn) (found []string) {
	result := t.answer.Result
	if !t.answered() || result == nil {
		return nil
	}
	err := t.answer.err
	switch result.Outcome {
	case provisioner.Done:
		if err != nil {
			found = append(found, fmt.Sprintf("has the outcome done and an error: %v", err))
		}
		if result.Problems.HasErrors() {
			found = append(found, "has the outcome done and problems that are errors")
		}
	case provisioner.Failed, provisioner.Unknown:
		if err == nil && t.call != provisioner.CallRecover { // recover tells how another run ended
			found = append(found, fmt.Sprintf("has the outcome %s and no error", result.Outcome))
		}
	default:
		found = append(found, fmt.Sprintf("has an outcome that nobody knows: %q", result.Outcome))
	}
	if result.Untouched {
		switch {
		case result.Outcome != provisioner.Failed:
			found = append(found, fmt.Sprintf("has the outcome %s and says that it has begun nothing", result.Outcome))
		case len(result.Changes) > 0 || !slices.Equal(t.world, t.found) && t.worldErr == nil:
			found = append(found, "says that it has begun nothing, and has")
		}
	}
	if provisioner.ClassOf(err) == provisioner.OutcomeUnknown && result.Outcome != provisioner.Unknown {
		found = append(found, fmt.Sprintf("has an error of unknown outcome and the outcome %s", result.Outcome))
	}
	return found
}

var actions = []provisioner.Action{
	provisioner.NoOp, provisioner.Create, provisioner.Update, provisioner.Replace, provisioner.Delete, provisioner.Read, provisioner.Import, provisioner.Forget,
}

func changesInForm(_ *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	last := ""
	for i, c := range t.changes() {
		switch {
		case c.Address == "":
			found = append(found, "has a change without an address")
		case c.Action == provisioner.NoOp:
			found = append(found, "lists what does not change: "+c.Address)
		case !slices.Contains(actions, c.Action):
			found = append(found, fmt.Sprintf("has an action that nobody knows: %q", c.Action))
		case i > 0 && c.Address == last:
			found = append(found, "has two changes of "+c.Address)
		case c.Address < last:
			found = append(found, fmt.Sprintf("has %s after %s", c.Address, last))
		}
		last = c.Address
	}
	if plan := t.answer.Plan; plan != nil && !slices.IsSorted(plan.OutputChanges) {
		found = append(found, "does not sort the names of outputs that change")
	}
	return found
}

func answersAreDocuments(_ *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	same := func(what string, v any, again any) {
		text, err := json.Marshal(v)
		if err == nil {
			err = decode(text, again)
		}
		if err != nil {
			found = append(found, fmt.Sprintf("has a %s that is no document: %v", what, err))
			return
		}
		if second, err := json.Marshal(again); err != nil || !bytes.Equal(text, second) {
			found = append(found, fmt.Sprintf("has a %s that is another one after it was JSON", what))
		}
	}
	if t.answer.Plan != nil {
		same("plan", t.answer.Plan, &provisioner.Plan{})
	}
	if t.answer.Result != nil {
		same("result", t.answer.Result, &provisioner.Result{})
	}
	if t.answer.Drift != nil {
		same("drift", t.answer.Drift, &provisioner.Drift{})
	}
	if t.answer.Module != nil {
		same("module", t.answer.Module, &provisioner.Module{})
	}
	for _, event := range t.events() {
		same("event", event, &provisioner.Event{})
	}
	if t.answer.err != nil {
		same("failure", provisioner.FailureOf(t.answer.err), &provisioner.Failure{})
	}
	return slices.Compact(found)
}

// decode reads JSON as documents have it.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func problemsInPlace(s *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	for _, p := range t.problems() {
		switch {
		case p.Message == "":
			found = append(found, fmt.Sprintf("has a problem without a message: %v", p))
		case p.Rule == "":
			found = append(found, fmt.Sprintf("has a problem without a rule: %v", p))
		case strings.Contains(p.String(), t.request.WorkDir) && filepath.IsAbs(t.request.WorkDir):
			found = append(found, fmt.Sprintf("has a problem that names the work folder: %v", p))
		}
		if p.File == "" || t.request.Path != s.harness.Path || t.request.Files == nil {
			continue // of a folder that there never was
		}
		info, err := fs.Stat(t.request.Files, p.File)
		switch {
		case err != nil:
			found = append(found, fmt.Sprintf("has a problem in a file that is not in the bundle: %v", p))
		case p.Line > 0 && !info.IsDir():
			text, err := fs.ReadFile(t.request.Files, p.File)
			if lines := bytes.Count(text, []byte("\n")) + 1; err == nil && p.Line > lines {
				found = append(found, fmt.Sprintf("has a problem past the end of its file: %v", p))
			}
		case p.Line > 0:
			found = append(found, fmt.Sprintf("has a problem in a line of a folder: %v", p))
		}
	}
	return found
}

func requestNotChanged(_ *session, t *turn) []string {
	if len(t.touched) > 0 {
		return []string{fmt.Sprintf("changed of its request %v", t.touched)}
	}
	return nil
}

func workFolderEmpty(_ *session, t *turn) []string {
	if !t.answered() || len(t.left) == 0 {
		return nil
	}
	settled := t.call == provisioner.CallRecover && t.answer.err == nil
	if result := t.answer.Result; result != nil && result.Outcome == provisioner.Unknown && !settled {
		return nil
	}
	return []string{fmt.Sprintf("left in the work folder %v", t.left)}
}

// documentOf is v as a document; what is none is told elsewhere.
func documentOf(v any) any {
	document, err := value.Normal(v)
	if err != nil {
		return nil
	}
	return document
}
