package drivertest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

func cutRules() []rule {
	return []rule{
		{Rule: Rule{"cut-off-before", "A call whose context has ended does nothing, and answers with the context's error."}, test: cutOffBefore},
		{Rule: Rule{"cut-off-in-the-middle", "A cancelled apply stops in good order, says that it was cancelled, and is not done."}, needs: needsSlow, test: cutOffInTheMiddle},
		{Rule: Rule{"deadline-in-the-middle", "An apply that has run out of time stops in good order, and says so."}, needs: needsSlow, test: deadlineInTheMiddle},
		{Rule: Rule{"resume-after-cut-off", "After a cancel the next apply goes on, makes nothing twice, and destroy finds everything."}, needs: needsSlow, test: resumeAfterCutOff},
		{Rule: Rule{"killed-in-the-middle", "After its tool was killed, a run is not done, Recover settles what it left, and the next apply goes on."}, needs: needsInterrupt, test: killedInTheMiddle},
	}
}

func needsSlow(s *session) string {
	if s.harness.Slow == nil {
		return "the harness has no Slow apply"
	}
	return ""
}

func needsInterrupt(s *session) string {
	if s.harness.Interrupt == nil {
		return "the harness cannot Interrupt"
	}
	return needsSlow(s)
}

func cutOffBefore(j *judge) {
	st := j.newStep("cut-off-before")
	canceled, cancel := context.WithCancel(j.ctx)
	cancel()
	tooLate, stop := context.WithDeadline(j.ctx, time.Now().Add(-time.Hour))
	defer stop()
	for _, ctx := range []context.Context{canceled, tooLate} {
		for _, t := range []*turn{
			st.plan(order{name: "plan", ctx: ctx, cut: true}),
			st.apply(order{name: "apply", ctx: ctx, cut: true}),
		} {
			j.cutOffAs(t, ctx.Err())
			j.didNothing(t)
		}
	}
	j.good(st.apply(order{name: "apply-in-time"}))
	gone := st.destroy(order{name: "destroy", ctx: canceled, cut: true})
	j.cutOffAs(gone, context.Canceled)
	j.didNothing(gone)
}

// cutOffAs says that a call does not answer with the error of its context.
func (j *judge) cutOffAs(t *turn, want error) {
	if !t.answered() {
		j.fatalf("%s", t.trouble())
	}
	other := context.Canceled
	if errors.Is(want, other) {
		other = context.DeadlineExceeded
	}
	err := t.answer.err
	switch {
	case err == nil:
		j.errorf("%s gave no error, and its context has ended: %v", t.label, want)
	case !errors.Is(err, want):
		j.errorf("%s answers with an error that is not %q: %v", t.label, want, err)
	case errors.Is(err, other):
		j.errorf("%s answers with an error that is both %q and %q", t.label, want, other)
	}
	if result := t.answer.Result; err != nil && result != nil && result.Outcome == provisioner.Done {
		j.errorf("%s has the outcome done", t.label)
	}
}

// haveCutOff has a slow apply cancelled, and then goes on.
func (s *session) haveCutOff() *talk {
	t := s.newTalk("cut-off")
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	stop := s.inTheMiddle(cancel)
	defer stop.end()
	t.do(t.step.apply, order{name: "apply-canceled", inputs: s.harness.Slow.Inputs, driver: s.harness.Slow.Driver, ctx: ctx, cut: true, hook: stop.hook})
	t.goOn(s.harness.Slow.Driver)
	return t
}

// goOn has a step that was cut off recovered, made and destroyed.
func (t *talk) goOn(by provisioner.Driver) {
	if _, can := provisioner.As[provisioner.Recoverer](t.step.harness.Driver); can {
		t.do(t.step.recover, order{name: "recover", driver: by})
		t.do(t.step.recover, order{name: "recover-again", driver: by})
	}
	t.do(t.step.apply, order{name: "apply-on"})
	t.do(t.step.plan, order{name: "plan-on"})
	t.do(t.step.destroy, order{name: "destroy"})
}

// middle does something once a run is in its middle: a little after it has begun with its
// first resource, or where the driver does not tell after a second.
type middle struct {
	once  sync.Once
	do    func()
	timer *time.Timer
}

const (
	shortly = 200 * time.Millisecond
	soon    = time.Second
)

