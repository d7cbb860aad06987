package schema

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Answer of a Verdict.
type Answer string

// Answers. Unknown is never the same as Yes.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Verdict says whether every document of one schema is one of another.
type Verdict struct {
	Answer Answer
	// Witness of a No: a document of the producer that the consumer refuses, small,
	// checked with the library.
	Witness any
	// Path of a No is the JSON pointer to the part of the witness that the consumer
	// refuses; Reason is what the library says about it.
	Path   string
	Reason string
	// Undecided of an Unknown: the keywords, sorted; "the budget" where it took too many
	// steps.
	Undecided []string
}

// MarshalJSON writes {verdict, witness, path, reason, undecided}, what there is of it.
func (v Verdict) MarshalJSON() ([]byte, error) {
	written := map[string]any{"verdict": v.Answer}
	switch v.Answer {
	case No:
		written["witness"], written["path"], written["reason"] = v.Witness, v.Path, v.Reason
	case Unknown:
		written["undecided"] = v.Undecided
	}
	return json.Marshal(written)
}

// Compatible decides whether every document that is valid under producer is valid under
// consumer.
func Compatible(producer, consumer *Schema) Verdict {
	return compatible(producer, consumer, defaultBudget)
}

func compatible(producer, consumer *Schema, budget int) Verdict {
	if producer.root.key == consumer.root.key {
		return Verdict{Answer: Yes}
	}
	r := newSolver(budget).solve(producer.root, not(consumer.root))
	switch r.answer {
	case empty:
		return Verdict{Answer: Yes}
	case unknown:
		return unclear(r.why)
	}
	witness := smaller(clone(r.value), func(v any) bool {
		return eval(producer.root, v) == yes && eval(consumer.root, v) == no
	})
	if producer.check(witness) != nil {
		return unclear([]string{"a witness that the library takes for invalid"})
	}
	refused := consumer.check(witness)
	if refused == nil {
		return unclear([]string{"a witness that the library takes for valid"})
	}
	path, why := deepest(refused)
	return Verdict{Answer: No, Witness: witness, Path: path, Reason: why}
}

func unclear(why []string) Verdict {
	list := slices.DeleteFunc(slices.Clone(why), func(text string) bool { return text == "" })
	slices.Sort(list)
	if list = slices.Compact(list); len(list) == 0 {
		list = []string{outOfBudget}
	}
	return Verdict{Answer: Unknown, Undecided: list}
}

// deepest gives the place and the words of the complaint that leads furthest in.
func deepest(err error) (path, why string) {
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return "", err.Error()
	}
	var best *jsonschema.ValidationError
	var walk func(*jsonschema.ValidationError)
	walk = func(e *jsonschema.ValidationError) {
		for _, cause := range e.Causes {
			walk(cause)
		}
		if len(e.Causes) == 0 && (best == nil || further(e, best)) {
			best = e
		}
	}
	walk(invalid)
	return unescape(best.InstanceLocation), best.Message // the library writes it as in an address
}

// further orders complaints, so that one of them is chosen whatever order they come in.
func further(a, b *jsonschema.ValidationError) bool {
	return cmp.Or(
		strings.Count(b.InstanceLocation, "/")-strings.Count(a.InstanceLocation, "/"),
		strings.Compare(a.InstanceLocation, b.InstanceLocation),
		strings.Compare(a.KeywordLocation, b.KeywordLocation),
		strings.Compare(a.Message, b.Message),
	) < 0
}

// Empty says whether no document at all is valid: Yes, No with a document as its witness,
// or Unknown.
func (s *Schema) Empty() Verdict {
	r := newSolver(defaultBudget).solve(s.root)
	switch r.answer {
	case empty:
		return Verdict{Answer: Yes}
	case unknown:
		return unclear(r.why)
	}
	v := smaller(clone(r.value), func(v any) bool { return eval(s.root, v) == yes })
	if s.check(v) != nil {
		return unclear([]string{"a witness that the library takes for invalid"})
	}
	return Verdict{Answer: No, Witness: v}
}

// smaller leaves out of a document what keep does not need.
func smaller(v any, keep func(any) bool) any {
	tries := 200
	root := v
	var shrink func(v any, put func(any))
	shrink = func(v any, put func(any)) {
		switch v := v.(type) {
		case map[string]any:
			for _, key := range sortedKeys(v) {
				element := v[key]
				if tries--; tries < 0 {
					return
				}
				delete(v, key)
				if !keep(root) {
					v[key] = element
				}
			}
			for _, key := range sortedKeys(v) {
				shrink(v[key], func(w any) { v[key] = w })
			}
		case []any:
			for i := len(v) - 1; i >= 0; i-- {
				if tries--; tries < 0 {
					return
				}
				shorter := slices.Delete(slices.Clone(v), i, i+1)
				put(shorter)
				if keep(root) {
					v = shorter
				} else {
					put(v)
				}
			}
			for i := range v {
				shrink(v[i], func(w any) { v[i] = w })
			}
		}
	}
	shrink(v, func(w any) { root = w })
	return root
}
