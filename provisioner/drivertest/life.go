package drivertest

import (
	"slices"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/tagging"
)

// haveLife has a step made, changed, destroyed and made again.
func (s *session) haveLife() *talk {
	t := s.newTalk("life")
	st, h := t.step, s.harness
	t.do(st.plan, order{name: "plan"})
	t.do(st.plan, order{name: "plan-again"})
	t.do(st.apply, order{name: "apply"})
	t.do(st.plan, order{name: "plan-applied"})
	t.do(st.apply, order{name: "apply-again"})
	t.do(st.plan, order{name: "plan-another-run", edit: func(req *provisioner.Request) {
		req.Run = tagging.Run{Deployment: "drivertest-2", Time: "2026-02-03T04:05:06Z", RequestedBy: "another"}
	}})
	if _, can := provisioner.As[provisioner.DriftDetector](h.Driver); can {
		t.do(st.drift, order{name: "drift"})
	}
	if h.Changed != nil {
		t.do(st.plan, order{name: "plan-changed", inputs: h.Changed})
		t.do(st.apply, order{name: "apply-changed", inputs: h.Changed})
		t.do(st.plan, order{name: "plan-after-change", inputs: h.Changed})
	}
	t.do(st.plan, order{name: "plan-destroy", mode: provisioner.Destroy})
	t.do(st.destroy, order{name: "destroy"})
	t.do(st.destroy, order{name: "destroy-again"})
	t.do(st.plan, order{name: "plan-destroy-again", mode: provisioner.Destroy})
	t.do(st.apply, order{name: "apply-once-more"})
	t.do(st.destroy, order{name: "destroy-once-more"})
	return t
}

func needsChanged(s *session) string {
	if s.harness.Changed == nil {
		return "the harness has no Changed inputs"
	}
	return ""
}

func lifeRules() []rule {
	return []rule{
		{Rule: Rule{"plan-changes-nothing", "Plan changes neither the state nor the world, and says the same when it is asked again."}, test: planChangesNothing},
		{Rule: Rule{"plan-tells-what-apply-does", "Apply makes the changes that were planned, and gives the outputs that the plan knew."}, test: planTells},
		{Rule: Rule{"plan-after-apply-is-empty", "A plan of what was just applied has no changes, and knows the outputs."}, test: planAfterApply},
		{Rule: Rule{"apply-is-idempotent", "A second apply of the same makes no change."}, test: applyTwice},
		{Rule: Rule{"outputs-are-stable", "A second apply of the same gives the same outputs."}, test: outputsStable},
		{Rule: Rule{"run-changes-nothing", "Who asked, when and in which deployment makes no difference."}, test: runChangesNothing},
		{Rule: Rule{"update", "Other inputs change what is there, and a plan after that has no changes."}, needs: needsChanged, test: update},
		{Rule: Rule{"destroy", "Destroy deletes what there is, and leaves no outputs."}, test: destroy},
		{Rule: Rule{"destroy-of-nothing", "Destroying what is not there succeeds, and does nothing."}, test: destroyOfNothing},
		{Rule: Rule{"apply-after-destroy", "What was destroyed can be made again."}, test: applyAfterDestroy},
		{Rule: Rule{"state-follows", "There is a state once something was made, and none after a destroy."}, test: stateFollows},
		{Rule: Rule{"replace", "What Request.Replace names is made anew."}, test: replace},
	}
}

func planChangesNothing(j *judge) {
	life := j.life()
	for _, name := range []string{"plan", "plan-again", "plan-applied", "plan-destroy"} {
		t := j.good(life.turn(name))
		if t.writes > 0 {
			j.errorf("%s wrote the state", t.label)
		}
		j.sameWorld(t)
	}
	first, second := life.turn("plan"), life.turn("plan-again")
	if a, b := told(first.changes()), told(second.changes()); !slices.Equal(a, b) {
		j.errorf("%s has the changes %v, and %s has %v", first.label, a, second.label, b)
	}
}

// sameWorld says that a call has changed what exists.
func (j *judge) sameWorld(t *turn) {
	if t.worldErr != nil {
		j.fatalf("the harness: World: %v", t.worldErr)
	}
	if !slices.Equal(t.world, t.found) {
		j.errorf("%s changed the world: from %v to %v", t.label, t.world, t.found)
	}
}

func planTells(j *judge) {
	life := j.life()
	pairs := [][2]string{{"plan-again", "apply"}, {"plan-destroy", "destroy"}}
	if j.harness.Changed != nil {
		pairs = append(pairs, [2]string{"plan-changed", "apply-changed"})
	}
	for _, pair := range pairs {
		planned, done := j.good(life.turn(pair[0])), j.good(life.turn(pair[1]))
		if a, b := told(planned.changes()), told(done.changes()); !slices.Equal(a, b) {
			j.errorf("%s told the changes %v, and %s made %v", planned.label, a, done.label, b)
		}
		if planned.request.Mode == provisioner.Destroy {
			continue
		}
		if !planned.answer.Plan.HasChanges() {
			j.errorf("%s has no changes", planned.label)
		}
		for name, output := range planned.outputs() {
			made, ok := done.outputs()[name]
			if !ok || !sameOutput(made, output) {
				j.errorf("%s knew the output %s, and %s gave another one", planned.label, name, done.label)
			}
		}
	}
}

