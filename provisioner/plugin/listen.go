package plugin

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"time"
)

// ears take what a plugin writes on its standard error: they log it, at most so much a
// second, and remember the last lines.
type ears struct {
	name   string
	logger *slog.Logger
	rate   int // bytes a second

	mu      sync.Mutex
	partial []byte
	last    []string
	second  time.Time
	taken   int
	lost    int
}

const (
	lastLines   = 5
	longestLine = 8 << 10
)

func (e *ears) Write(text []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for rest := text; len(rest) > 0; {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if room := longestLine - len(e.partial); len(line) > room {
			e.lost += len(line) - room
			line = line[:room]
		}
		e.partial = append(e.partial, line...)
		if !ended {
			break
		}
		e.line(strings.TrimSpace(strings.ToValidUTF8(string(e.partial), "?")))
		e.partial, rest = e.partial[:0], after
	}
	return len(text), nil
}

func (e *ears) line(line string) {
	if line == "" {
		return
	}
	if e.last = append(e.last, line); len(e.last) > lastLines {
		e.last = e.last[1:]
	}
	if now := time.Now(); now.Sub(e.second) >= time.Second {
		if e.lost > 0 {
			e.logger.Warn("a plugin says too much; some of it is left out", "plugin", e.name, "bytes", e.lost)
		}
		e.second, e.taken, e.lost = now, 0, 0
	}
	if e.taken += len(line) + 1; e.taken > e.rate {
		e.lost += len(line) + 1
		return
	}
	e.logger.Debug("plugin says", "plugin", e.name, "line", line)
}

// close says what was left out last.
func (e *ears) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lost > 0 {
		e.logger.Warn("a plugin says too much; some of it is left out", "plugin", e.name, "bytes", e.lost)
	}
	e.lost = 0
}

// words are the last lines.
func (e *ears) words() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	lines := append([]string(nil), e.last...)
	if rest := strings.TrimSpace(strings.ToValidUTF8(string(e.partial), "?")); rest != "" {
		lines = append(lines, rest)
	}
	return lines
}

// allowance is how many events a second a call may send; a long one counts for several.
type allowance struct {
	rate   int
	second time.Time
	taken  int
	lost   int
}

// ordinary is how many bytes an event has that counts for one.
const ordinary = 1 << 10

// take says whether one more may pass, and how many were left out before it.
func (a *allowance) take(now time.Time, bytes int) (pass bool, lost int) {
	if now.Sub(a.second) >= time.Second {
		lost, a.lost = a.lost, 0
		a.second, a.taken = now, 0
	}
	if a.taken += 1 + bytes/ordinary; a.taken > a.rate {
		a.lost++
		return false, lost
	}
	return true, lost
}
