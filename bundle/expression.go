package bundle

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/source"
)

// tree is an input as it was written: a text is an expression, maps and lists are walked,
// other scalars stand for themselves.
type tree struct {
	node       *source.Node
	expression *expr.Expr
	literal    any
	keys       map[string]*tree
	items      []*tree
}

func (l *loader) tree(node *source.Node) *tree {
	t := &tree{node: node}
	switch v := node.Value().(type) {
	case string:
		t.expression = l.expression(node)
	case map[string]any:
		t.keys = make(map[string]*tree, len(v))
		for _, key := range node.Keys() {
			t.keys[key] = l.tree(node.Get(key))
		}
	case []any:
		t.items = make([]*tree, len(v))
		for i := range v {
			t.items[i] = l.tree(node.Get(i))
		}
	default:
		t.literal = v
	}
	return t
}

// expressions of the tree, with their places.
func (t *tree) expressions(visit func(*source.Node, *expr.Expr)) {
	if t == nil {
		return
	}
	if t.expression != nil {
		visit(t.node, t.expression)
	}
	for _, key := range slices.Sorted(maps.Keys(t.keys)) {
		t.keys[key].expressions(visit)
	}
	for _, item := range t.items {
		item.expressions(visit)
	}
}

func (t *tree) reads() []tenon.Path {
	var reads []tenon.Path
	t.expressions(func(_ *source.Node, e *expr.Expr) { reads = append(reads, e.Reads()...) })
	return reads
}

// expression compiles the text at a node; nil where there is none or it does not compile.
func (l *loader) expression(node *source.Node) *expr.Expr {
	text, ok := node.Value().(string)
	if !ok {
		return nil
	}
	compiled, err := expr.Compile(text)
	if err != nil {
		var p tenon.Problem
		errors.As(err, &p)
		l.problems.Add(node.Problem(p.Rule, p.Message, cmp.Or(dashHint(l.node, node), p.Hint)))
		return nil
	}
	return compiled
}

// dashHint is for an expression that writes a name with a dash behind a dot, where a dash
// is a minus; empty where it does not. file is the whole bundle's.
func dashHint(file, expression *source.Node) string {
	text, _ := expression.Value().(string)
	named := func(root string, names []string) string {
		for _, name := range names {
			if strings.Contains(name, "-") && strings.Contains(text, "."+root+"."+name) {
				return fmt.Sprintf("a dash is a minus: write .%s[%q]", root, name)
			}
		}
		return ""
	}
	return cmp.Or(named("connections", file.Get("connections").Keys()), named("params", file.Get("params", "properties").Keys()))
}