func planAfterApply(j *judge) {
	life := j.life()
	applied, planned := j.good(life.turn("apply")), j.good(life.turn("plan-applied"))
	j.noChanges(planned)
	if names := otherOutputs(applied.outputs(), planned.outputs()); len(names) > 0 {
		j.errorf("%s does not know the outputs %v as they were applied", planned.label, names)
	}
}

// noChanges says that a plan has some.
func (j *judge) noChanges(t *turn) {
	if plan := t.answer.Plan; plan.HasChanges() {
		j.errorf("%s has changes: %v %v", t.label, told(plan.Changes), plan.OutputChanges)
	}
}

func applyTwice(j *judge) {
	life := j.life()
	j.good(life.turn("apply"))
	again := j.good(life.turn("apply-again"))
	if changes := told(again.changes()); len(changes) > 0 {
		j.errorf("%s made changes: %v", again.label, changes)
	}
	j.sameWorld(again)
}

func outputsStable(j *judge) {
	life := j.life()
	first, again := j.good(life.turn("apply")), j.good(life.turn("apply-again"))
	if names := otherOutputs(first.outputs(), again.outputs()); len(names) > 0 {
		j.errorf("%s gave other outputs: %v", again.label, names)
	}
}

func runChangesNothing(j *judge) {
	life := j.life()
	j.good(life.turn("apply-again"))
	j.noChanges(j.good(life.turn("plan-another-run")))
}

func update(j *judge) {
	life := j.life()
	before, planned, done := j.good(life.turn("apply")), j.good(life.turn("plan-changed")), j.good(life.turn("apply-changed"))
	if !planned.answer.Plan.HasChanges() {
		j.errorf("%s has no changes", planned.label)
	}
	for _, c := range planned.changes() {
		if c.Action == provisioner.Create && slices.ContainsFunc(before.changes(), func(b provisioner.Change) bool { return b.Address == c.Address }) {
			j.errorf("%s creates %s, which is there", planned.label, c.Address)
		}
	}
	if len(told(done.changes())) == 0 && len(told(planned.changes())) > 0 {
		j.errorf("%s made no changes", done.label)
	}
	j.noChanges(j.good(life.turn("plan-after-change")))
}

func destroy(j *judge) {
	life := j.life()
	done := j.good(life.turn("destroy"))
	made := told(life.turn("apply").changes())
	if len(made) > 0 && len(told(done.changes())) == 0 {
		j.errorf("%s tells no changes, and %v were made", done.label, made)
	}
	for _, c := range done.changes() {
		if c.Action.Changes() && c.Action != provisioner.Delete {
			j.errorf("%s told %s %s", done.label, c.Action, c.Address)
		}
	}
	j.gone(done)
}

// gone says that something is left of a step.
func (j *judge) gone(t *turn) {
	if len(t.outputs()) > 0 {
		j.errorf("%s left outputs", t.label)
	}
	if t.worldErr != nil {
		j.fatalf("the harness: World: %v", t.worldErr)
	}
	if len(t.found) > 0 {
		j.errorf("%s left in the world %v", t.label, t.found)
	}
}

func destroyOfNothing(j *judge) {
	life := j.life()
	again, planned := j.good(life.turn("destroy-again")), j.good(life.turn("plan-destroy-again"))
	never := j.newStep("destroy-of-nothing")
	for _, t := range []*turn{again, planned, j.good(never.destroy(order{name: "destroy"}))} {
		if changes := told(t.changes()); len(changes) > 0 {
			j.errorf("%s tells changes: %v", t.label, changes)
		}
		if t.after != nil && !j.harness.Stateless {
			j.errorf("%s left a state", t.label)
		}
		j.gone(t)
	}
}

func applyAfterDestroy(j *judge) {
	life := j.life()
	first, again := j.good(life.turn("apply")), j.good(life.turn("apply-once-more"))
	if a, b := told(first.changes()), told(again.changes()); !slices.Equal(a, b) {
		j.errorf("%s made %v, and %s made %v", first.label, a, again.label, b)
	}
	j.gone(j.good(life.turn("destroy-once-more")))
}

func stateFollows(j *judge) {
	life := j.life()
	if j.harness.Stateless {
		for _, t := range j.all() {
			if t.writes > 0 {
				j.errorf("%s wrote a state, and the harness says that there is none", t.label)
			}
		}
		return
	}
	if made := j.good(life.turn("apply")); len(made.after) == 0 {
		j.errorf("%s left no state", made.label)
	}
	for _, name := range []string{"destroy", "destroy-once-more"} {
		if done := j.good(life.turn(name)); done.after != nil {
			j.errorf("%s left a state: nil bytes say that there is nothing more", done.label)
		}
	}
}

func replace(j *judge) {
	made := j.good(j.life().turn("apply"))
	if len(told(made.changes())) == 0 {
		j.skipf("the driver tells no changes")
	}
	address := made.changes()[0].Address
	t := j.newTalk("replace")
	j.good(t.do(t.step.apply, order{name: "apply"}))
	planned := j.good(t.do(t.step.plan, order{name: "plan", edit: func(req *provisioner.Request) { req.Replace = []string{address} }}))
	if !slices.ContainsFunc(planned.changes(), func(c provisioner.Change) bool { return c.Address == address && c.Action == provisioner.Replace }) {
		j.errorf("%s does not replace %s: %v", planned.label, address, told(planned.changes()))
	}
}
