package bundle

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Scope is what expressions see: {params, connections, outputs, steps, access, metadata}.
// Unknown, Mocked and Sensitive name parts of it by path, such as connections.db or
// connections.db.password; each stands for all that is below it. What is unknown has no
// value, what is mocked has one that stands in for the real one.
type Scope struct {
	Params      map[string]any
	Connections map[string]any            // slot → document; null for an optional slot that nothing fills
	Outputs     map[string]any            // of the last step
	Steps       map[string]map[string]any // step → outputs
	Access      map[string]any            // platform → rendered access
	Metadata    map[string]any
	Unknown     []tenon.Path
	Mocked      []tenon.Path
	Sensitive   []tenon.Path
}

// document is the scope as expressions see it.
func (s *Scope) document() (any, error) {
	steps := make(map[string]any, len(s.Steps))
	for name, outputs := range s.Steps {
		steps[name] = map[string]any{"outputs": outputs}
	}
	return value.Normal(map[string]any{
		"params": s.Params, "connections": s.Connections, "outputs": s.Outputs,
		"steps": steps, "access": s.Access, "metadata": s.Metadata,
	})
}

// Value is what an expression gave.
type Value struct {
	Value     any          // a document; nil where it waits
	Waits     []tenon.Path // parts of the scope that are not known and that it may read
	Mocks     []tenon.Path // parts of the scope that stand in for real ones and that it may read
	Sensitive bool         // it may read a sensitive part
}

// Known says that the value rests on nothing that is not known, and on no stand-in.
func (v Value) Known() bool { return len(v.Waits)+len(v.Mocks) == 0 }

// There says that there is a value, be it a real one or one that rests on stand-ins.
func (v Value) There() bool { return len(v.Waits) == 0 }

// judge says what of a value that reads this is not known, a stand-in, or secret.
func (s *Scope) judge(reads []tenon.Path) Value {
	return Value{
		Waits: overlapping(s.Unknown, reads), Mocks: overlapping(s.Mocked, reads),
		Sensitive: len(overlapping(s.Sensitive, reads)) > 0,
	}
}

// evaluator runs expressions over one scope.
type evaluator struct {
	scope    *Scope
	document any
}

func newEvaluator(scope *Scope) (*evaluator, error) {
	if scope == nil {
		scope = &Scope{}
	}
	document, err := scope.document()
	if err != nil {
		return nil, err
	}
	return &evaluator{scope: scope, document: document}, nil
}

// evaluate gives the value of the tree: unknown as a whole where one of its expressions
// may read what is not known.
func (e *evaluator) evaluate(ctx context.Context, t *tree) (Value, error) {
	if t == nil {
		return Value{}, nil
	}
	result := e.scope.judge(t.reads())
	if !result.There() {
		return result, nil
	}
	var err error
	result.Value, err = e.build(ctx, t)
	return result, err
}

func (e *evaluator) build(ctx context.Context, t *tree) (any, error) {
	switch {
	case t.keys != nil:
		object := make(map[string]any, len(t.keys))
		for key, below := range t.keys {
			v, err := e.build(ctx, below)
			if err != nil {
				return nil, err
			}
			object[key] = v
		}
		return object, nil
	case t.items != nil:
		list := make([]any, len(t.items))
		for i, below := range t.items {
			v, err := e.build(ctx, below)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	case t.expression != nil:
		return e.run(ctx, t.node, t.expression)
	}
	return t.literal, nil
}

func (e *evaluator) run(ctx context.Context, node *source.Node, expression *expr.Expr) (any, error) {
	v, err := expression.Run(ctx, e.document)
	var p tenon.Problem
	if errors.As(err, &p) {
		return nil, node.Problem(p.Rule, p.Message, p.Hint)
	}
	return v, err
}

// overlapping gives those of parts that one of reads overlaps, each once, in order.
func overlapping(parts, reads []tenon.Path) []tenon.Path {
	var found []tenon.Path
	for _, part := range parts {
		if slices.ContainsFunc(reads, func(read tenon.Path) bool { return value.Overlaps(part, read) }) && !slices.Contains(found, part) {
			found = append(found, part)
		}
	}
	slices.SortFunc(found, func(a, b tenon.Path) int {
		if a.Pointer() < b.Pointer() {
			return -1
		}
		return 1
	})
	return found
}

type input struct {
	name string
	tree *tree
}

// evaluateAll evaluates named inputs.
func evaluateAll(ctx context.Context, scope *Scope, inputs []input) (map[string]Value, error) {
	e, err := newEvaluator(scope)
	if err != nil {
		return nil, err
	}
	var problems tenon.Problems
	values := make(map[string]Value, len(inputs))
	for _, in := range inputs {
		v, err := e.evaluate(ctx, in.tree)
		if err != nil {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			problems.AddError("expression-failed", fmt.Errorf("%s: %w", in.name, err))
			continue
		}
		values[in.name] = v
	}
	return values, problems.Err()
}
