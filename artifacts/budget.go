package artifacts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
)

// What one export may cost. Work is counted and not timed, so that the answer is the same
// on every machine.
const (
	maxExport   = 1 << 20   // bytes of the file, and of each text on the way to it
	maxTemplate = 256 << 10 // bytes of a template
	maxWork     = 64 << 20  // bytes that functions read and write; what loops do counts as perNode
	perNode     = 256       // bytes that a part of the body of a loop counts, each round
)

var errTooMuch = errors.New("it takes too much")

// tooMuch is errTooMuch as a person reads it.
func tooMuch() *ExportError {
	return &ExportError{Reason: fmt.Sprintf("it takes more than %d bytes, or too many rounds of its loops", maxExport)}
}

// budget is what is left to one export. It remembers why it stopped one: libraries on the
// way wrap an error as they like.
type budget struct {
	ctx    context.Context
	left   int
	failed error
}

func newBudget(ctx context.Context) *budget { return &budget{ctx: ctx, left: maxWork} }

func (b *budget) fail(err error) error {
	if b.failed == nil {
		b.failed = err
	}
	return b.failed
}

func (b *budget) spend(n int) error {
	if b.left -= n; b.left < 0 {
		return b.fail(errTooMuch)
	}
	return nil
}

// text pays for a text that a function made.
func (b *budget) text(text string, err error) (string, error) {
	switch {
	case err != nil:
		return "", err
	case len(text) > maxExport:
		return "", b.fail(errTooMuch)
	}
	return text, b.spend(len(text))
}

// round pays for one round of a loop whose body has so many parts, each of which may look
// at so many bytes.
func (b *budget) round(parts, bytes int) error {
	if err := b.ctx.Err(); err != nil {
		return b.fail(err)
	}
	return b.spend((parts + 1) * max(perNode, bytes))
}

// why is the error of an export that this budget stopped; nil where it stopped none.
func (b *budget) why() error {
	if b.failed == nil || !errors.Is(b.failed, errTooMuch) {
		return b.failed
	}
	return tooMuch()
}

// sizeOf is what it takes to read a value once, roughly.
func sizeOf(v any) int {
	switch v := v.(type) {
	case string:
		return len(v)
	case []any:
		n := 16
		for _, item := range v {
			n += 16 + sizeOf(item)
		}
		return n
	case map[string]any:
		n := 16
		for key, item := range v {
			n += 16 + len(key) + sizeOf(item)
		}
		return n
	}
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		n := 16
		for i := range list.Len() {
			n += 16 + sizeOf(list.Index(i).Interface())
		}
		return n
	}
	return 16
}

// bounded takes no more than a file may have.
type bounded struct {
	bytes.Buffer
	budget *budget
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxExport {
		return 0, b.budget.fail(errTooMuch)
	}
	return b.Buffer.Write(p)
}
