package expr

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/tenon-sdk/tenon"
)

// Reads gives the paths of the input that the expression reads or may read, sorted, with
// "*" for any key or index; each stands for all that is below it. A part of the input
// that none of them overlaps cannot change the result. The root alone means: everything.
func (e *Expr) Reads() []tenon.Path { return slices.Clone(e.reads) }

// where says which parts of the input a value may be; none for a value that was made
// of parts which are read already.
type where []tenon.Path

// reader walks an expression and collects what is read.
type reader struct{ reads map[tenon.Path]bool }

func readsOf(q *gojq.Query) []tenon.Path {
	r := &reader{reads: map[tenon.Path]bool{}}
	r.read(r.query(q, where{{}}, nil))
	paths := make([]tenon.Path, 0, len(r.reads))
	for path := range r.reads {
		paths = append(paths, path)
	}
	slices.SortFunc(paths, func(a, b tenon.Path) int { return strings.Compare(a.Pointer(), b.Pointer()) })
	return slices.DeleteFunc(paths, func(p tenon.Path) bool {
		for above := p; !above.IsRoot(); {
			above = above.Parent()
			if r.reads[above] {
				return true
			}
		}
		return false
	})
}

// read says that the whole of a value matters.
func (r *reader) read(w where) {
	for _, path := range w {
		r.reads[path] = true
	}
}

func (w where) step(step any) where {
	below := make(where, len(w))
	for i, path := range w {
		below[i] = path.Append(step)
	}
	return below
}

func union(a, b where) where { return slices.Concat(a, b) }

// variables are what $names are bound to.
type variables map[string]where

func (v variables) with(names []string, w where) variables {
	next := make(variables, len(v)+len(names))
	for name, bound := range v {
		next[name] = bound
	}
	for _, name := range names {
		next[name] = w
	}
	return next
}

func (r *reader) query(q *gojq.Query, in where, vars variables) where {
	if q == nil {
		return nil
	}
	if q.Term != nil && q.Op == 0 {
		return r.term(q.Term, in, vars)
	}
	switch q.Op {
	case gojq.OpPipe:
		left := r.query(q.Left, in, vars)
		if q.Patterns == nil {
			return r.passed(left, r.query(q.Right, left, vars))
		}
		if len(q.Patterns) == 1 && q.Patterns[0].Name != "" {
			return r.passed(left, r.query(q.Right, in, vars.with([]string{q.Patterns[0].Name}, left)))
		}
		r.read(left) // taken apart by a pattern
		var names []string
		for _, pattern := range q.Patterns {
			names = append(names, patternNames(pattern)...)
		}
		return r.query(q.Right, in, vars.with(names, nil))
	case gojq.OpComma:
		return union(r.query(q.Left, in, vars), r.query(q.Right, in, vars))
	case gojq.OpAlt:
		left := r.query(q.Left, in, vars)
		r.read(left) // whether it is null or false decides
		return r.query(q.Right, in, vars)
	}
	r.read(r.query(q.Left, in, vars))
	r.read(r.query(q.Right, in, vars))
	return nil
}

// passed reads those parts of left, the input of what gives value, of which nothing was
// taken: whether they can be reached, and how many there are, decides about the result
// even so.
func (r *reader) passed(left, value where) where {
	for _, path := range left {
		within := path.Contains
		if !path.IsRoot() && !slices.ContainsFunc(value, within) && !slices.ContainsFunc(slices.Collect(maps.Keys(r.reads)), within) {
			r.reads[path] = true
		}
	}
	return value
}

func patternNames(p *gojq.Pattern) []string {
	if p == nil {
		return nil
	}
	var names []string
	if p.Name != "" {
		names = append(names, p.Name)
	}
	for _, element := range p.Array {
		names = append(names, patternNames(element)...)
	}
	for _, field := range p.Object {
		if strings.HasPrefix(field.Key, "$") {
			names = append(names, field.Key)
		}
		names = append(names, patternNames(field.Val)...)
	}
	return names
}

func (r *reader) term(t *gojq.Term, in where, vars variables) where {
	value := r.head(t, in, vars)
	for _, suffix := range t.SuffixList {
		switch {
		case suffix.Index != nil:
			value = r.index(suffix.Index, value, in, vars)
		case suffix.Iter:
			value = value.step("*")
		}
	}
	return value
}

