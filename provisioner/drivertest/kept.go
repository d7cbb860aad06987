package drivertest

import (
	"bytes"
	"context"
	"errors"

	"github.com/tenon-sdk/tenon/provisioner"
)

func stateRules() []rule {
	return []rule{
		{Rule: Rule{"state-cannot-be-written", "A run whose state cannot be kept is not done, and what it made is not lost: the next run makes nothing twice."}, needs: needsState, test: stateCannotBeWritten},
		{Rule: Rule{"state-cannot-be-read", "Nothing is done on a state that cannot be read."}, needs: needsState, test: stateCannotBeRead},
		{Rule: Rule{"foreign-state", "A state that the driver did not write is refused, and left as it is."}, needs: needsState, test: foreignState},
	}
}

func needsState(s *session) string {
	if s.harness.Stateless {
		return "the driver keeps no state"
	}
	return ""
}

// haveUnkept has applies whose state cannot be kept, from the first writing on and from
// the second, and then runs that go on from there.
func (s *session) haveUnkept() *talk {
	t := s.newTalk("state-cannot-be-written")
	st := t.step
	t.do(st.apply, order{name: "apply-one"}) // an update must not lose what is there either
	t.do(st.destroy, order{name: "destroy-one"})
	st.state.breakWrites(0)
	t.do(st.apply, order{name: "apply-unkept"})
	st.state.mend()
	t.do(st.apply, order{name: "apply-kept"})
	t.do(st.plan, order{name: "plan-kept"})
	t.do(st.destroy, order{name: "destroy-kept"})
	st.state.breakWrites(1)
	t.do(st.apply, order{name: "apply-unkept-later"})
	st.state.mend()
	if _, can := provisioner.As[provisioner.Recoverer](s.harness.Driver); can {
		t.do(st.recover, order{name: "recover-later"})
	}
	t.do(st.apply, order{name: "apply-kept-later"})
	st.state.breakWrites(0)
	t.do(st.destroy, order{name: "destroy-unkept"})
	st.state.mend()
	t.do(st.destroy, order{name: "destroy-kept-later"})
	return t
}

func stateCannotBeWritten(j *judge) {
	t := j.unkept()
	there := j.good(t.turn("apply-one"))
	j.good(t.turn("destroy-one"))
	for _, name := range []string{"apply-unkept", "destroy-unkept"} {
		j.notDone(t.turn(name))
	}
	// With few writings the second may never come.
	if later := t.turn("apply-unkept-later"); later.answered() && later.answer.err != nil {
		j.notDone(later)
	}
	if back := t.turn("recover-later"); back.missing == "" && !back.answered() {
		j.errorf("%s", back.trouble())
	}
	for _, name := range []string{"apply-kept", "apply-kept-later"} {
		again := j.good(t.turn(name))
		if len(again.found) != len(there.found) {
			j.errorf("%s left in the world %v, and an apply that can keep its state leaves %v", again.label, again.found, there.found)
		}
		if len(again.after) == 0 {
			j.errorf("%s left no state", again.label)
		}
	}
	j.noChanges(j.good(t.turn("plan-kept")))
	for _, name := range []string{"destroy-kept", "destroy-kept-later"} {
		gone := j.good(t.turn(name))
		j.gone(gone)
		if gone.after != nil {
			j.errorf("%s left a state", gone.label)
		}
	}
}

// notDone says that a call which cannot have succeeded says so.
func (j *judge) notDone(t *turn) {
	switch {
	case !t.answered():
		j.fatalf("%s", t.trouble())
	case t.answer.err == nil:
		j.errorf("%s gave no error", t.label)
	case t.answer.Result != nil && t.answer.Result.Outcome == provisioner.Done:
		j.errorf("%s has the outcome done", t.label)
	case errors.Is(t.answer.err, context.Canceled), errors.Is(t.answer.err, context.DeadlineExceeded):
		j.errorf("%s says that it was cut off, and it was not: %v", t.label, t.answer.err)
	}
}

func stateCannotBeRead(j *judge) {
	st := j.newStep("state-cannot-be-read")
	j.good(st.apply(order{name: "apply"}))
	st.state.breakReads()
	planned := st.plan(order{name: "plan-unread"})
	if !planned.answered() {
		j.fatalf("%s", planned.trouble())
	}
	if planned.answer.err == nil {
		j.errorf("%s succeeded", planned.label)
	}
	j.didNothing(planned)
	for _, t := range []*turn{st.apply(order{name: "apply-unread", inputs: j.harness.Changed}), st.destroy(order{name: "destroy-unread"})} {
		j.notDone(t)
		j.didNothing(t)
	}
	st.state.mend()
	j.noChanges(j.good(st.plan(order{name: "plan-read"})))
}

func foreignState(j *judge) {
	st := j.newStep("foreign-state")
	foreign := []byte("\x00not a state that any driver wrote")
	st.state.put(foreign)
	defer st.state.put(nil)
	for _, t := range []*turn{st.plan(order{name: "plan"}), st.apply(order{name: "apply"}), st.destroy(order{name: "destroy"})} {
		switch {
		case !t.answered():
			j.errorf("%s", t.trouble())
		case t.answer.err == nil:
			j.errorf("%s took a state that is not its own", t.label)
		case !bytes.Equal(t.after, foreign):
			j.errorf("%s changed the state, which is not its own", t.label)
		}
		j.sameWorld(t)
	}
}
