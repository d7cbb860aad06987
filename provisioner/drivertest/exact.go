package drivertest

import (
	"bytes"
	"slices"

	"github.com/tenon-sdk/tenon/provisioner"
)

func exactRules() []rule {
	return []rule{
		{Rule: Rule{"exact-plan", "A saved plan is applied as it was planned, whatever the inputs are by then."}, needs: needsChanged, test: exactPlan},
		{Rule: Rule{"stale-plan", "A saved plan is refused once the state is another one, and nothing is done."}, test: stalePlan},
		{Rule: Rule{"foreign-plan", "A saved plan that the driver did not make is refused."}, test: foreignPlan},
	}
}

// saved gives a plan that can be applied exactly.
func (j *judge) saved(st *step) *turn {
	planned := j.good(st.plan(order{name: "plan"}))
	if !planned.answer.Plan.Exact {
		j.skipf("the driver's plans are not exact")
	}
	if len(planned.answer.Plan.Saved) == 0 {
		j.fatalf("%s is exact and has nothing saved", planned.label)
	}
	return planned
}

func exactPlan(j *judge) {
	st := j.newStep("exact-plan")
	planned := j.saved(st)
	done := j.good(st.apply(order{name: "apply-saved", saved: planned.answer.Plan.Saved, inputs: j.harness.Changed}))
	if a, b := told(planned.changes()), told(done.changes()); !slices.Equal(a, b) {
		j.errorf("%s told %v, and %s made %v", planned.label, a, done.label, b)
	}
	j.noChanges(j.good(st.plan(order{name: "plan-after"})))
	gone := j.good(st.plan(order{name: "plan-destroy", mode: provisioner.Destroy}))
	if !gone.answer.Plan.Exact {
		return
	}
	j.gone(j.good(st.destroy(order{name: "destroy-saved", saved: gone.answer.Plan.Saved})))
}

func stalePlan(j *judge) {
	st := j.newStep("stale-plan")
	planned := j.saved(st)
	j.good(st.apply(order{name: "apply"}))
	j.refused(st.apply(order{name: "apply-stale", saved: planned.answer.Plan.Saved}))
}

func foreignPlan(j *judge) {
	st := j.newStep("foreign-plan")
	j.saved(st)
	j.refused(st.apply(order{name: "apply-text", saved: []byte("not a plan")}))
	j.refused(st.apply(order{name: "apply-object", saved: []byte("{}")}))
}

// refused says that a call was taken that has to fail without doing anything.
func (j *judge) refused(t *turn) {
	switch {
	case !t.answered():
		j.fatalf("%s", t.trouble())
	case t.answer.err == nil:
		j.errorf("%s was not refused", t.label)
	case t.answer.Result != nil && t.answer.Result.Outcome == provisioner.Done:
		j.errorf("%s was refused, and has the outcome done", t.label)
	}
	j.didNothing(t)
}

// didNothing says that a call has changed state or world.
func (j *judge) didNothing(t *turn) {
	if !bytes.Equal(t.before, t.after) {
		j.errorf("%s changed the state", t.label)
	}
	if changes := told(t.changes()); len(changes) > 0 && t.call == provisioner.CallApply {
		j.errorf("%s made changes: %v", t.label, changes)
	}
	j.sameWorld(t)
}
