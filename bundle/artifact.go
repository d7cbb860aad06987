package bundle

import (
	"context"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/source"
)

// Artifact is what a bundle makes for others.
type Artifact struct {
	Name         string
	Type         artifacts.Ref
	Grants       []string                   // of the type's grants, those that can be bound
	OwnGrants    map[string]artifacts.Grant // the bundle's own, by name
	File         string
	Line, Column int

	value *expr.Expr
	node  *source.Node
}

// Exposed gives the grants that a consumer can bind, by name: of the type's, those that
// the bundle names, and its own.
func (a Artifact) Exposed(t *artifacts.Type) map[string]artifacts.Grant {
	exposed := map[string]artifacts.Grant{}
	for _, name := range a.Grants {
		if grant, ok := t.Grant(name); ok {
			exposed[name] = grant
		}
	}
	for name, grant := range a.OwnGrants {
		exposed[name] = grant
	}
	return exposed
}

// Evaluate gives the artifact's document.
func (a Artifact) Evaluate(ctx context.Context, scope *Scope) (Value, error) {
	e, err := newEvaluator(scope)
	if err != nil {
		return Value{}, err
	}
	return e.evaluate(ctx, &tree{node: a.node.Get("value"), expression: a.value})
}

// Parts gives the keys of the artifact's document, each judged alone: one that waits says
// nothing of the others. It is nil where the value is not an object whose keys can be seen.
func (a Artifact) Parts(ctx context.Context, scope *Scope) (map[string]Value, error) {
	if a.value == nil {
		return nil, nil
	}
	parts, err := a.value.Parts()
	if err != nil || parts == nil {
		return nil, err
	}
	inputs := make([]input, 0, len(parts))
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		inputs = append(inputs, input{key, &tree{node: a.node.Get("value"), expression: parts[key]}})
	}
	return evaluateAll(ctx, scope, inputs)
}

// Reads gives what of the scope the value may read.
func (a Artifact) Reads() []tenon.Path {
	if a.value == nil {
		return nil
	}
	return a.value.Reads()
}

// ValueProblem is a problem at the value of the artifact.
func (a Artifact) ValueProblem(rule, message, hint string) tenon.Problem {
	return a.node.Get("value").Problem(rule, message, hint)
}
