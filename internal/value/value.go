// Package value handles JSON documents as Go values: map[string]any, []any, string,
// bool, nil and json.Number. Everything that enters Tenon is brought into this one
// form, so that a number keeps its digits and equal documents have equal bytes.
package value

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
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

	"github.com/tenon-sdk/tenon"
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

// Digest is "sha256:" and the hex of the SHA-256 of Canonical(v).
func Digest(v any) string {
	sum := sha256.Sum256(Canonical(v))
	return "sha256:" + hex.EncodeToString(sum[:])
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

// Overlaps says that one of the paths lies at, below or above the other, where the key
// "*" in either matches any step.
func Overlaps(a, b tenon.Path) bool {
	s, t := a.Steps(), b.Steps()
	for i := range min(len(s), len(t)) {
		if s[i] != t[i] && s[i] != "*" && t[i] != "*" {
			return false
		}
	}
	return true
}

// Walk calls visit for each leaf (scalar, empty map, empty list) in order of path; keys
// sorted.
func Walk(v any, visit func(path tenon.Path, leaf any)) { walk(tenon.Path{}, v, visit) }

func walk(path tenon.Path, v any, visit func(tenon.Path, any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			walk(path.Append(key), v[key], visit)
		}
		if len(v) > 0 {
			return
		}
	case []any:
		for i, element := range v {
			walk(path.Append(i), element, visit)
		}
		if len(v) > 0 {
			return
		}
	}
	visit(path, v)
}

// Set gives a copy of document with the value at path replaced: maps and lists on the
// way are copied, missing maps are made. An index past the end of a list changes nothing.
func Set(document any, path tenon.Path, v any) any { return set(document, path.Steps(), v) }

func set(document any, steps []any, v any) any {
	if len(steps) == 0 {
		return v
	}
	switch step := steps[0].(type) {
	case int:
		list, ok := document.([]any)
		if !ok || step >= len(list) {
			return document
		}
		list = slices.Clone(list)
		list[step] = set(list[step], steps[1:], v)
		return list
	case string:
		object, _ := document.(map[string]any)
		if object = maps.Clone(object); object == nil {
			object = map[string]any{}
		}
		object[step] = set(object[step], steps[1:], v)
		return object
	}
	return document
}

// Expand gives the concrete paths in document that pattern (with "*" steps) matches, in
// order of path.
func Expand(document any, pattern tenon.Path) []tenon.Path {
	var found []tenon.Path
	expand(document, tenon.Path{}, pattern.Steps(), &found)
	return found
}

func expand(document any, at tenon.Path, steps []any, found *[]tenon.Path) {
	if len(steps) == 0 {
		*found = append(*found, at)
		return
	}
	switch v := document.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			if steps[0] == "*" || steps[0] == key {
				expand(v[key], at.Append(key), steps[1:], found)
			}
		}
	case []any:
		for i, element := range v {
			if steps[0] == "*" || steps[0] == i {
				expand(element, at.Append(i), steps[1:], found)
			}
		}
	}
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

// Canonical writes a document as JSON with sorted keys, no insignificant space, no HTML
// escapes and one spelling for each number (1, 1.0 and 1e0 are 1), so that equal
// documents have equal bytes. A value that is not in the one form panics: it is a
// mistake of the program.
func Canonical(v any) []byte {
	var b bytes.Buffer
	canonical(&b, v)
	return b.Bytes()
}

func canonical(b *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case json.Number:
		b.WriteString(canonicalNumber(string(v)))
	case string:
		writeString(b, v)
	case []any:
		b.WriteByte('[')
		for i, element := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			canonical(b, element)
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				b.WriteByte(',')
			}
			writeString(b, key)
			b.WriteByte(':')
			canonical(b, v[key])
		}
		b.WriteByte('}')
	default:
		panic(fmt.Sprintf("value: %T is not part of a document", v))
	}
}

func writeString(b *bytes.Buffer, text string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a string into a buffer cannot fail
	b.Truncate(b.Len() - 1)  // the encoder ends with a newline
}

// maxPlainDigits bounds how far an exponent is written out: 1e20 becomes
// 100000000000000000000, 1e400000 stays 1e400000.
const maxPlainDigits = 40

// canonicalNumber spells a JSON number in one way, exactly: digits without useless
// zeros, a plain integer where that is short, else one digit group and an exponent.
func canonicalNumber(text string) string {
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	mantissa, exponentText, _ := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent := int64(0)
	if exponentText != "" {
		n, err := strconv.ParseInt(exponentText, 10, 62)
		if err != nil {
			return text // past any use: kept as it was written
		}
		exponent = n
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	exponent -= int64(len(fraction))
	trimmed := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(trimmed))
	sign := ""
	if negative {
		sign = "-"
	}
	switch {
	case trimmed == "":
		return "0"
	case exponent >= 0 && int64(len(trimmed))+exponent <= maxPlainDigits:
		return sign + trimmed + strings.Repeat("0", int(exponent))
	case exponent < 0 && -exponent < int64(len(trimmed)):
		point := int64(len(trimmed)) + exponent
		return sign + trimmed[:point] + "." + trimmed[point:]
	case exponent < 0 && -exponent <= maxPlainDigits:
		return sign + "0." + strings.Repeat("0", int(-exponent)-len(trimmed)) + trimmed
	case exponent == 0:
		return sign + trimmed
	}
	return sign + trimmed + "e" + strconv.FormatInt(exponent, 10)
}

func isNumber(text string) bool {
	var number json.Number
	return json.Unmarshal([]byte(text), &number) == nil && text != "" && text[0] != '"'
}
