package expr

import (
	"slices"

	"github.com/itchyny/gojq"
)

// guarded rewrites a checked expression so that no value grows without being looked at:
// what goes through a pipe or into a variable is measured, and the operations that
// multiply sizes (+, *, -, interpolation, join, contains) are this package's own. The
// query belongs to the caller alone and is changed in place.
func guarded(q *gojq.Query) *gojq.Query {
	if q == nil {
		return nil
	}
	q.Left, q.Right = guarded(q.Left), guarded(q.Right)
	if q.Term != nil {
		guardTerm(q.Term)
	}
	switch q.Op {
	case gojq.OpPipe:
		q.Left = &gojq.Query{Left: q.Left, Op: gojq.OpPipe, Right: call("_measured")}
		if q.Patterns != nil {
			// «left as $x | right»: the left side is one term in the grammar
			q.Left = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: q.Left}}
		}
	case gojq.OpAdd:
		return call("_plus2", q.Left, q.Right)
	case gojq.OpMul:
		return call("_times", q.Left, q.Right)
	case gojq.OpSub:
		return call("_minus", q.Left, q.Right)
	}
	return q
}

func call(name string, arguments ...*gojq.Query) *gojq.Query {
	return &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFunc, Func: &gojq.Func{Name: name, Args: arguments}}}
}

func guardTerm(t *gojq.Term) {
	guardIndex(t.Index)
	if t.Func != nil {
		for i, argument := range t.Func.Args {
			t.Func.Args[i] = guarded(argument)
		}
		if own, ok := map[string]string{"join": "_joined", "contains": "_contains", "inside": "_inside", "scan": "_scanned"}[t.Func.Name]; ok {
			t.Func.Name = own
		}
	}
	if t.Object != nil {
		for _, kv := range t.Object.KeyVals {
			if kv.KeyString != nil && kv.KeyString.Queries != nil {
				kv.KeyQuery, kv.KeyString = concatenation(kv.KeyString, ""), nil
			} else {
				kv.KeyQuery = guarded(kv.KeyQuery)
			}
			kv.Val = guarded(kv.Val)
		}
	}
	if t.Array != nil {
		t.Array.Query = guarded(t.Array.Query)
	}
	if t.Unary != nil {
		guardTerm(t.Unary.Term)
	}
	if t.If != nil {
		t.If.Cond, t.If.Then, t.If.Else = guarded(t.If.Cond), guarded(t.If.Then), guarded(t.If.Else)
		for _, elif := range t.If.Elif {
			elif.Cond, elif.Then = guarded(elif.Cond), guarded(elif.Then)
		}
	}
	if t.Try != nil {
		t.Try.Body, t.Try.Catch = guarded(t.Try.Body), guarded(t.Try.Catch)
		if t.Try.Catch != nil { // the interpreter's message would show values that nobody reads
			failure := &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeString, Str: &gojq.String{Str: caught}}}
			t.Try.Catch = &gojq.Query{Left: failure, Op: gojq.OpPipe, Right: t.Try.Catch}
			t.Try.Catch = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeQuery, Query: t.Try.Catch}}
		}
	}
	t.Query = guarded(t.Query)
	for _, suffix := range t.SuffixList {
		guardIndex(suffix.Index)
	}
	if t.Str != nil && t.Str.Queries != nil {
		t.Type, t.Query = gojq.TermTypeQuery, concatenation(t.Str, t.Format)
		t.Str, t.Format = nil, ""
	}
}

func guardIndex(i *gojq.Index) {
	if i == nil {
		return
	}
	i.Start, i.End = guarded(i.Start), guarded(i.End)
	if i.Str != nil && i.Str.Queries != nil {
		i.Start, i.Str = concatenation(i.Str, ""), nil
	}
}

// caught is what a handler of try sees: that something failed, not on what.
const caught = "it failed"

// mostArguments of a function of the interpreter.
const mostArguments = 30

// concatenation is an interpolated string as a call that checks the length.
func concatenation(s *gojq.String, format string) *gojq.Query {
	parts := make([]*gojq.Query, 0, len(s.Queries))
	for _, q := range s.Queries {
		if q.Term != nil && q.Term.Type == gojq.TermTypeString && q.Term.Str != nil && q.Term.Str.Queries == nil {
			parts = append(parts, q)
			continue
		}
		to := call("tostring")
		if format != "" {
			to = &gojq.Query{Term: &gojq.Term{Type: gojq.TermTypeFormat, Format: format}}
		}
		parts = append(parts, &gojq.Query{Left: guarded(q), Op: gojq.OpPipe, Right: to})
	}
	for len(parts) > mostArguments {
		var folded []*gojq.Query
		for chunk := range slices.Chunk(parts, mostArguments) {
			folded = append(folded, call("_concat", chunk...))
		}
		parts = folded
	}
	return call("_concat", parts...)
}
