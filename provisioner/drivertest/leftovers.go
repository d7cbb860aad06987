package drivertest

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"
	"time"
)

func leftoverRules() []rule {
	return []rule{
		{Rule: Rule{"no-goroutine-is-left", "A call leaves no goroutine behind."}, test: noGoroutineLeft},
		{Rule: Rule{"no-process-is-left", "Every process that a call has started has ended."}, law: true, needs: needsProcesses, test: noProcessLeft},
	}
}

func needsProcesses(*session) string {
	if !canSeeProcesses {
		return "this system does not tell which processes there are"
	}
	return ""
}

// patience is how long what was left behind may take to end.
const patience = 5 * time.Second

func eventually(gone func() bool) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if gone() {
			return true
		}
	}
	return gone()
}

// goroutineLabel marks the goroutines of a call: those that it starts inherit it.
const goroutineLabel = "drivertest"

// noGoroutineLeft lets a driver do everything once, so that what it keeps for good is
// there, and then again.
func noGoroutineLeft(j *judge) {
	j.good(j.life().turn("apply"))
	before := map[string]int{}
	eventually(func() bool { before = goroutines(j.root); return len(before) == 0 })
	st := j.newStep("no-goroutine-is-left")
	for range 3 {
		j.good(st.plan(order{name: "plan"}))
		j.good(st.apply(order{name: "apply"}))
		j.good(st.destroy(order{name: "destroy"}))
	}
	var left []string
	if !eventually(func() bool {
		left = nil
		for place, count := range goroutines(j.root) {
			if count > before[place] {
				left = append(left, fmt.Sprintf("%d at %s", count-before[place], place))
			}
		}
		return len(left) == 0
	}) {
		j.errorf("goroutines are left: %s", strings.Join(left, ", "))
	}
}

// goroutines counts those with our label, by where they are.
func goroutines(label string) map[string]int {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return nil
	}
	found := map[string]int{}
	mark := fmt.Sprintf("%q:%q", goroutineLabel, label)
	for _, part := range strings.Split(text.String(), "\n\n") {
		if !strings.Contains(part, mark) {
			continue
		}
		var count int
		place := ""
		for line := range strings.Lines(part) {
			if n, _ := fmt.Sscanf(line, "%d @", &count); n == 1 || !strings.HasPrefix(line, "#\t") {
				continue
			}
			if fields := strings.Fields(line); len(fields) > 2 && (place == "" || strings.HasPrefix(place, "runtime.") || strings.HasPrefix(place, "time.")) {
				place = fields[2]
			}
		}
		found[place] += count
	}
	return found
}

// noProcessLeft looks for processes that were started since the check began, below this
// one or in a work folder.
func noProcessLeft(j *judge) {
	if j.isStuck() == "" {
		j.life()
	}
	var left []processOf
	if !eventually(func() bool {
		left = nil
		for _, p := range descendants(j.root) {
			if !j.atWork[p.pid] {
				left = append(left, p)
			}
		}
		return len(left) == 0
	}) {
		for _, p := range left {
			j.errorf("the process %d is left: %s", p.pid, p.name)
		}
	}
}

// processOf is a process that may be the driver's.
type processOf struct {
	pid  int
	name string
}
