package drivertest

import (
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon/provisioner"
)

var ofResources = []provisioner.EventKind{
	provisioner.ResourcePlanned, provisioner.ResourceStarted, provisioner.ResourceProgress, provisioner.ResourceFinished, provisioner.ResourceFailed,
}

func eventsInForm(_ *session, t *turn) (found []string) {
	say := func(format string, arguments ...any) { found = append(found, fmt.Sprintf(format, arguments...)) }
	for _, e := range t.events() {
		about := slices.Contains(ofResources, e.Kind)
		switch {
		case !about && e.Kind != provisioner.Log && e.Kind != provisioner.Diagnostic:
			say("sent an event of a kind that nobody knows: %q", e.Kind)
		case e.Time.IsZero():
			say("sent an event %s without a time", e.Kind)
		case about && e.Resource == "":
			say("sent an event %s without a resource", e.Kind)
		case about && !slices.Contains(actions, e.Action):
			say("sent an event %s with an action that nobody knows: %q", e.Kind, e.Action)
		case e.Kind == provisioner.Diagnostic && e.Problem == nil:
			say("sent a diagnostic without a problem")
		case e.Elapsed < 0:
			say("sent an event %s that took less than no time", e.Kind)
		case e.Percent < 0 || e.Percent > 100:
			say("sent an event %s at %v percent", e.Kind, e.Percent)
		}
	}
	if t.heard != nil && t.ended && t.heard.tooLate() > 0 {
		say("sent %d events after it had returned", t.heard.tooLate())
	}
	return found
}

func eventsInOrder(_ *session, t *turn) (found []string) {
	if !t.answered() {
		return nil
	}
	say := func(format string, arguments ...any) { found = append(found, fmt.Sprintf(format, arguments...)) }
	begun, finished, failed := map[string]int{}, map[string]bool{}, map[string]bool{}
	heard := false
	for _, e := range t.events() {
		switch e.Kind {
		case provisioner.ResourceStarted:
			begun[e.Resource]++
			heard = true
		case provisioner.ResourceProgress:
			if begun[e.Resource] == 0 {
				say("told the progress of %s, which was not begun", e.Resource)
			}
		case provisioner.ResourceFinished, provisioner.ResourceFailed:
			heard = true
			if begun[e.Resource] == 0 {
				say("told the end of %s (%s), which was not begun", e.Resource, e.Kind)
				break
			}
			begun[e.Resource]--
			ended := finished
			if e.Kind == provisioner.ResourceFailed {
				ended = failed
			}
			ended[e.Resource] = true
		}
	}
	result := t.answer.Result
	if t.call != provisioner.CallApply || result == nil {
		return found
	}
	if result.Outcome == provisioner.Done {
		for resource, open := range begun {
			if open > 0 {
				say("never told the end of %s", resource)
			}
		}
		for resource := range failed {
			if !finished[resource] {
				say("is done, and told that %s failed", resource)
			}
		}
	}
	if !heard {
		return found // it tells nothing of resources at all
	}
	for _, c := range result.Changes {
		// What failed half-way is there all the same, and the state knows it.
		half := failed[c.Address] && result.Outcome != provisioner.Done
		if c.Action.Changes() && !finished[c.Address] && !half {
			say("made %s %s, and never told that it is finished", c.Action, c.Address)
		}
	}
	slices.Sort(found)
	return found
}
