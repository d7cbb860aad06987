package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// normal gives a JSON document in one form: nil, bool, string, json.Number, []any and
// map[string]any. What encoding/json cannot write is an error, and so are numbers past
// what exact arithmetic should be asked to carry.
func normal(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool:
		return v, nil
	case string:
		return strings.ToValidUTF8(v, "\ufffd"), nil // as encoding/json writes it
	case json.Number:
		if _, err := rational(v); err != nil {
			return nil, err
		}
		return v, nil
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			n, err := normal(element)
			if err != nil {
				return nil, err
			}
			list[i] = n
		}
		return list, nil
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, element := range v {
			n, err := normal(element)
			if err != nil {
				return nil, err
			}
			object[strings.ToValidUTF8(name, "\ufffd")] = n
		}
		if len(object) < len(v) {
			return nil, errors.New("two keys are the same once they are written")
		}
		return object, nil
	}
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return decode(data)
}

func decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one document")
	}
	return normal(v)
}

// maxDigits of a number, before and after its point.
const maxDigits = 1000

func rational(n json.Number) (*big.Rat, error) {
	text := string(n)
	if !isNumber(text) {
		return nil, fmt.Errorf("%.20q is not a number", text)
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if exponent != "" {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxDigits || e < -maxDigits {
			return nil, fmt.Errorf("the number %.20s is too large or too small", text)
		}
	}
	if len(mantissa) > 2*maxDigits {
		return nil, fmt.Errorf("the number %.20s… has too many digits", text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%.20q is not a number", text)
	}
	return r, nil
}

// isNumber says that a text is a number as JSON writes it; package big reads more.
func isNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	digits := func() int {
		n := 0
		for n < len(text) && text[n] >= '0' && text[n] <= '9' {
			n++
		}
		text = text[n:]
		return n
	}
	leading := strings.HasPrefix(text, "0")
	if n := digits(); n == 0 || leading && n > 1 {
		return false
	}
	if rest, ok := strings.CutPrefix(text, "."); ok {
		if text = rest; digits() == 0 {
			return false
		}
	}
	if text != "" && (text[0] == 'e' || text[0] == 'E') {
		if text = text[1:]; text != "" && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return text == ""
}

// number writes a decimal fraction exactly.
func number(r *big.Rat) json.Number {
	if r.IsInt() {
		return json.Number(r.Num().String())
	}
	digits, exact := r.FloatPrec()
	if !exact {
		digits += maxDigits // not a decimal fraction: no schema can ask for it
	}
	return json.Number(r.FloatString(digits))
}

// equal says that two documents in the one form are the same; 1 equals 1.0.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		if a == b {
			return true
		}
		x, errX := rational(a)
		y, errY := rational(b)
		return errX == nil && errY == nil && x.Cmp(y) == 0
	}
	switch b.(type) {
	case map[string]any, []any:
		return false
	}
	return a == b
}

func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, element := range v {
			object[name] = clone(element)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, element := range v {
			list[i] = clone(element)
		}
		return list
	}
	return v
}

// canonical writes a document with its keys sorted.
func canonical(v any) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(err) // documents in the one form can be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func kindOf(v any) kinds {
	switch v := v.(type) {
	case nil:
		return kindNull
	case bool:
		if v {
			return kindTrue
		}
		return kindFalse
	case json.Number:
		return kindNumber
	case string:
		return kindString
	case []any:
		return kindArray
	}
	return kindObject
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

var (
	escaper   = strings.NewReplacer("~", "~0", "/", "~1")
	unescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// step is one step of a JSON pointer, escaped.
func step(name string) string { return "/" + escaper.Replace(name) }

// find follows a JSON pointer through a document.
func find(document any, pointer string) (any, bool) {
	if pointer == "" {
		return document, true
	}
	if !strings.HasPrefix(pointer, "/") {
		return nil, false
	}
	for _, name := range strings.Split(pointer[1:], "/") {
		name = unescaper.Replace(name)
		switch v := document.(type) {
		case map[string]any:
			element, ok := v[name]
			if !ok {
				return nil, false
			}
			document = element
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(v) || strconv.Itoa(i) != name {
				return nil, false
			}
			document = v[i]
		default:
			return nil, false
		}
	}
	return document, true
}
