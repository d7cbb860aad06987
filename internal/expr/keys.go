package expr

import (
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// Keys gives the keys of the result, sorted, where the expression is an object that can be
// seen to have just these; false where that cannot be said.
func (e *Expr) Keys() ([]string, bool) { return slices.Clone(e.keys), e.keys != nil }

func keysOf(q *gojq.Query) []string {
	if q.Term == nil || q.Op != 0 || q.Term.Type != gojq.TermTypeObject || len(q.Term.SuffixList) > 0 {
		return nil
	}
	keys := []string{}
	for _, kv := range q.Term.Object.KeyVals {
		switch {
		case kv.KeyQuery != nil, kv.KeyString != nil && kv.KeyString.Queries != nil:
			return nil
		case kv.KeyString != nil:
			keys = append(keys, kv.KeyString.Str)
		default:
			keys = append(keys, strings.TrimPrefix(kv.Key, "$"))
		}
	}
	slices.Sort(keys)
	return keys
}
