package expr

import (
	"fmt"
	"slices"

	"github.com/itchyny/gojq"

	"github.com/tenon-sdk/tenon"
)

// functions that an expression may call, with the numbers of their arguments.
var functions = map[string][]int{
	"abs": {0}, "add": {0}, "all": {0, 1}, "any": {0, 1}, "arrays": {0}, "ascii_downcase": {0}, "ascii_upcase": {0},
	"booleans": {0}, "capture": {1}, "ceil": {0}, "contains": {1}, "empty": {0}, "endswith": {1}, "error": {0, 1},
	"first": {0, 1}, "flatten": {0, 1}, "floor": {0}, "from_entries": {0}, "fromjson": {0}, "group_by": {1}, "has": {1},
	"in": {1}, "inside": {1}, "join": {1}, "keys": {0}, "keys_unsorted": {0}, "last": {0, 1}, "length": {0}, "limit": {2},
	"ltrim": {0}, "ltrimstr": {1}, "map": {1}, "map_values": {1}, "max": {0}, "max_by": {1}, "min": {0}, "min_by": {1},
	"not": {0}, "nulls": {0}, "numbers": {0}, "objects": {0}, "range": {1, 2}, "reverse": {0}, "round": {0}, "rtrim": {0},
	"rtrimstr": {1}, "scalars": {0}, "scan": {1}, "select": {1}, "sort": {0}, "sort_by": {1}, "split": {1}, "startswith": {1},
	"strings": {0}, "test": {1}, "to_entries": {0}, "tojson": {0}, "tonumber": {0}, "tostring": {0}, "trim": {0}, "type": {0},
	"unique": {0}, "unique_by": {1}, "values": {0}, "with_entries": {1},
}

var formats = []string{"@text", "@json", "@base64", "@base64d", "@uri", "@csv", "@tsv", "@html", "@sh"}

// check refuses what is not on the list, anywhere in the expression.
func check(q *gojq.Query, depth int) error {
	switch {
	case q == nil:
		return nil
	case depth > maxDepth:
		return fmt.Errorf("the expression is nested more than %d levels deep", maxDepth)
	case q.Meta != nil || len(q.Imports) > 0:
		return fmt.Errorf("modules cannot be imported")
	case len(q.FuncDefs) > 0:
		return fmt.Errorf("functions cannot be defined")
	case q.Op >= gojq.OpAssign:
		return fmt.Errorf("%s cannot be used: an expression makes a value, it changes none", q.Op)
	}
	for _, pattern := range q.Patterns {
		if err := checkPattern(pattern, depth+1); err != nil {
			return err
		}
	}
	if q.Term != nil {
		if err := checkTerm(q.Term, depth+1); err != nil {
			return err
		}
	}
	if err := check(q.Left, depth+1); err != nil {
		return err
	}
	return check(q.Right, depth+1)
}

func checkPattern(p *gojq.Pattern, depth int) error {
	if p == nil {
		return nil
	}
	if depth > maxDepth {
		return fmt.Errorf("the expression is nested more than %d levels deep", maxDepth)
	}
	for _, element := range p.Array {
		if err := checkPattern(element, depth+1); err != nil {
			return err
		}
	}
	for _, field := range p.Object {
		if field.KeyString != nil && field.KeyString.Queries != nil || field.KeyQuery != nil {
			return fmt.Errorf("a computed key cannot stand in a pattern")
		}
		if err := checkPattern(field.Val, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkTerm(t *gojq.Term, depth int) error {
	switch t.Type {
	case gojq.TermTypeReduce, gojq.TermTypeForeach, gojq.TermTypeLabel, gojq.TermTypeBreak:
		return fmt.Errorf("reduce, foreach and label cannot be used")
	case gojq.TermTypeRecurse:
		return fmt.Errorf(".. cannot be used")
	case gojq.TermTypeFunc:
		if err := checkFunction(t.Func); err != nil {
			return err
		}
	}
	if t.Format != "" && !slices.Contains(formats, t.Format) {
		return fmt.Errorf("the format %s is not known", t.Format)
	}
	for _, q := range children(t) {
		if err := check(q, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func checkFunction(f *gojq.Func) error {
	if f.Name != "" && f.Name[0] == '$' {
		if f.Name == "$ENV" || f.Name == "$__loc__" || f.Name == "$__prog_args" {
			return fmt.Errorf("%s cannot be used", f.Name)
		}
		return nil
	}
	counts, known := functions[f.Name]
	if !known {
		names := make([]string, 0, len(functions))
		for name := range functions {
			names = append(names, name)
		}
		message := fmt.Sprintf("the function %s cannot be used", f.Name)
		if hint := tenon.DidYouMean(f.Name, names); hint != "" {
			message += ": " + hint
		}
		return fmt.Errorf("%s", message)
	}
	if !slices.Contains(counts, len(f.Args)) {
		return fmt.Errorf("the function %s cannot be used with %d arguments", f.Name, len(f.Args))
	}
	return nil
}

// children are the expressions directly inside a term.
func children(t *gojq.Term) []*gojq.Query {
	var found []*gojq.Query
	text := func(s *gojq.String) {
		if s != nil {
			found = append(found, s.Queries...)
		}
	}
	index := func(i *gojq.Index) {
		if i != nil {
			text(i.Str)
			found = append(found, i.Start, i.End)
		}
	}
	index(t.Index)
	text(t.Str)
	if t.Func != nil {
		found = append(found, t.Func.Args...)
	}
	if t.Object != nil {
		for _, kv := range t.Object.KeyVals {
			text(kv.KeyString)
			found = append(found, kv.KeyQuery, kv.Val)
		}
	}
	if t.Array != nil {
		found = append(found, t.Array.Query)
	}
	if t.Unary != nil {
		found = append(found, &gojq.Query{Term: t.Unary.Term})
	}
	if t.If != nil {
		found = append(found, t.If.Cond, t.If.Then, t.If.Else)
		for _, elif := range t.If.Elif {
			found = append(found, elif.Cond, elif.Then)
		}
	}
	if t.Try != nil {
		found = append(found, t.Try.Body, t.Try.Catch)
	}
	found = append(found, t.Query)
	for _, suffix := range t.SuffixList {
		index(suffix.Index)
	}
	return found
}
