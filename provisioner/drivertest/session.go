package drivertest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tenon-sdk/tenon/internal/redact"
)

// session is one run of the kit: what was said to the driver so far, and what it answered.
type session struct {
	harness Harness
	ctx     context.Context
	root    string // of all work folders
	secret  *redact.Redactor
	spelled []spelling
	atWork  map[int]bool // processes that were there before

	mu    sync.Mutex
	turns []*turn
	steps []*step
	stuck string // the call that has never returned

	// Conversations that several rules judge: each is had once, when it is first asked for.
	life, cutOff, tooLate, killed, unkept, imported func() *talk
}

func newSession(ctx context.Context, h Harness) (*session, error) {
	root, err := os.MkdirTemp("", "drivertest-")
	if err != nil {
		return nil, err
	}
	if root, err = filepath.EvalSymlinks(root); err != nil {
		return nil, err
	}
	s := &session{harness: h, ctx: ctx, root: root, atWork: map[int]bool{}}
	var values []any
	for _, secret := range h.secrets() {
		values = append(values, secret)
		s.spelled = append(s.spelled, spellings(secret)...)
	}
	s.secret = redact.New(values...)
	for _, p := range descendants(root) {
		s.atWork[p.pid] = true
	}
	s.life = sync.OnceValue(s.haveLife)
	s.cutOff = sync.OnceValue(s.haveCutOff)
	s.tooLate = sync.OnceValue(s.haveTooLate)
	s.killed = sync.OnceValue(s.haveKilled)
	s.unkept = sync.OnceValue(s.haveUnkept)
	s.imported = sync.OnceValue(s.haveImported)
	return s, nil
}

// hide takes secrets out of what the kit says itself.
func (s *session) hide(text string) string { return s.secret.Text(text) }

func (s *session) isStuck() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stuck
}

// all gives the calls that were made so far.
func (s *session) all() []*turn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.turns)
}

// unclean are the steps of which something is left.
func (s *session) unclean() (left []*step) {
	s.mu.Lock()
	steps := slices.Clone(s.steps)
	s.mu.Unlock()
	for _, st := range steps {
		if world, err := st.look(); st.state.bytes() != nil || err == nil && len(world) > 0 {
			left = append(left, st)
		}
	}
	return left
}

// close destroys what is left where rules were not tested, and removes the work folders.
func (s *session) close() {
	for _, st := range s.unclean() {
		if !st.dead && s.isStuck() == "" {
			st.state.mend()
			st.destroy(order{name: "clean-up", free: true})
		}
	}
	_ = os.RemoveAll(s.root)
}

// talk is a conversation about one step.
type talk struct {
	step  *step
	turns map[string]*turn
	wrong string // why it could not be had
}

func (s *session) newTalk(name string) *talk {
	return &talk{step: s.newStep(name), turns: map[string]*turn{}}
}

// turn gives the call of a name; one that was not made is in trouble.
func (t *talk) turn(name string) *turn {
	if made := t.turns[name]; made != nil {
		return made
	}
	why := t.wrong
	if why == "" {
		why = "the conversation was ended before"
	}
	return &turn{label: name, missing: why}
}

// do makes a call and remembers it by its name, unless the conversation has ended.
func (t *talk) do(made func(order) *turn, o order) *turn {
	if t.step.dead {
		return t.turn(o.name)
	}
	done := made(o)
	t.turns[o.name] = done
	return done
}

// newStep makes a step with a state and a work folder of its own.
func (s *session) newStep(name string) *step {
	s.mu.Lock()
	defer s.mu.Unlock()
	address := "drivertest/" + name
	for _, other := range s.steps {
		if other.address == address {
			address = fmt.Sprintf("drivertest/%s-%d", name, len(s.steps))
		}
	}
	made := &step{session: s, address: address, state: &memo{}, folder: filepath.Join(s.root, fmt.Sprint(len(s.steps)))}
	s.steps = append(s.steps, made)
	return made
}
