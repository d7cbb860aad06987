package expr

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/tenon-sdk/tenon/internal/value"
)

// options are the functions that guarded expressions call.
var options = []gojq.CompilerOption{
	gojq.WithFunction("_measured", 0, 0, func(v any, _ []any) any {
		if !fits(v) {
			return tooLarge
		}
		return v
	}),
	gojq.WithFunction("_concat", 1, mostArguments, func(_ any, parts []any) any { return concat(parts) }),
	gojq.WithFunction("_plus2", 2, 2, func(_ any, a []any) any { return plus(a[0], a[1]) }),
	gojq.WithFunction("_minus", 2, 2, func(_ any, a []any) any { return minus(a[0], a[1]) }),
	gojq.WithFunction("_times", 2, 2, func(_ any, a []any) any { return times(a[0], a[1]) }),
	gojq.WithFunction("_joined", 1, 1, func(v any, a []any) any { return joined(v, a[0]) }),
	gojq.WithIterFunction("_scanned", 1, 1, func(v any, a []any) gojq.Iter { return scanned(v, a[0]) }),
	gojq.WithFunction("_contains", 1, 1, func(v any, a []any) any { return containsWithin(v, a[0]) }),
	gojq.WithFunction("_inside", 1, 1, func(v any, a []any) any { return containsWithin(a[0], v) }),
}

const (
	tooLarge = ownError("a value on the way is too large")
	tooLong  = ownError("it compares too many values with each other")
)

// fits says that a value is within MaxBytes and MaxNodes; it stops looking where not.
func fits(v any) bool {
	nodes, bytes := MaxNodes, MaxBytes
	return measure(v, &nodes, &bytes, 0)
}

func measure(v any, nodes, bytes *int, depth int) bool {
	*nodes--
	switch v := v.(type) {
	case string:
		*bytes -= len(v)
	case json.Number:
		*bytes -= len(v)
	case *big.Int:
		*bytes -= v.BitLen() / 3
	case []any:
		for _, element := range v {
			if *nodes < 0 || *bytes < 0 || !measure(element, nodes, bytes, depth+1) {
				return false
			}
		}
	case map[string]any:
		for key, element := range v {
			*bytes -= len(key)
			if *nodes < 0 || *bytes < 0 || !measure(element, nodes, bytes, depth+1) {
				return false
			}
		}
	}
	return *nodes >= 0 && *bytes >= 0 && depth <= 1000
}

func concat(parts []any) any {
	size := 0
	for _, part := range parts {
		text, ok := part.(string)
		if !ok {
			return ownError("a part of a text is not a text")
		}
		if size += len(text); size > MaxBytes {
			return tooLarge
		}
	}
	var b strings.Builder
	b.Grow(size)
	for _, part := range parts {
		b.WriteString(part.(string))
	}
	return b.String()
}

func kind(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "boolean"
	case string:
		return "string"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	}
	return "number"
}

func plus(a, b any) any {
	switch x := a.(type) {
	case nil:
		return b
	case string:
		if y, ok := b.(string); ok {
			return concat([]any{x, y})
		}
	case []any:
		if y, ok := b.([]any); ok {
			if len(x)+len(y) > MaxNodes {
				return tooLarge
			}
			return append(append(make([]any, 0, len(x)+len(y)), x...), y...)
		}
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			sum := make(map[string]any, len(x)+len(y))
			for key, element := range x {
				sum[key] = element
			}
			for key, element := range y {
				sum[key] = element
			}
			return sum
		}
	}
	if b == nil {
		return a
	}
	if kind(a) == "number" && kind(b) == "number" {
		return arithmetic(a, b, (*big.Int).Add, func(x, y float64) float64 { return x + y })
	}
	return ownError("cannot add: " + kind(a) + " and " + kind(b))
}

// mostPairs bounds what an operation may compare with each other.
const mostPairs = 4_000_000

func minus(a, b any) any {
	x, isList := a.([]any)
	y, isAlso := b.([]any)
	switch {
	case isList && isAlso:
		if len(x)*len(y) > mostPairs {
			return tooLong
		}
		left := []any{}
		for _, element := range x {
			found := false
			for _, other := range y {
				if gojq.Compare(element, other) == 0 {
					found = true
					break
				}
			}
			if !found {
				left = append(left, element)
			}
		}
		return left
	case kind(a) == "number" && kind(b) == "number":
		return arithmetic(a, b, (*big.Int).Sub, func(x, y float64) float64 { return x - y })
	}
	return ownError("cannot subtract: " + kind(b) + " from " + kind(a))
}