func (s *session) inTheMiddle(do func()) *middle {
	m := &middle{do: do}
	wait := soon
	if s.life().turn("apply").begins() > 0 {
		wait = s.harness.Limit / 2 // it will tell
	}
	m.timer = time.AfterFunc(wait, func() { m.once.Do(m.do) })
	return m
}

// begins is how long the driver took until it began with its first resource; 0 where it
// does not tell.
func (t *turn) begins() time.Duration {
	if t.heard == nil {
		return 0
	}
	return t.heard.untilFirst()
}

// end waits for what was begun, and keeps what was not from beginning.
func (m *middle) end() {
	m.timer.Stop()
	m.once.Do(func() {})
}

func (m *middle) hook(e provisioner.Event) {
	if e.Kind == provisioner.ResourceStarted {
		m.timer.Reset(shortly)
	}
}

func cutOffInTheMiddle(j *judge) { j.stoppedWell(j.cutOff().turn("apply-canceled"), context.Canceled) }

func deadlineInTheMiddle(j *judge) {
	j.stoppedWell(j.tooLate().turn("apply-too-late"), context.DeadlineExceeded)
}

// stoppedWell says that a run which was cut off did not end in good order.
func (j *judge) stoppedWell(t *turn, want error) {
	if !t.answered() {
		j.fatalf("%s", t.trouble())
	}
	if t.answer.err == nil && t.stopped == nil {
		j.fatalf("the harness: %s had ended before it could be cut off: it is not slow enough", t.label)
	}
	j.cutOffAs(t, want)
	if class := provisioner.ClassOf(t.answer.err); t.answer.err != nil && class != provisioner.Canceled && class != provisioner.Deadline {
		j.errorf("%s has an error of class %s", t.label, class)
	}
}

// haveTooLate has a slow apply run out of time. How long it takes to begin is another one
// each time: where the time was over before that, it gets more.
func (s *session) haveTooLate() *talk {
	tells := s.life().turn("apply").begins()
	wait := tells*3/2 + shortly
	if tells == 0 {
		wait = soon
	}
	t := s.newTalk("too-late")
	for range 3 {
		ctx, cancel := context.WithTimeout(s.ctx, wait)
		late := t.do(t.step.apply, order{name: "apply-too-late", inputs: s.harness.Slow.Inputs, driver: s.harness.Slow.Driver, ctx: ctx, cut: true})
		cancel()
		if tells == 0 || late.begins() > 0 || !late.answered() {
			break
		}
		wait *= 3
	}
	t.do(t.step.destroy, order{name: "destroy"})
	return t
}

func resumeAfterCutOff(j *judge) {
	t := j.cutOff()
	if cut := t.turn("apply-canceled"); !cut.answered() {
		j.fatalf("%s", cut.trouble())
	}
	j.wentOn(t)
}

func (j *judge) wentOn(t *talk) {
	if _, can := provisioner.As[provisioner.Recoverer](j.harness.Driver); can {
		back, again := t.turn("recover"), t.turn("recover-again")
		if !back.answered() {
			j.fatalf("%s", back.trouble())
		}
		if len(back.left) > 0 {
			j.errorf("%s left in the work folder %v", back.label, back.left)
		}
		if j.good(again); again.answer.Result != nil {
			j.errorf("%s found something to recover, and it was settled", again.label)
		}
	}
	on := j.good(t.turn("apply-on"))
	if there := j.good(j.life().turn("apply")); len(there.found) != len(on.found) {
		j.errorf("%s left in the world %v, and an apply in one go leaves %v", on.label, on.found, there.found)
	}
	j.noChanges(j.good(t.turn("plan-on")))
	j.gone(j.good(t.turn("destroy")))
}

// haveKilled has the tool of a slow apply killed.
func (s *session) haveKilled() *talk {
	t := s.newTalk("killed")
	req, failed := t.step.request(order{inputs: s.harness.Slow.Inputs})
	stop := s.inTheMiddle(func() {
		if failed == nil {
			failed = s.harness.Interrupt(s.ctx, req)
		}
	})
	t.do(t.step.apply, order{name: "apply-killed", inputs: s.harness.Slow.Inputs, driver: s.harness.Slow.Driver, hook: stop.hook})
	stop.end()
	if failed != nil {
		t.wrong = "the harness: Interrupt: " + failed.Error()
		return t
	}
	t.goOn(s.harness.Slow.Driver)
	return t
}

func killedInTheMiddle(j *judge) {
	t := j.killed()
	cut := t.turn("apply-killed")
	j.notDone(cut)
	j.wentOn(t)
}
