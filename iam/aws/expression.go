package aws

import (
	"cmp"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
)

// Expression is what expressions see as .access.aws: policy and trust as JSON text, ready
// to be attached; identity, boundary and path as text. What there is not is null.
func (r *Rendered) Expression() map[string]any {
	text := func(s string) any {
		if s == "" {
			return nil
		}
		return s
	}
	return map[string]any{
		"policy": text(r.Policy.String()), "trust": text(r.Trust.String()),
		"identity": text(string(r.Identity)), "boundary": text(r.Boundary), "path": text(r.Path),
	}
}

// Reads gives for each slot the fields of its artifact that Render reads, in order. A
// slot that is not there needs no data.
func Reads(access iam.Access) map[string][]tenon.Path {
	reads := map[string][]tenon.Path{}
	add := func(slot string, templates ...artifacts.Template) {
		for _, template := range templates {
			reads[slot] = append(reads[slot], template.Fields()...)
		}
	}
	for _, binding := range access.Bindings {
		for _, statement := range binding.Grant.AWS {
			if statement.When != nil {
				add(binding.Slot, *statement.When)
			}
			add(binding.Slot, statement.Resources...)
			for _, keys := range statement.Conditions {
				for _, templates := range keys {
					add(binding.Slot, templates...)
				}
			}
		}
	}
	for slot, fields := range reads {
		slices.SortFunc(fields, func(a, b tenon.Path) int { return cmp.Compare(a.Pointer(), b.Pointer()) })
		if reads[slot] = slices.Compact(fields); len(fields) == 0 {
			delete(reads, slot)
		}
	}
	return reads
}
