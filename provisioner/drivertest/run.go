package drivertest

import (
	"context"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// TB is what Run uses of *testing.T; T is that type itself.
type TB[T any] interface {
	Helper()
	Run(name string, test func(T)) bool
	Error(arguments ...any)
	Skip(arguments ...any)
	Context() context.Context
}

// Run tests a driver: each rule is a subtest with the name of its id.
func Run[T TB[T]](t T, h Harness) {
	t.Helper()
	ready, err := h.ready()
	if err != nil {
		t.Error(err)
		return
	}
	s, err := newSession(t.Context(), ready)
	if err != nil {
		t.Error(err)
		return
	}
	defer s.close()
	for _, r := range rules() {
		t.Run(r.ID, func(t T) {
			t.Helper()
			verdict := s.judge(r)
			text := r.Title + "\n" + strings.Join(verdict.Messages, "\n")
			switch verdict.Status {
			case Failed:
				t.Error(text)
			case Skipped:
				t.Skip(strings.Join(verdict.Messages, "\n"))
			}
		})
	}
}

// Check tests a driver without package testing. Once the context has ended, what is left
// is skipped.
func Check(ctx context.Context, h Harness) Report {
	report := Report{Version: provisioner.ContractVersion}
	wrong := func(err error) Report {
		report.Verdicts = []Verdict{{Rule: harnessRule, Status: Failed, Messages: []string{err.Error()}}}
		return report
	}
	ready, err := h.ready()
	if err != nil {
		return wrong(err)
	}
	s, err := newSession(ctx, ready)
	if err != nil {
		return wrong(err)
	}
	defer s.close()
	report.Capabilities = provisioner.Capabilities(h.Driver)
	for _, r := range rules() {
		report.Verdicts = append(report.Verdicts, s.judge(r))
	}
	return report
}

var harnessRule = Rule{"harness", "The harness says what the kit must know."}

// judge tests one rule.
func (s *session) judge(r rule) Verdict {
	verdict := s.test(r)
	if s.harness.Told != nil {
		s.harness.Told(verdict)
	}
	return verdict
}

func (s *session) test(r rule) Verdict {
	verdict, began := Verdict{Rule: r.Rule, Status: Skipped}, time.Now()
	skip := func(why string) Verdict {
		verdict.Messages = []string{why}
		return verdict
	}
	if why, ok := s.harness.Skip[r.ID]; ok {
		return skip(why)
	}
	if err := s.ctx.Err(); err != nil {
		return skip("the check was ended: " + context.Cause(s.ctx).Error())
	}
	if stuck := s.isStuck(); stuck != "" && !r.law {
		return skip(stuck + " has never returned")
	}
	if r.needs != nil {
		if why := r.needs(s); why != "" {
			return skip(why)
		}
	}
	j := &judge{session: s, rule: r.ID}
	j.run(r.test)
	verdict.Status, verdict.Messages, verdict.Duration = j.verdict(), j.messages(), time.Since(began)
	return verdict
}
