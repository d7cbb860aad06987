package drivertest

import (
	"fmt"
	"runtime/debug"
	"slices"
)

// rule is a Rule that can be tested.
type rule struct {
	Rule
	law   bool                  // of every call; tested also after a call that never returned
	needs func(*session) string // why it cannot be tested; empty where it can
	test  func(j *judge)
}

// judge tests one rule and remembers what it found.
type judge struct {
	*session
	rule    string
	said    []string
	skipped string
}

// most is how many findings of one rule are told.
const most = 8

type stopped struct{}

// errorf notes that the rule is broken.
func (j *judge) errorf(format string, arguments ...any) {
	text := fmt.Sprintf(format, arguments...)
	if text = j.hide(text); !slices.Contains(j.said, text) {
		j.said = append(j.said, text)
	}
}

// fatalf does so, and ends the test of the rule.
func (j *judge) fatalf(format string, arguments ...any) {
	j.errorf(format, arguments...)
	panic(stopped{})
}

// skipf ends the test of a rule that turns out not to be for this driver.
func (j *judge) skipf(format string, arguments ...any) {
	j.skipped = j.hide(fmt.Sprintf(format, arguments...))
	panic(stopped{})
}

func (j *judge) run(test func(*judge)) {
	defer func() {
		switch cause := recover(); cause.(type) {
		case nil, stopped:
		default: // a function of the harness
			j.errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	test(j)
}

func (j *judge) verdict() Status {
	switch {
	case len(j.said) > 0:
		return Failed
	case j.skipped != "":
		return Skipped
	}
	return Passed
}

func (j *judge) messages() []string {
	if len(j.said) > most {
		return append(slices.Clone(j.said[:most]), fmt.Sprintf("and %d more", len(j.said)-most))
	}
	if len(j.said) == 0 && j.skipped != "" {
		return []string{j.skipped}
	}
	return j.said
}

// good stops unless a call has succeeded.
func (j *judge) good(t *turn) *turn {
	if why := t.trouble(); why != "" {
		j.fatalf("%s", why)
	}
	return t
}
