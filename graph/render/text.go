package render

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon/graph"
)

// Text lists the instances in order, each with what fills its slots, for a terminal.
func Text(env *graph.Environment) string {
	var b strings.Builder
	fmt.Fprintln(&b, env.Address())
	width := 0
	for _, i := range env.Instances() {
		width = max(width, len(i.Component()))
	}
	for _, i := range env.Instances() {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, i.Component(), i.Bundle())
		slots, widest := i.Slots(), 0
		for _, slot := range slots {
			widest = max(widest, len(slot.Name))
		}
		for _, slot := range slots {
			fmt.Fprintf(&b, "  %-*s    %-*s ← %s\n", width, "", widest, slot.Name, filling(env, slot))
		}
	}
	return b.String()
}

// filling says what fills a slot: db.database [read], platform/shared.vpc.network (default).
func filling(env *graph.Environment, slot graph.Slot) string {
	if slot.Source == "" {
		if slot.Optional {
			return "nothing (optional)"
		}
		return "missing: wants " + slot.Wants.String()
	}
	text := strings.TrimPrefix(slot.From, env.Address()+".")
	if len(slot.Grants) > 0 {
		text += " [" + strings.Join(slot.Grants, ", ") + "]"
	}
	if slot.Source == graph.FromDefault {
		text += " (default)"
	}
	return text
}
