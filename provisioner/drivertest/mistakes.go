package drivertest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

func mistakeRules() []rule {
	return []rule{
		{Rule: Rule{"mistakes-are-problems", "A person's mistake is a problem, before anything is done."}, needs: needsInvalid, test: mistakesAreProblems},
		{Rule: Rule{"failure", "An apply that fails says so, and the next one goes on from what it has made."}, needs: needsFailing, test: failure},
		{Rule: Rule{"unknown-mode", "A mode that the driver does not know is refused, and nothing is done."}, test: unknownMode},
		{Rule: Rule{"empty-requests", "A request that lacks what it needs is an error, not a panic."}, test: emptyRequests},
		{Rule: Rule{"hostile-names", "Names that are paths, commands or nonsense reach nothing that is not the step's."}, test: hostileNames},
		{Rule: Rule{"concurrent-steps", "Different steps at the same time do not mix."}, test: concurrentSteps},
	}
}

func needsInvalid(s *session) string {
	if s.harness.Invalid == nil && s.harness.Mistake == nil {
		return "the harness has neither Invalid inputs nor a Mistake"
	}
	return ""
}

func needsFailing(s *session) string {
	if s.harness.Failing == nil {
		return "the harness has no Failing apply"
	}
	return ""
}

// isProblem says that a call was not refused with problems.
func (j *judge) isProblem(t *turn) {
	switch {
	case !t.answered():
		j.fatalf("%s", t.trouble())
	case t.answer.err == nil:
		j.errorf("%s was not refused", t.label)
	case !tenon.ProblemsOf(t.answer.err).HasErrors():
		j.errorf("%s was refused with an error that is no tenon.Problem: %v", t.label, t.answer.err)
	}
}

// mistaken are the requests with what the harness knows to be wrong.
func (j *judge) mistaken(call string) (list []order) {
	if j.harness.Invalid != nil {
		list = append(list, order{name: call + "-invalid", inputs: j.harness.Invalid})
	}
	if j.harness.Mistake != nil {
		list = append(list, order{name: call + "-mistake", edit: j.harness.Mistake})
	}
	return list
}

func mistakesAreProblems(j *judge) {
	st := j.newStep("mistakes-are-problems")
	var turns []*turn
	for _, o := range j.mistaken("plan") {
		turns = append(turns, st.plan(o))
	}
	for _, o := range j.mistaken("apply") {
		turns = append(turns, st.apply(o))
	}
	for _, t := range turns {
		j.isProblem(t)
		j.didNothing(t)
	}
}

func failure(j *judge) {
	st := j.newStep("failure")
	t := st.apply(order{name: "apply-failing", inputs: j.harness.Failing.Inputs, driver: j.harness.Failing.Driver})
	j.notDone(t)
	on := j.good(st.apply(order{name: "apply-on"}))
	if there := j.good(j.life().turn("apply")); len(there.found) != len(on.found) {
		j.errorf("%s left in the world %v, and an apply without a failure leaves %v", on.label, on.found, there.found)
	}
	j.noChanges(j.good(st.plan(order{name: "plan"})))
	j.gone(j.good(st.destroy(order{name: "destroy"})))
}

func unknownMode(j *judge) {
	st := j.newStep("unknown-mode")
	const mode = "drivertest-mode"
	for _, t := range []*turn{st.plan(order{name: "plan", mode: mode}), st.apply(order{name: "apply", mode: mode})} {
		switch {
		case !t.answered():
			j.errorf("%s", t.trouble())
		case t.answer.err == nil:
			j.errorf("%s did as if it knew the mode %q", t.label, mode)
		}
		j.didNothing(t)
	}
	// An empty mode is apply.
	j.good(st.apply(order{name: "apply-empty-mode", edit: func(req *provisioner.Request) { req.Mode = "" }}))
	if !j.harness.Stateless && st.state.bytes() == nil {
		j.errorf("an apply with an empty mode made nothing")
	}
}

