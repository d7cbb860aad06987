package tenon

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Severity says how bad a Problem is. The zero value is Error.
type Severity int

const (
	Error   Severity = iota // it cannot go on like this
	Warning                 // it can, but probably should not
)

// String is error or warning.
func (s Severity) String() string {
	if s == Warning {
		return "warning"
	}
	return "error"
}

// MarshalJSON writes the severity as its String.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads what MarshalJSON writes; another word is an error.
func (s *Severity) UnmarshalJSON(text []byte) error {
	switch string(text) {
	case `"error"`:
		*s = Error
	case `"warning"`:
		*s = Warning
	default:
		return fmt.Errorf("%s is neither error nor warning", text)
	}
	return nil
}

// A Problem is a person's mistake, or what a tool said of one: what is wrong, where,
// and the cure where it is known. It never holds a value that may be secret.
type Problem struct {
	Severity Severity `json:"severity"`
	Rule     string   `json:"rule"`             // stable id of the rule that found it: unknown-type
	File     string   `json:"file,omitempty"`   // as the caller named it, slashes; empty when there is none
	Line     int      `json:"line,omitempty"`   // from 1; 0 when not known
	Column   int      `json:"column,omitempty"` // from 1, in bytes; 0 when not known
	Path     Path     `json:"path"`             // into the document
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"` // the cure
}

// String writes the problem on one line:
//
//	bundle.yaml:12:9: connections.db: unknown artifact type "postgress" (did you mean "postgresql"?)
func (p Problem) String() string {
	var b strings.Builder
	if p.File != "" {
		b.WriteString(p.File)
		if p.Line > 0 {
			b.WriteString(":" + strconv.Itoa(p.Line))
			if p.Column > 0 {
				b.WriteString(":" + strconv.Itoa(p.Column))
			}
		}
		b.WriteString(": ")
	}
	if p.Severity == Warning {
		b.WriteString("warning: ")
	}
	if !p.Path.IsRoot() {
		b.WriteString(p.Path.String() + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Error is String: one problem can travel as an error by itself.
func (p Problem) Error() string { return p.String() }

// Problems are all mistakes of one run. As an error they open with errors.As:
//
//	var problems tenon.Problems
//	if errors.As(err, &problems) { … }
//
// The zero value is empty and ready. Not safe for concurrent use while it is added to.
type Problems []Problem

// Add takes problems in, in any order.
func (list *Problems) Add(problems ...Problem) { *list = append(*list, problems...) }

// AddError takes in what err holds: its problems where it has some, else one problem
// with the rule and the error's text. A nil error adds nothing.
func (list *Problems) AddError(rule string, err error) {
	if err == nil {
		return
	}
	if found := ProblemsOf(err); found != nil {
		list.Add(found...)
		return
	}
	list.Add(Problem{Rule: rule, Message: err.Error()})
}

// Sorted gives the problems by file, line, column, path, severity, rule and message,
// each once. The list itself is left as it was.
func (list Problems) Sorted() Problems {
	sorted := slices.Clone(list)
	slices.SortFunc(sorted, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path.steps, b.Path.steps), cmp.Compare(a.Severity, b.Severity),
			cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Message, b.Message), cmp.Compare(a.Hint, b.Hint),
		)
	})
	return slices.Compact(sorted)
}

// HasErrors says that at least one problem is an error.
func (list Problems) HasErrors() bool {
	return slices.ContainsFunc(list, func(p Problem) bool { return p.Severity == Error })
}

// Warnings gives those that are only warnings.
func (list Problems) Warnings() Problems {
	return slices.DeleteFunc(list.Sorted(), func(p Problem) bool { return p.Severity == Error })
}

// Err gives the problems, sorted, as one error; nil when none of them is an error.
// Warnings alone do not stop anything: callers that show them read the list.
func (list Problems) Err() error {
	if !list.HasErrors() {
		return nil
	}
	return list.Sorted()
}

// Error writes one problem a line.
func (list Problems) Error() string {
	if len(list) == 0 {
		return "no problems"
	}
	lines := make([]string, len(list))
	for i, p := range list {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// MarshalJSON writes the sorted problems; an empty list is [], never null.
func (list Problems) MarshalJSON() ([]byte, error) {
	if len(list) == 0 {
		return []byte("[]"), nil
	}
	return json.Marshal([]Problem(list.Sorted()))
}

// DidYouMean is a hint that names the candidate nearest to got, as in
// did you mean "postgresql"? It is empty when none is near.
func DidYouMean(got string, candidates []string) string {
	best, bestDistance := "", len([]rune(got))/3+2
	for _, candidate := range slices.Sorted(slices.Values(candidates)) {
		shared := max(len([]rune(got)), len([]rune(candidate))) // less than this: something is the same
		if d := editDistance(got, candidate, min(bestDistance, shared)); d < min(bestDistance, shared) {
			best, bestDistance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %q?", best)
}

// ProblemsOf gives the problems that err holds: a list, or one by itself. It is nil
// where err holds none.
func ProblemsOf(err error) Problems {
	var list Problems
	if errors.As(err, &list) {
		return list
	}
	var one Problem
	if errors.As(err, &one) {
		return Problems{one}
	}
	return nil
}
