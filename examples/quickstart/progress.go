package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// Send takes an event of a run: a line stays for each instance that has ended, and on a
// terminal one line below it tells in place what is running.
func (s *screen) Send(e deploy.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Type {
	case deploy.InstanceStarted:
		s.running = append(s.running, e.Instance)
	case deploy.ArtifactValid:
		s.valid[e.Instance] = append(s.valid[e.Instance], e.Message)
	case deploy.InstanceFinished:
		s.finish(e, s.green("✓"))
	case deploy.InstanceFailed:
		s.finish(e, s.red("✗"))
	case deploy.InstanceBlocked:
		s.finish(e, "-")
	default:
		return
	}
	s.draw()
}

func (s *screen) finish(e deploy.Event, mark string) {
	s.erase()
	s.running = slices.DeleteFunc(s.running, func(instance string) bool { return instance == e.Instance })
	what := strings.Join(append(s.valid[e.Instance], e.Reason), "  ")
	s.line("%s %-22s %4.1fs  %s", mark, e.Instance, e.Elapsed, s.dim(strings.TrimSpace(what)))
}

func (s *screen) draw() {
	if !s.terminal || len(s.running) == 0 {
		return
	}
	s.erase()
	fmt.Fprintf(s.w, "%*s%s", margin, "", s.dim("… "+strings.Join(s.running, ", ")))
	s.drawn = true
}

// erase takes the line in place away.
func (s *screen) erase() {
	if s.drawn {
		fmt.Fprint(s.w, "\r\x1b[K")
		s.drawn = false
	}
}

// settle ends what is drawn in place.
func (s *screen) settle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.running = nil
	clear(s.valid)
}
