// Package expr compiles and runs jq expressions with a closed set of functions and caps on
// what they may cost, and says before a run which parts of the input they may read.
//
//	e, err := expr.Compile(`.connections.db | "postgres://\(.username)@\(.host)"`)
//	e.Reads() // connections.db.host, connections.db.username
//	text, err := e.Run(ctx, input)
//
// The interpreter is itchyny/gojq. Before it compiles, the parsed expression is walked:
// what is not on the list of functions is refused, and whatever could make a large value
// out of a small one goes through a check. There are no definitions, no loops but over
// what is there, no assignments, no clock, no environment, no input, no debug, no halt,
// no string repetition; catch sees only that something failed. Every instruction is counted. Limits: see the constants; the same
// expression over the same input ends the same way on every machine, but for MaxTime.
//
// An Expr is safe for concurrent use.
package expr

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/itchyny/gojq"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Limits of an expression and of one run.
const (
	MaxText  = 8 << 10         // bytes of an expression
	MaxBytes = 4 << 20         // of the texts in the input and in any value on the way
	MaxNodes = 200_000         // values in the same
	MaxSteps = 2_000_000       // instructions of the interpreter
	MaxTime  = 2 * time.Second // a last resort; the steps end first
	maxDepth = 100             // nesting of an expression
)

// Expr is a compiled expression.
type Expr struct {
	text  string
	code  *gojq.Code
	reads []tenon.Path
	keys  []string // of an object at the top; nil where they cannot be said
}

// Compile parses and compiles text. The error is a tenon.Problem of rule bad-expression
// that says what is wrong and where in the text.
func Compile(text string) (*Expr, error) {
	bad := func(format string, arguments ...any) error {
		return tenon.Problem{Rule: "bad-expression", Message: fmt.Sprintf(format, arguments...)}
	}
	if len(text) > MaxText {
		return nil, bad("the expression is longer than %d bytes", MaxText)
	}
	query, err := parse(text)
	if err != nil {
		return nil, bad("the expression does not parse: %s", syntax(text, err))
	}
	if err := check(query, 0); err != nil {
		return nil, bad("%s", err)
	}
	reads, keys := readsOf(query), keysOf(query)
	code, err := gojq.Compile(guarded(query), options...)
	if err != nil {
		return nil, bad("the expression does not compile: %s", err)
	}
	return &Expr{text: text, code: code, reads: reads, keys: keys}, nil
}

func parse(text string) (query *gojq.Query, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("the parser gave up: %v", recovered)
		}
	}()
	return gojq.Parse(text)
}

func syntax(text string, err error) string {
	var at *gojq.ParseError
	if !errors.As(err, &at) {
		return err.Error()
	}
	if at.Token == "" {
		return "it ends too early"
	}
	column := max(at.Offset-len(at.Token), 0) + 1
	return fmt.Sprintf("unexpected %q at character %d", at.Token, min(column, len(text)+1))
}

// String is the text of the expression.
func (e *Expr) String() string { return e.text }

// Run evaluates the expression over input, a document in the form of package value, which
// is not changed, and gives its one result in the same form. The error is a tenon.Problem
// of rule expression-failed (or ctx's error) and never holds a value of the input.
func (e *Expr) Run(ctx context.Context, input any) (any, error) {
	if !fits(input) {
		return nil, failed("the input is larger than an expression may take")
	}
	counted := &countingContext{Context: ctx, until: time.Now().Add(MaxTime)}
	results := e.code.RunWithContext(counted, input)
	result, ok := results.Next()
	if !ok {
		return nil, e.explain(ctx, counted, nil, "gives no result")
	}
	if err, isError := result.(error); isError {
		return nil, e.explain(ctx, counted, err, "")
	}
	if more, ok := results.Next(); ok {
		if err, isError := more.(error); isError {
			return nil, e.explain(ctx, counted, err, "")
		}
		return nil, e.explain(ctx, counted, nil, "gives more than one result; put it in brackets to make a list")
	}
	if !fits(result) {
		return nil, failed("the result is too large")
	}
	normal, err := value.Normal(result)
	if err != nil {
		return nil, failed("the result is not a document: a number is not finite")
	}
	return normal, nil
}

func failed(message string) error {
	return tenon.Problem{Rule: "expression-failed", Message: message}
}

// explain gives the error of a run in words that hold no value of the input.
func (e *Expr) explain(ctx context.Context, counted *countingContext, err error, message string) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case counted.spent:
		message = fmt.Sprintf("takes more than %d steps", MaxSteps)
	case counted.late:
		message = fmt.Sprintf("takes longer than %s", MaxTime)
	case err != nil:
		message = safeWords(err)
	}
	return failed(fmt.Sprintf("the expression %s %s", short(e.text), message))
}

// knownWords are how the interpreter begins a complaint about types; what follows them
// may be a value.
var knownWords = regexp.MustCompile(`^(expected an? [a-z]+(?: for [a-z ]+)? but got: (?:null|boolean|number|string|array|object)|cannot iterate over: (?:null|boolean|number|string|array|object)|cannot (?:add|subtract|multiply|divide|modulo): (?:null|boolean|number|string|array|object))`)

func safeWords(err error) string {
	var own ownError
	if errors.As(err, &own) {
		return "fails: " + string(own)
	}
	if words := knownWords.FindString(err.Error()); words != "" {
		return "fails: " + words
	}
	return "fails on these values"
}

// ownError is an error of a function of this package: its text holds no value.
type ownError string

func (e ownError) Error() string { return string(e) }

func short(text string) string {
	const most = 60
	if len(text) > most {
		return fmt.Sprintf("%q…", text[:most])
	}
	return fmt.Sprintf("%q", text)
}

// countingContext counts the interpreter's instructions: it asks for Done before each.
type countingContext struct {
	context.Context
	until       time.Time
	steps       int
	spent, late bool
}

var closed = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

func (c *countingContext) Done() <-chan struct{} {
	c.steps++
	switch {
	case c.steps > MaxSteps:
		c.spent = true
		return closed
	case c.steps%512 == 0 && time.Now().After(c.until):
		c.late = true
		return closed
	}
	return c.Context.Done()
}

func (c *countingContext) Err() error {
	if c.spent || c.late {
		return context.DeadlineExceeded
	}
	return c.Context.Err()
}
