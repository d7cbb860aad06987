// Package value handles JSON documents as Go values: map[string]any, []any, string,
// bool, nil and json.Number. Everything that enters Tenon is brought into this one
// form, so that a number keeps its digits and equal documents have equal bytes.
package value

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Normal brings v, any Go value that encoding/json can write, into the one form. A
// document that is in it already is copied only where it must be: parts may be shared.
func Normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		if !isNumber(string(v)) {
			return nil, fmt.Errorf("%q is not a number", string(v))
		}
		return v, nil
	case int:
		return json.Number(strconv.Itoa(v)), nil
	case int64:
		return json.Number(strconv.FormatInt(v, 10)), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, errors.New("a number that is not finite has no place in a document")
		}
		return json.Number(strconv.FormatFloat(v, 'g', -1, 64)), nil
	case *big.Int:
		return json.Number(v.String()), nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			normal, err := Normal(element)
			if err != nil {
				return nil, err
			}
			object[key] = normal
		}
		return object, nil
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			normal, err := Normal(element)
			if err != nil {
				return nil, err
			}
			list[i] = normal
		}
		return list, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return Decode(data)
}

// Decode reads one JSON document into the one form.
func Decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON document")
	}
	return document, nil
}

// Clone copies a document deeply.
func Clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for key, element := range v {
			object[key] = Clone(element)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = Clone(element)
		}
		return list
	}
	return v
}

// Equal says that a and b are the same JSON document; 1 equals 1.0.
func Equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, Equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, Equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || canonicalNumber(string(a)) == canonicalNumber(string(b)))
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

// Merge lays over on top of base: maps merge deeply, everything else replaces, null
// stays. Neither is changed; the result may share parts with both.
func Merge(base, over any) any {
	under, ok := base.(map[string]any)
	if !ok {
		return over
	}
	upper, ok := over.(map[string]any)
	if !ok {
		return over
	}
	merged := maps.Clone(under)
	for key, element := range upper {
		if before, exists := merged[key]; exists {
			element = Merge(before, element)
		}
		merged[key] = element
	}
	return merged
}

// Describe names the JSON type of v as people say it: a string, a whole number, a
// number, a list, an object, true, false, null.
func Describe(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return strconv.FormatBool(v)
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "an object"
	case json.Number:
		if spelled := canonicalNumber(string(v)); !strings.ContainsAny(spelled, ".e") {
			return "a whole number"
		}
		return "a number"
	}
	return fmt.Sprintf("a Go %T", v)
}
