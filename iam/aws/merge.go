package aws

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/tenon-sdk/tenon/iam"
)

// part is one statement and the binding that brought it.
type part struct {
	statement Statement
	binding   iam.Binding
}

// merge puts statements of the same effect, resources and conditions together, in an
// order that depends on nothing but what they say.
func merge(parts []part) (*Document, []Origin) {
	if len(parts) == 0 {
		return nil, nil
	}
	type merged struct {
		Statement
		key     string
		origins []Origin
	}
	var all []*merged
	known := map[string]*merged{}
	for _, p := range parts {
		key := sameness(p.statement)
		m := known[key]
		if m == nil {
			m = &merged{Statement: p.statement, key: key}
			m.Action = nil
			known[key] = m
			all = append(all, m)
		}
		m.Action = sortedSet(append(m.Action, p.statement.Action...))
		m.origins = append(m.origins, origin(p.binding))
	}
	slices.SortFunc(all, func(a, b *merged) int {
		return cmp.Or(slices.Compare(a.Action, b.Action), cmp.Compare(a.key, b.key))
	})
	document := &Document{Version: Version}
	var origins []Origin
	for i, m := range all {
		document.Statement = append(document.Statement, m.Statement)
		for _, o := range slices.Compact(m.origins) {
			o.Statement = i
			origins = append(origins, o)
		}
	}
	return document, origins
}

func origin(b iam.Binding) Origin {
	return Origin{Slot: b.Slot, Producer: b.Producer, Type: b.Type, Grant: b.Grant.Name, File: b.File, Line: b.Line, Column: b.Column}
}

// sameness is equal for statements that differ only in their actions.
func sameness(s Statement) string {
	key, err := json.Marshal([]any{s.Effect, s.Resource, s.Condition})
	if err != nil {
		panic(err) // texts only: a mistake of the program
	}
	return string(key)
}
