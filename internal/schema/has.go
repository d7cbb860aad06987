package schema

import (
	"slices"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
)

// Presence says whether documents of a schema have a value at a path.
type Presence int

const (
	Never      Presence = iota // no document has it
	Undeclared                 // allowed, but nothing names it
	Declared                   // some part of the schema names it
)

// Has says whether a document of this schema may have a value at path, where a step "*"
// stands for any key or index. It may say Undeclared for what no document can have, never
// Never for what one can.
func (s *Schema) Has(path tenon.Path) Presence {
	q := &question{steps: path.Steps(), known: map[place]Presence{}}
	return q.ask(s.compiled, 0)
}

// question is one path; what was asked before is known, however often a schema is
// reached.
type question struct {
	steps []any
	known map[place]Presence
}

type place struct {
	sub *jsonschema.Schema
	at  int // steps taken
}

func (q *question) ask(sub *jsonschema.Schema, at int) Presence {
	if answer, ok := q.known[place{sub, at}]; ok {
		return answer
	}
	q.known[place{sub, at}] = Undeclared // what comes back to itself says nothing new
	answer := q.answer(sub, at)
	q.known[place{sub, at}] = answer
	return answer
}

func (q *question) answer(sub *jsonschema.Schema, at int) Presence {
	if sub.Always != nil {
		if *sub.Always {
			return Undeclared
		}
		return Never
	}
	if at == len(q.steps) {
		return Declared
	}
	answer := q.own(sub, at)
	if answer == Never {
		return Never
	}
	// Each of these holds: one Never decides, one Declared names it.
	for _, part := range append(slices.Clone(sub.AllOf), sub.Ref) {
		if part == nil {
			continue
		}
		found := q.ask(part, at)
		if found == Never {
			return Never
		}
		answer = max(answer, found)
	}
	// One of these holds: the best counts, and Never only where it is the best of all.
	for _, group := range [][]*jsonschema.Schema{sub.AnyOf, sub.OneOf} {
		if len(group) == 0 {
			continue
		}
		best := q.best(group, at)
		if best == Never {
			return Never
		}
		answer = max(answer, best)
	}
	// These may hold: they can name it, not forbid it.
	return max(answer, q.best(mayHold(sub), at))
}

func (q *question) best(parts []*jsonschema.Schema, at int) Presence {
	best := Never
	for _, part := range parts {
		best = max(best, q.ask(part, at))
	}
	return best
}

// own looks at the keywords of sub itself about keys and indexes.
func (q *question) own(sub *jsonschema.Schema, at int) Presence {
	isObject := len(sub.Types) == 0 || slices.Contains(sub.Types, "object")
	isArray := len(sub.Types) == 0 || slices.Contains(sub.Types, "array")
	switch step := q.steps[at].(type) {
	case string:
		switch {
		case step == "*" && (isObject || isArray):
			return q.any(sub, at)
		case !isObject:
			return Never
		}
		parts := partsOfKey(sub, step)
		if len(parts) == 0 {
			if open, isBool := sub.AdditionalProperties.(bool); isBool && !open {
				return Never
			}
			return Undeclared
		}
		answer := Undeclared
		for _, part := range parts { // each of them holds
			found := q.ask(part, at+1)
			if found == Never {
				return Never
			}
			answer = max(answer, found)
		}
		return answer
	case int:
		if !isArray || sub.MaxItems >= 0 && step >= sub.MaxItems {
			return Never
		}
		if item := partOfItem(sub, step); item != nil {
			return q.ask(item, at+1)
		}
		if list, isList := sub.Items.([]*jsonschema.Schema); isList && step >= len(list) {
			if open, isBool := sub.AdditionalItems.(bool); isBool && !open {
				return Never
			}
		}
	}
	return Undeclared
}

// any is for any key or index: the best answer of all that there may be.
func (q *question) any(sub *jsonschema.Schema, at int) Presence {
	best := Never
	for _, e := range below(sub) {
		best = max(best, q.ask(e.schema, at+1))
	}
	if open, isBool := sub.AdditionalProperties.(bool); !isBool || open {
		best = max(best, Undeclared)
	}
	return best
}
