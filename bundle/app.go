package bundle

import (
	"context"

	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// App is the workload that a bundle runs.
type App struct {
	Identity string      // function, container, vm, kubernetes; empty: none
	Secrets  []AppSecret // by name

	image *tree
	env   []input
	node  *source.Node
}

// AppSecret is a secret that the workload takes from whoever deploys it.
type AppSecret struct {
	Name        string
	Description string
	Required    bool
}

// Env gives the environment variables by name. A text stands as it is, anything else as
// JSON; a variable whose expression gives null is left out. One that may read a sensitive
// part of the scope is Sensitive.
func (a *App) Env(ctx context.Context, scope *Scope) (map[string]Value, error) {
	values, err := evaluateAll(ctx, scope, a.env)
	if err != nil {
		return nil, err
	}
	for name, v := range values {
		if !v.There() {
			continue
		}
		switch plain := v.Value.(type) {
		case nil:
			delete(values, name)
		case string:
		default:
			v.Value = string(value.Canonical(plain))
			values[name] = v
		}
	}
	return values, nil
}

// Image gives the image that the workload runs; a nil value where the bundle names none.
func (a *App) Image(ctx context.Context, scope *Scope) (Value, error) {
	e, err := newEvaluator(scope)
	if err != nil {
		return Value{}, err
	}
	return e.evaluate(ctx, a.image)
}
