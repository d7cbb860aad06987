package expr

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// Keys gives the keys of the result, sorted, where the expression is an object that can be
// seen to have just these; false where that cannot be said.
func (e *Expr) Keys() ([]string, bool) { return slices.Clone(e.keys), e.keys != nil }

// Parts gives an expression for each key, where Keys can be said; nil where they cannot.
func (e *Expr) Parts() (map[string]*Expr, error) {
	if e.keys == nil {
		return nil, nil
	}
	query, err := parse(e.text)
	if err != nil {
		return nil, err // it has parsed before
	}
	parts := make(map[string]*Expr, len(e.keys))
	for _, kv := range query.Term.Object.KeyVals {
		key := keyOf(kv)
		name, err := json.Marshal(key)
		if err != nil {
			return nil, err
		}
		text := "." + string(name) // {id} says {id: .id}
		if kv.Val != nil {
			text = kv.Val.String()
		}
		if parts[key], err = Compile(text); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func keyOf(kv *gojq.ObjectKeyVal) string {
	if kv.KeyString != nil {
		return kv.KeyString.Str
	}
	return strings.TrimPrefix(kv.Key, "$")
}

func keysOf(q *gojq.Query) []string {
	if q.Term == nil || q.Op != 0 || q.Term.Type != gojq.TermTypeObject || len(q.Term.SuffixList) > 0 {
		return nil
	}
	keys := []string{}
	for _, kv := range q.Term.Object.KeyVals {
		switch {
		case kv.KeyQuery != nil, kv.KeyString != nil && kv.KeyString.Queries != nil:
			return nil
		}
		keys = append(keys, keyOf(kv))
	}
	slices.Sort(keys)
	return keys
}