func times(a, b any) any {
	if kind(a) == "number" && kind(b) == "number" {
		return arithmetic(a, b, (*big.Int).Mul, func(x, y float64) float64 { return x * y })
	}
	_, isObject := a.(map[string]any)
	_, isAlso := b.(map[string]any)
	if isObject && isAlso {
		return value.Merge(a, b)
	}
	return ownError("cannot multiply: " + kind(a) + " and " + kind(b) + " (a text is not repeated)")
}

// mostBits of a whole number on the way: far past any that means something.
const mostBits = 4096

// arithmetic is exact where both are whole numbers, else in floating point as jq does it.
func arithmetic(a, b any, exact func(z, x, y *big.Int) *big.Int, float func(x, y float64) float64) any {
	x, isWhole := whole(a)
	y, isAlso := whole(b)
	if isWhole && isAlso {
		if x.BitLen()+y.BitLen() > mostBits {
			return tooLarge
		}
		z := exact(new(big.Int), x, y)
		if z.IsInt64() && z.Int64() >= math.MinInt && z.Int64() <= math.MaxInt {
			return int(z.Int64())
		}
		return z
	}
	return float(floating(a), floating(b))
}

func whole(v any) (*big.Int, bool) {
	switch v := v.(type) {
	case int:
		return big.NewInt(int64(v)), true
	case *big.Int:
		return v, true
	case json.Number:
		if len(v) <= mostBits/3 {
			return new(big.Int).SetString(string(v), 10)
		}
	}
	return nil, false
}

func floating(v any) float64 {
	switch v := v.(type) {
	case int:
		return float64(v)
	case float64:
		return v
	case *big.Int:
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case json.Number:
		f, _ := v.Float64()
		return f
	}
	return math.NaN()
}

func joined(v, separator any) any {
	list, ok := v.([]any)
	if !ok {
		return ownError("cannot join: " + kind(v))
	}
	between, ok := separator.(string)
	if !ok {
		return ownError("cannot join with: " + kind(separator))
	}
	if len(list)*len(between) > MaxBytes {
		return tooLarge
	}
	var b strings.Builder
	for i, element := range list {
		if i > 0 {
			b.WriteString(between)
		}
		switch element := element.(type) {
		case nil:
		case string:
			b.WriteString(element)
		case []any, map[string]any:
			return ownError("cannot join: " + kind(element) + " in the list")
		default:
			normal, err := value.Normal(element)
			if err != nil {
				return ownError("cannot join: a number that is not finite")
			}
			b.Write(value.Canonical(normal))
		}
		if b.Len() > MaxBytes {
			return tooLarge
		}
	}
	return b.String()
}

// containsWithin is jq's contains with a bound on the pairs that it compares.
func containsWithin(a, b any) any {
	pairs := mostPairs
	found, ok := contains(a, b, &pairs)
	switch {
	case pairs < 0:
		return tooLong
	case !ok:
		return ownError("cannot be contained: " + kind(b) + " in " + kind(a))
	}
	return found
}

func contains(a, b any, pairs *int) (found, ok bool) {
	if *pairs--; *pairs < 0 {
		return false, true
	}
	switch x := a.(type) {
	case string:
		y, isText := b.(string)
		return isText && strings.Contains(x, y), isText
	case []any:
		y, isList := b.([]any)
		for _, wanted := range y {
			there := false
			for _, element := range x {
				if kind(element) == kind(wanted) {
					if there, _ = contains(element, wanted, pairs); there {
						break
					}
				}
			}
			if !there {
				return false, true
			}
		}
		return isList, isList
	case map[string]any:
		y, isObject := b.(map[string]any)
		for key, wanted := range y {
			element, there := x[key]
			if !there || kind(element) != kind(wanted) {
				return false, true
			}
			if inner, _ := contains(element, wanted, pairs); !inner {
				return false, true
			}
		}
		return isObject, isObject
	}
	return kind(a) == kind(b) && gojq.Compare(a, b) == 0, kind(a) == kind(b)
}