// emptyRequests only asks for no panic: whether a field is needed is the driver's.
func emptyRequests(j *judge) {
	for name, edit := range map[string]func(*provisioner.Request){
		"nothing":  func(req *provisioner.Request) { *req = provisioner.Request{} },
		"no-files": func(req *provisioner.Request) { req.Files = nil },
		"no-state": func(req *provisioner.Request) { req.State = nil },
		"no-path":  func(req *provisioner.Request) { req.Path = "" },
		"no-folder": func(req *provisioner.Request) {
			req.WorkDir, req.State = "", nil // and no state, so that nothing is made
		},
		"no-maps": func(req *provisioner.Request) {
			req.Inputs, req.Config, req.Secret, req.Providers, req.Outputs = nil, nil, nil, nil, nil
		},
	} {
		st := j.newStep("empty-requests")
		for _, t := range []*turn{
			st.plan(order{name: "plan-" + name, edit: edit, odd: true}),
			st.apply(order{name: "apply-" + name, edit: edit, odd: true}),
			st.destroy(order{name: "destroy-" + name, edit: func(req *provisioner.Request) {
				edit(req)
				if name != "nothing" {
					req.Mode = provisioner.Destroy
				}
			}, odd: true}),
		} {
			if !t.answered() {
				j.errorf("%s", t.trouble())
			}
		}
	}
}

func hostileNames(j *judge) {
	outside := slices.Sorted(maps.Keys(j.outside()))
	for i, name := range []string{
		"../drivertest-escape", "../../../drivertest-escape", "/drivertest-escape", "; touch drivertest-escape", "$(touch drivertest-escape)",
		"-help", "a\x00b", "a\nb", strings.Repeat("x", 5000), "\xff\xfe", "",
	} {
		st := j.newStep("hostile-names")
		edit := func(req *provisioner.Request) {
			req.Address, req.Step = name, name
			if i%2 == 1 {
				req.Path = name
			}
			req.Metadata.Instance, req.Metadata.NamePrefix, req.Run.Deployment = name, name, name
		}
		for _, t := range []*turn{
			st.plan(order{name: fmt.Sprintf("plan-%d", i), edit: edit, odd: true}), st.apply(order{name: fmt.Sprintf("apply-%d", i), edit: edit, odd: true}),
			st.destroy(order{name: fmt.Sprintf("destroy-%d", i), edit: edit, odd: true}),
		} {
			if !t.answered() {
				j.errorf("%s, with a name of %.40q", t.trouble(), name)
			}
		}
	}
	if now := slices.Sorted(maps.Keys(j.outside())); !slices.Equal(outside, now) {
		j.errorf("files were made outside of the work folder: %v before, %v after", outside, now)
	}
}

// outside names the files with our mark beside the work folders.
func (s *session) outside() map[string]bool {
	found := map[string]bool{}
	for _, place := range []string{s.root, ".", "/", "..", "../.."} {
		for _, name := range folder(place) {
			if strings.Contains(name, "drivertest-escape") {
				found[place+" "+name] = true
			}
		}
	}
	return found
}

// atOnce is how many steps are had at the same time.
const atOnce = 4

func concurrentSteps(j *judge) {
	first := j.good(j.life().turn("apply"))
	talks, asked := make([]*talk, atOnce), make([]map[string]any, atOnce)
	var group sync.WaitGroup
	for i := range talks {
		t := j.newTalk("concurrent-steps")
		inputs := j.harness.Inputs
		if i%2 == 1 && j.harness.Changed != nil {
			inputs = j.harness.Changed
		}
		talks[i], asked[i] = t, inputs
		group.Go(func() {
			t.do(t.step.plan, order{name: "plan", inputs: inputs})
			t.do(t.step.apply, order{name: "apply", inputs: inputs})
			t.do(t.step.plan, order{name: "plan-again", inputs: inputs})
		})
	}
	group.Wait()
	for i, t := range talks {
		applied := j.good(t.turn("apply"))
		j.noChanges(j.good(t.turn("plan-again")))
		if i%2 == 0 {
			if a, b := told(first.changes()), told(applied.changes()); !slices.Equal(a, b) {
				j.errorf("%s made %v, and alone it makes %v", applied.label, b, a)
			}
		}
		if len(otherNames(first.outputs(), applied.outputs())) > 0 && i%2 == 0 {
			j.errorf("%s gave other outputs than it gives alone", applied.label)
		}
		if again := j.good(t.turn("plan-again")); len(otherOutputs(applied.outputs(), again.outputs())) > 0 {
			j.errorf("%s knows the outputs of another step", again.label)
		}
	}
	for i, t := range talks { // alone, each finds what it asked for and not what another did
		j.noChanges(j.good(t.step.plan(order{name: "plan-alone", inputs: asked[i]})))
		j.gone(j.good(t.step.destroy(order{name: "destroy"})))
	}
}

func otherNames(a, b map[string]provisioner.Output) (names []string) {
	for name := range a {
		if _, ok := b[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}
