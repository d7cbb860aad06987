package artifacts

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
	"github.com/osteele/liquid/render"
)

// loopTag is what a for of a template is called for the library, whose own loop neither
// counts its rounds nor goes through an object in order.
const loopTag = "tenonfor"

var (
	errBreak    = errors.New("break outside a loop")
	errContinue = errors.New("continue outside a loop")
)

// liquidLoops are the loops of one rendering.
type liquidLoops struct {
	budget *budget
	size   int // of the document
}

func (l *liquidLoops) add(cfg render.Config) {
	leave := func(how error) render.TagCompiler {
		return func(string) (func(io.Writer, render.Context) error, error) {
			return func(_ io.Writer, ctx render.Context) error { return ctx.WrapError(how) }, nil
		}
	}
	cfg.AddTag("break", leave(errBreak))
	cfg.AddTag("continue", leave(errContinue))
	cfg.AddBlock(loopTag).Clause("else").Compiler(l.compile)
}

func (l *liquidLoops) compile(node render.BlockNode) (func(io.Writer, render.Context) error, error) {
	statement, err := expressions.ParseStatement(expressions.LoopStatementSelector, node.Args)
	if err != nil {
		return nil, err
	}
	if len(node.Clauses) > 1 {
		return nil, errors.New("a loop has at most one else")
	}
	loop, parts := statement.Loop, liquidWeight(node.Body)
	return func(w io.Writer, ctx render.Context) error {
		items, err := l.items(loop, ctx)
		if err != nil {
			return err
		}
		if len(items) == 0 && len(node.Clauses) == 1 {
			return ctx.RenderBlock(w, node.Clauses[0])
		}
		defer func(outer, variable any) {
			ctx.Set("forloop", outer)
			ctx.Set(loop.Variable, variable)
		}(ctx.Get("forloop"), ctx.Get(loop.Variable))
		for i, item := range items {
			if err := l.budget.round(parts, l.size/256); err != nil {
				return err
			}
			ctx.Set(loop.Variable, item)
			ctx.Set("forloop", map[string]any{
				"first": i == 0, "last": i == len(items)-1, "length": len(items),
				"index": i + 1, "index0": i, "rindex": len(items) - i, "rindex0": len(items) - i - 1,
			})
			switch err := ctx.RenderChildren(w); {
			case err == nil, err.Cause() == errContinue: //nolint:errorlint // the library gives the very error
			case err.Cause() == errBreak: //nolint:errorlint // as above
				return nil
			default:
				return err
			}
		}
		return nil
	}, nil
}

// items of a loop: those of a list, or the keys and values of an object in order.
func (l *liquidLoops) items(loop expressions.Loop, ctx render.Context) ([]any, error) {
	v, err := ctx.Evaluate(loop.Expr)
	if err != nil {
		return nil, err
	}
	var items []any
	switch v := v.(type) {
	case []any:
		items = slices.Clone(v)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			items = append(items, []any{key, v[key]})
		}
	default:
		if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
			for i := range list.Len() {
				items = append(items, list.Index(i).Interface())
			}
		}
	}
	if err := l.budget.spend(16 * len(items)); err != nil {
		return nil, err
	}
	if loop.Reversed {
		slices.Reverse(items)
	}
	count := func(e expressions.Expression, otherwise int) (int, error) {
		if e == nil {
			return otherwise, nil
		}
		v, err := ctx.Evaluate(e)
		if err != nil {
			return 0, err
		}
		n, ok := v.(int)
		if !ok {
			return 0, errors.New("limit and offset of a loop are whole numbers")
		}
		return min(max(n, 0), len(items)), nil
	}
	offset, err := count(loop.Offset, 0)
	if err != nil {
		return nil, err
	}
	items = items[offset:]
	limit, err := count(loop.Limit, len(items))
	if err != nil {
		return nil, err
	}
	return items[:limit], nil
}

// liquidWeight counts the parts that a round of a loop goes through; loops within count
// their own.
func liquidWeight(nodes []render.Node) int {
	n := 0
	for _, node := range nodes {
		n++
		if block, ok := node.(*render.BlockNode); ok {
			if block.Name != loopTag {
				n += liquidWeight(block.Body)
			}
			for _, clause := range block.Clauses {
				n += liquidWeight([]render.Node{clause})
			}
		}
	}
	return n
}

// countedFilters are the library's filters that a template may use, paid for.
type countedFilters struct {
	cfg    *render.Config
	budget *budget
}

var errorType = reflect.TypeFor[error]()

func (f countedFilters) AddFilter(name string, filter any) {
	switch {
	case !slices.Contains(liquidFilters, name):
		return
	case name == "join":
		f.cfg.AddFilter(name, f.join)
		return
	}
	whole := reflect.ValueOf(filter)
	var in []reflect.Type
	for i := range whole.Type().NumIn() {
		in = append(in, whole.Type().In(i))
	}
	out := whole.Type().Out(0)
	counted := func(arguments []reflect.Value) []reflect.Value {
		fail := func(err error) []reflect.Value {
			return []reflect.Value{reflect.Zero(out), reflect.ValueOf(&err).Elem()}
		}
		cost := 0
		for _, argument := range arguments {
			if argument.Kind() != reflect.Func {
				cost += sizeOf(argument.Interface())
			}
		}
		if name == "uniq" { // it compares each with each
			cost *= arguments[0].Len()
		}
		if err := f.budget.spend(cost); err != nil {
			return fail(err)
		}
		results := whole.Call(arguments)
		if text, ok := results[0].Interface().(string); ok && len(text) > maxExport {
			return fail(f.budget.fail(errTooMuch))
		}
		if err := f.budget.spend(sizeOf(results[0].Interface())); err != nil {
			return fail(err)
		}
		return append(results[:1], append(results[1:], reflect.Zero(errorType))[0])
	}
	f.cfg.AddFilter(name, reflect.MakeFunc(reflect.FuncOf(in, []reflect.Type{out, errorType}, false), counted).Interface())
}

func (f countedFilters) join(list []any, separator func(string) string) (string, error) {
	between := separator(" ")
	var joined strings.Builder
	first := true
	for _, item := range list {
		if item == nil {
			continue
		}
		if err := f.budget.spend(sizeOf(item)); err != nil {
			return "", err
		}
		text := fmt.Sprint(item)
		if !first {
			text = between + text
		}
		first = false
		if joined.Len()+len(text) > maxExport {
			return "", f.budget.fail(errTooMuch)
		}
		joined.WriteString(text)
	}
	return f.budget.text(joined.String(), nil)
}
