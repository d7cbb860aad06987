package bundle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/tagging"
)

// fields looks at every expression and template: what it reads must exist.
func fields(l *linting) {
	l.templates()
	for i, s := range l.bundle.Steps {
		for _, in := range s.inputs {
			in.tree.expressions(func(node *source.Node, e *expr.Expr) { l.reads(node, e, i) })
		}
		for _, p := range s.providers {
			p.settings.expressions(func(node *source.Node, e *expr.Expr) { l.reads(node, e, i) })
		}
	}
	all := len(l.bundle.Steps)
	for _, a := range l.bundle.Artifacts {
		if a.value != nil {
			l.reads(a.node.Get("value"), a.value, all)
		}
	}
	if app := l.bundle.App; app != nil {
		see := func(node *source.Node, e *expr.Expr) { l.reads(node, e, all) }
		app.image.expressions(see)
		for _, in := range app.env {
			in.tree.expressions(see)
		}
	}
}

var roots = []string{"access", "connections", "metadata", "outputs", "params", "steps"}

// reads checks what one expression reads. It stands in the step with index before, or
// after all steps.
func (l *linting) reads(node *source.Node, e *expr.Expr, before int) {
	if hint := dashHint(l.bundle.node, node); hint != "" {
		l.warn(node.Problem(l.rule, "it subtracts, where a name with a dash may be meant", hint))
	}
	for _, path := range e.Reads() {
		steps := path.Steps()
		if len(steps) == 0 || steps[0] == "*" {
			continue
		}
		root, _ := steps[0].(string)
		second := ""
		if len(steps) > 1 {
			second, _ = steps[1].(string)
		}
		switch root {
		case "params":
			l.readsParam(node, path)
		case "connections":
			l.readsConnection(node, path, second)
		case "steps":
			l.readsStep(node, path, second, before)
		case "outputs":
			if before < len(l.bundle.Steps) {
				l.add(node.Problem(l.rule, ".outputs is known only after the last step", "an earlier step's outputs are .steps.NAME.outputs"))
			}
		case "metadata":
			known := slices.Sorted(maps.Keys(tagging.Metadata{}.Document()))
			if second != "" && second != "*" && !slices.Contains(known, second) {
				l.add(node.Problem(l.rule, fmt.Sprintf("the metadata has no %q", second), tenon.DidYouMean(second, known)))
			}
		case "access":
			l.readsAccess(node, path, second)
		default:
			l.add(node.Problem(l.rule, fmt.Sprintf("there is no .%s", root), orKnown(root, roots)))
		}
	}
}

func orKnown(name string, known []string) string {
	if hint := tenon.DidYouMean(name, known); hint != "" {
		return hint
	}
	return "there is ." + strings.Join(known, ", .")
}

func (l *linting) readsParam(node *source.Node, path tenon.Path) {
	steps := path.Steps()
	if len(steps) < 2 {
		return
	}
	inside := tenon.Path{}.Append(steps[1:]...)
	if name, ok := steps[1].(string); ok && name != "*" && l.bundle.Params.schema.Has(tenon.At(name)) != schema.Declared {
		l.add(node.Problem(l.rule, fmt.Sprintf("there is no param %q", name), tenon.DidYouMean(name, l.bundle.Params.Names())))
		return
	}
	if l.bundle.Params.schema.Has(inside) == schema.Never {
		l.add(node.Problem(l.rule, fmt.Sprintf("the params never have %s", inside), ""))
	}
}

func (l *linting) readsConnection(node *source.Node, path tenon.Path, slot string) {
	if slot == "" || slot == "*" {
		return
	}
	c, ok := l.bundle.Connection(slot)
	if !ok {
		var names []string
		for _, other := range l.bundle.Connections {
			names = append(names, other.Name)
		}
		l.add(node.Problem(l.rule, fmt.Sprintf("there is no connection %q", slot), tenon.DidYouMean(slot, names)))
		return
	}
	t := l.typeOf(c.Type)
	steps := path.Steps()
	if t == nil || len(steps) < 3 {
		return
	}
	inside := tenon.Path{}.Append(steps[2:]...)
	switch {
	case t.Forbids(inside):
		l.add(node.Problem(l.rule, fmt.Sprintf("%s (connection %q) never has %s", t, slot, inside), fieldHint(t, inside)))
	case !t.Declares(inside) && (c.where == nil || c.where.Has(inside) != schema.Declared):
		l.warn(node.Problem(l.rule, fmt.Sprintf("%s (connection %q) does not name %s: it may be missing", t, slot, inside), fieldHint(t, inside)))
	}
}

// fieldHint says which field at the top may have been meant.
func fieldHint(t *artifacts.Type, path tenon.Path) string {
	name, ok := path.Steps()[0].(string)
	if !ok || t.Declares(tenon.At(name)) {
		return ""
	}
	document, _ := t.Schema().(map[string]any)
	properties, _ := document["properties"].(map[string]any)
	return tenon.DidYouMean(name, slices.Collect(maps.Keys(properties)))
}

// accessFields are what .access has of a platform.
var accessFields = []string{"boundary", "identity", "path", "policy", "trust"}

func (l *linting) readsAccess(node *source.Node, path tenon.Path, platform string) {
	steps := path.Steps()
	switch {
	case platform == "" || platform == "*":
	case platform != "aws":
		l.add(node.Problem(l.rule, fmt.Sprintf("access is not rendered for %q", platform), "there is aws"))
	case len(steps) > 2:
		if field, ok := steps[2].(string); ok && field != "*" && !slices.Contains(accessFields, field) {
			l.add(node.Problem(l.rule, fmt.Sprintf("the access has no %q", field), "it has "+strings.Join(accessFields, ", ")))
		}
	}
}

func (l *linting) readsStep(node *source.Node, path tenon.Path, name string, before int) {
	if name == "" || name == "*" {
		return
	}
	if steps := path.Steps(); len(steps) > 2 && steps[2] != "*" && steps[2] != "outputs" {
		l.add(node.Problem(l.rule, fmt.Sprintf("%s is not there: a step has outputs and nothing else", path), fmt.Sprintf("did you mean .steps.%s.outputs?", name)))
		return
	}
	var names []string
	for i, s := range l.bundle.Steps {
		if s.Name == name {
			if i >= before {
				l.add(node.Problem(l.rule, fmt.Sprintf("the outputs of the step %q are not known before it ran", name), "a step reads only those before it"))
			}
			return
		}
		names = append(names, s.Name)
	}
	l.add(node.Problem(l.rule, fmt.Sprintf("there is no step %q", name), tenon.DidYouMean(name, names)))
}
