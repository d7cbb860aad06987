package bundle

import (
	"fmt"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
)

// open says that a problem is about what is left to whoever uses the bundle.
func open(p tenon.Problem) bool { return p.Rule == "required" }

func defaults(l *linting) {
	_, found := l.bundle.Params.Merge()
	for _, p := range slices.DeleteFunc(found, open) {
		at := declaration(l.bundle.Params.node, p.Path)
		q := at.Problem(l.rule, "the default is not valid: "+p.Message, p.Hint)
		l.add(q)
	}
}

// declaration is the default that gave the value at a path of the params, as near as the
// schema tells.
func declaration(node *source.Node, path tenon.Path) *source.Node {
	for _, step := range path.Steps() {
		next := node.Get("items")
		if name, ok := step.(string); ok {
			next = node.Get("properties", name)
		}
		if next == nil {
			break
		}
		node = next
	}
	if value := node.Get("default"); value != nil {
		return value
	}
	return node
}

func presets(l *linting) {
	_, before := l.bundle.Params.Merge()
	for _, preset := range l.bundle.Presets {
		_, found := l.bundle.Params.Merge(preset.Values)
		found = slices.DeleteFunc(found, func(p tenon.Problem) bool {
			return open(p) || slices.Contains(before, p) // of the defaults alone
		})
		for _, p := range preset.node.Get("values").Locate(found) {
			p.Rule, p.Message = l.rule, fmt.Sprintf("the preset %q is not valid over the defaults: %s", preset.Name, p.Message)
			l.add(p)
		}
	}
}
