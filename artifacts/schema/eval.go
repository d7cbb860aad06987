package schema

import (
	"encoding/json"
	"slices"
	"unicode/utf8"
)

// truth has three values: what an opaque keyword decides is not known.
type truth int8

const (
	no truth = iota - 1
	perhaps
	yes
)

func truthOf(b bool) truth {
	if b {
		return yes
	}
	return no
}

// maxJudgements is how many assertions are looked at to judge a document: alternatives of
// alternatives multiply.
const maxJudgements = 1_000_000

// eval says whether v, a document in the one form, keeps n.
func eval(n *node, v any) truth { return (&judge{left: maxJudgements}).eval(n, v) }

type judge struct{ left int }

func (j *judge) eval(n *node, v any) truth {
	if j.left--; j.left < 0 {
		return perhaps
	}
	switch n.op {
	case opTrue, opHint:
		return yes
	case opFalse:
		return no
	case opAll:
		result := yes
		for _, kid := range n.kids {
			if result = min(result, j.eval(kid, v)); result == no {
				return no
			}
		}
		return result
	case opAny:
		result := no
		for _, kid := range n.kids {
			if result = max(result, j.eval(kid, v)); result == yes {
				return yes
			}
		}
		return result
	case opOne:
		return j.exactly(n.kids, v)
	case opNotOne:
		return -j.exactly(n.kids, v)
	case opIf:
		condition := j.eval(n.kids[0], v)
		switch condition {
		case yes:
			return j.eval(n.kids[1], v)
		case no:
			return j.eval(n.kids[2], v)
		}
		if then := j.eval(n.kids[1], v); then == j.eval(n.kids[2], v) {
			return then
		}
		return perhaps
	case opRef:
		return j.eval(n.target.node, v)
	case opNotRef:
		return -j.eval(n.target.node, v)
	case opKinds:
		return truthOf(n.set&kindOf(v) != 0)
	case opIn:
		return truthOf(in(n, v))
	case opNotIn:
		return truthOf(!in(n, v))
	case opOpaque:
		if n.set&kindOf(v) == 0 {
			return truthOf(!n.open)
		}
		return perhaps
	}
	switch v := v.(type) {
	case json.Number:
		if n.op.about() == kindNumber {
			return evalNumber(n, v)
		}
	case string:
		if n.op.about() == kindString {
			return evalString(n, v)
		}
	case []any:
		if n.op.about() == kindArray {
			return j.array(n, v)
		}
	case map[string]any:
		if n.op.about() == kindObject {
			return j.object(n, v)
		}
	}
	return yes // it is about another kind
}

func (j *judge) exactly(kids []*node, v any) truth {
	sure, unsure := 0, 0
	for _, kid := range kids {
		switch j.eval(kid, v) {
		case yes:
			sure++
		case perhaps:
			unsure++
		}
	}
	switch {
	case sure > 1 || sure+unsure == 0:
		return no
	case unsure == 0:
		return truthOf(sure == 1)
	}
	return perhaps
}

func in(n *node, v any) bool {
	switch v := v.(type) {
	case json.Number:
		if n.set != kindNumber {
			return false
		}
		r, err := rational(v)
		if err != nil {
			return false
		}
		return listed(n.values, scalar{num: r})
	case string:
		if n.set != kindString {
			return false
		}
		return listed(n.values, scalar{text: v})
	}
	return false
}

// listed says that a value is one of some of its kind, which are sorted.
func listed(values []scalar, v scalar) bool {
	_, found := slices.BinarySearchFunc(values, v, scalar.compare)
	return found
}

func evalNumber(n *node, v json.Number) truth {
	r, err := rational(v)
	if err != nil {
		return perhaps
	}
	switch n.op {
	case opMin:
		c := r.Cmp(n.num)
		return truthOf(c > 0 || c == 0 && !n.open)
	case opMax:
		c := r.Cmp(n.num)
		return truthOf(c < 0 || c == 0 && !n.open)
	case opMultiple:
		return truthOf(isMultiple(r, n.num))
	}
	return truthOf(!isMultiple(r, n.num))
}

func evalString(n *node, v string) truth {
	switch n.op {
	case opMinLength:
		return truthOf(utf8.RuneCountInString(v) >= n.n)
	case opMaxLength:
		return truthOf(utf8.RuneCountInString(v) <= n.n)
	case opPattern:
		return truthOf(n.pattern.Match(v))
	case opNotPattern:
		return truthOf(!n.pattern.Match(v))
	}
	return perhaps // a format
}

func (j *judge) array(n *node, v []any) truth {
	switch n.op {
	case opMinItems:
		return truthOf(len(v) >= n.n)
	case opMaxItems:
		return truthOf(len(v) <= n.n)
	case opUnique:
		return truthOf(!repeats(v))
	case opNotUnique:
		return truthOf(repeats(v))
	}
	sure, unsure := 0, 0
	all := yes
	for i, item := range v {
		if (n.op == opEach || n.op == opSome) && (i < n.from || n.to >= 0 && i >= n.to) {
			continue
		}
		t := j.eval(n.kids[0], item)
		all = min(all, t)
		switch t {
		case yes:
			sure++
		case perhaps:
			unsure++
		}
	}
	switch n.op {
	case opEach:
		return all
	case opSome:
		return counted(sure, unsure, 1)
	case opAtLeast:
		return counted(sure, unsure, n.n)
	}
	return -counted(sure, unsure, n.n+1)
}

// counted says whether there are at least n.
func counted(sure, unsure, n int) truth {
	switch {
	case sure >= n:
		return yes
	case sure+unsure < n:
		return no
	}
	return perhaps
}

func repeats(list []any) bool {
	if len(list) > 30 {
		seen := make(map[string]bool, len(list))
		for _, item := range list {
			text := string(canonical(plain(item)))
			if seen[text] {
				return true
			}
			seen[text] = true
		}
		return false
	}
	for i := range list {
		for j := range i {
			if equal(list[i], list[j]) {
				return true
			}
		}
	}
	return false
}

// plain writes every number in one way.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if r, err := rational(v); err == nil {
			return r.RatString()
		}
	case string:
		return "s" + v
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = plain(item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, element := range v {
			object[name] = plain(element)
		}
		return object
	}
	return v
}

func (j *judge) object(n *node, v map[string]any) truth {
	switch n.op {
	case opMinProperties:
		return truthOf(len(v) >= n.n)
	case opMaxProperties:
		return truthOf(len(v) <= n.n)
	case opHas:
		element, ok := v[n.text]
		if !ok {
			return no
		}
		return j.eval(n.kids[0], element)
	case opEvery:
		if n.class.shape == oneName {
			element, ok := v[n.class.name]
			if !ok {
				return yes
			}
			return j.eval(n.kids[0], element)
		}
		result := yes
		for key, element := range v {
			if n.class.has(key) {
				result = min(result, j.eval(n.kids[0], element))
			}
		}
		return result
	case opSomeKey:
		result := no
		for key, element := range v {
			if n.class.has(key) {
				result = max(result, j.eval(n.kids[0], element))
			}
		}
		return result
	case opNames:
		result := yes
		for key := range v {
			result = min(result, j.eval(n.kids[0], key))
		}
		return result
	}
	result := no // opSomeName
	for key := range v {
		result = max(result, j.eval(n.kids[0], key))
	}
	return result
}