// head is a term without its suffixes.
func (r *reader) head(t *gojq.Term, in where, vars variables) where {
	switch t.Type {
	case gojq.TermTypeIdentity:
		return in
	case gojq.TermTypeNull, gojq.TermTypeTrue, gojq.TermTypeFalse, gojq.TermTypeNumber:
		return nil
	case gojq.TermTypeIndex:
		return r.index(t.Index, in, in, vars)
	case gojq.TermTypeQuery:
		return r.query(t.Query, in, vars)
	case gojq.TermTypeFunc:
		return r.function(t.Func, in, vars)
	case gojq.TermTypeIf:
		return r.conditional(t.If, in, vars)
	case gojq.TermTypeTry:
		// What the body fails on is above what it reads; the handler sees only that it failed.
		return union(r.query(t.Try.Body, in, vars), r.query(t.Try.Catch, nil, vars))
	case gojq.TermTypeFormat:
		if t.Str == nil {
			r.read(in)
			return nil
		}
	}
	for _, q := range children(&gojq.Term{Type: t.Type, Str: t.Str, Object: t.Object, Array: t.Array, Unary: t.Unary}) {
		r.read(r.query(q, in, vars))
	}
	if t.Object != nil {
		r.shorthands(t.Object, in, vars)
	}
	return nil
}

// shorthands are {name} and {$name}: fields without a value of their own.
func (r *reader) shorthands(object *gojq.Object, in where, vars variables) {
	for _, kv := range object.KeyVals {
		switch {
		case kv.Val != nil:
		case strings.HasPrefix(kv.Key, "$"):
			r.read(vars[kv.Key])
		case kv.Key != "":
			r.read(in.step(kv.Key))
		case kv.KeyString != nil && kv.KeyString.Queries == nil:
			r.read(in.step(kv.KeyString.Str))
		default:
			r.read(in)
		}
	}
}

func (r *reader) conditional(c *gojq.If, in where, vars variables) where {
	r.read(r.query(c.Cond, in, vars))
	value := r.query(c.Then, in, vars)
	for _, elif := range c.Elif {
		r.read(r.query(elif.Cond, in, vars))
		value = union(value, r.query(elif.Then, in, vars))
	}
	if c.Else == nil {
		return union(value, in)
	}
	return union(value, r.query(c.Else, in, vars))
}

// index is target.NAME, target[…]; the expressions inside see in.
func (r *reader) index(i *gojq.Index, target, in where, vars variables) where {
	switch {
	case i.Name != "":
		return target.step(i.Name)
	case i.Str != nil && i.Str.Queries == nil:
		return target.step(i.Str.Str)
	case i.Str != nil:
		for _, q := range i.Str.Queries {
			r.read(r.query(q, in, vars))
		}
		return target.step("*")
	case i.IsSlice:
		r.read(r.query(i.Start, in, vars))
		r.read(r.query(i.End, in, vars))
		r.read(target) // the indexes of what is left are others
		return nil
	}
	if step, ok := constant(i.Start); ok {
		return target.step(step)
	}
	r.read(r.query(i.Start, in, vars))
	r.read(target) // a list as an index searches the whole
	return nil
}

// constant is the key or index that an expression is, where it is one as it stands.
func constant(q *gojq.Query) (any, bool) {
	if q == nil || q.Term == nil || q.Op != 0 || len(q.Term.SuffixList) > 0 {
		return nil, false
	}
	switch q.Term.Type {
	case gojq.TermTypeString:
		if q.Term.Str.Queries == nil {
			return q.Term.Str.Str, true
		}
	case gojq.TermTypeNumber:
		if n, err := strconv.Atoi(q.Term.Number); err == nil && n >= 0 {
			return n, true
		}
	}
	return nil, false
}

func (r *reader) function(f *gojq.Func, in where, vars variables) where {
	if strings.HasPrefix(f.Name, "$") {
		return vars[f.Name]
	}
	switch f.Name {
	case "empty":
		return nil
	case "select":
		r.read(r.query(f.Args[0], in, vars))
		return in
	}
	// Everything else may look at all of its input, so that nothing further follows from
	// what its arguments take of it; they may still read variables.
	r.read(in)
	for _, argument := range f.Args {
		r.read(r.query(argument, nil, vars))
	}
	return nil
}
