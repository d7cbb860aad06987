package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// live draws a run on a terminal: what is finished stays and scrolls up, what is running
// is drawn in place below it, with what it is at and for how long.
type live struct {
	w       io.Writer
	colored bool
	stop    chan struct{}
	stopped sync.WaitGroup

	mu          sync.Mutex
	began       time.Time
	running     []*row // in the order of their start
	done, total int
	drawn       int // lines that the next drawing replaces
	turn        int
}

// row is one running instance.
type row struct {
	instance, at string
	since        time.Time
}

func newLive(w io.Writer, colored bool) *live {
	l := &live{w: w, colored: colored, stop: make(chan struct{}), began: time.Now()}
	l.stopped.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-tick.C:
				l.mu.Lock()
				l.turn++
				l.draw()
				l.mu.Unlock()
			}
		}
	})
	return l
}

// Send takes an event in and draws what it changed.
func (l *live) Send(e deploy.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.Total > 0 {
		l.total = e.Total
	}
	switch e.Type {
	case deploy.InstanceFinished, deploy.InstanceSkipped, deploy.InstanceFailed, deploy.InstanceBlocked:
		l.done++
	}
	switch e.Type {
	case deploy.InstanceStarted:
		l.running = append(l.running, &row{instance: e.Instance, since: time.Now()})
	case deploy.StepStarted:
		l.at(e.Instance, e.Step)
	case deploy.ResourceStarted, deploy.ResourceProgress:
		l.at(e.Instance, strings.TrimSpace(e.Step+"  "+e.Resource))
	case deploy.InstanceFinished:
		l.finish(e, green("✓"), "")
	case deploy.InstanceSkipped:
		l.finish(e, dim("="), "unchanged")
	case deploy.InstanceFailed:
		l.finish(e, red("✗"), "failed")
	case deploy.InstanceBlocked:
		l.finish(e, yellow("-"), "blocked")
	default:
		return
	}
	l.draw()
}

func (l *live) at(instance, what string) {
	for _, r := range l.running {
		if r.instance == instance {
			r.at = what
		}
	}
}

// finish takes an instance out of what is drawn in place and leaves a line for good.
func (l *live) finish(e deploy.Event, mark, word string) {
	took := ""
	l.running = slices.DeleteFunc(l.running, func(r *row) bool {
		if r.instance == e.Instance {
			took = elapsed(time.Since(r.since))
		}
		return r.instance == e.Instance
	})
	parts := []string{mark, e.Instance, word, e.Reason, took}
	l.keep(strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  "))
}

// keep prints a line that stays, above what is drawn in place.
func (l *live) keep(text string) {
	fmt.Fprint(l.w, l.rewind()+l.paint(text)+"\n")
	l.drawn = 0
}

func (l *live) note(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keep(yellow(text))
	l.draw()
}

func (l *live) close() {
	close(l.stop)
	l.stopped.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprint(l.w, l.rewind())
	l.drawn = 0
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// draw replaces the lines at the bottom.
func (l *live) draw() {
	width, height := 80, 24
	if f, ok := l.w.(*os.File); ok {
		if w, h, err := term.GetSize(int(f.Fd())); err == nil && w > 0 && h > 0 {
			width, height = w, h
		}
	}
	if len(l.running) == 0 {
		return
	}
	var lines []string
	for i, r := range l.running {
		if left := len(l.running) - i; len(lines) >= height-3 && left > 1 {
			lines = append(lines, fmt.Sprintf("  and %d more", left))
			break
		}
		lines = append(lines, fmt.Sprintf("%s  %s  %s  %s", spinner[l.turn%len(spinner)], r.instance, r.at, elapsed(time.Since(r.since))))
	}
	if l.total > 0 {
		lines = append(lines, fmt.Sprintf("   %d of %d done  %s", l.done, l.total, elapsed(time.Since(l.began))))
	}
	var b strings.Builder
	b.WriteString(l.rewind())
	for _, text := range lines {
		b.WriteString(cut(text, width-1) + "\n")
	}
	fmt.Fprint(l.w, b.String())
	l.drawn = len(lines)
}

// rewind goes back to where the last drawing began and clears it.
func (l *live) rewind() string {
	if l.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dA\r\x1b[J", l.drawn)
}

// paint keeps the colours of a text, or takes them out.
func (l *live) paint(text string) string {
	if l.colored {
		return text
	}
	return plain.Replace(text)
}

// cut shortens a line without colours to the width of the terminal, so that it takes one
// line there.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width || width < 1 {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
