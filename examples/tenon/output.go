package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"text/tabwriter"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Exit statuses.
const (
	isSo        = 0
	isNot       = 1
	couldNotRun = 2
)

// answered is the exit status of a command that has said everything already.
type answered int

func (status answered) Error() string { return fmt.Sprintf("exit status %d", int(status)) }

// usageError is a command that was called wrong.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usage(format string, values ...any) error { return &usageError{fmt.Sprintf(format, values...)} }

// exit prints what is still to be said of err and gives the exit status.
func (a *app) exit(err error) int {
	var said answered
	switch {
	case err == nil:
		return isSo
	case errors.As(err, &said):
		return int(said)
	}
	status, problems := explain(err)
	if !a.json {
		a.report(problems)
	} else if err := a.document(problemsDocument{problems}); err != nil {
		return couldNotRun
	}
	return status
}

// explain gives the exit status that an error means, and the error as problems.
func explain(err error) (int, tenon.Problems) {
	if problems := tenon.ProblemsOf(err); problems != nil {
		return isNot, problems
	}
	var wrong *usageError
	var unreadable *fs.PathError
	var lost *store.KeyError
	var damaged *store.DamagedError
	var newer *store.VersionError
	status, rule := isNot, "failed"
	switch {
	case errors.As(err, &wrong):
		status, rule = couldNotRun, "usage"
	case errors.As(err, &lost), errors.As(err, &damaged), errors.As(err, &newer), errors.Is(err, store.ErrNotWritable):
		status, rule = couldNotRun, "store"
	case errors.As(err, &unreadable):
		status, rule = couldNotRun, "unreadable"
	}
	return status, tenon.Problems{{Rule: rule, Message: err.Error()}}
}

// problemsDocument is what a command prints that has nothing but problems to show.
type problemsDocument struct {
	Problems tenon.Problems `json:"problems"`
}

// report writes problems to stderr, one a line.
func (a *app) report(problems tenon.Problems) {
	for _, p := range problems.Sorted() {
		fmt.Fprintln(a.stderr, p)
	}
}

// answer prints the one document of a command: as JSON, or as the text that write makes.
func (a *app) answer(document any, write func(w io.Writer)) error {
	if a.json {
		return a.document(document)
	}
	var b strings.Builder
	write(&b)
	_, err := io.WriteString(a.stdout, b.String())
	return err
}

// verdict is answer for commands that find problems: in the document with --json, on
// stderr without. Errors among them make the answer a no.
func (a *app) verdict(problems tenon.Problems, document any, write func(w io.Writer)) error {
	if !a.json {
		a.report(problems)
	}
	if err := a.answer(document, write); err != nil {
		return err
	}
	if problems.HasErrors() {
		return answered(isNot)
	}
	return nil
}

func (a *app) document(document any) error {
	encoder := json.NewEncoder(a.stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// table writes rows in aligned columns.
func table(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(t, strings.TrimRight(strings.Join(row, "\t"), "\t"))
	}
	t.Flush()
}

// count says how many there are of a thing: 1 type, 2 types.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// orEmpty makes a missing list an empty one, for JSON.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// indented is a document as JSON for people.
func indented(document any) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}
