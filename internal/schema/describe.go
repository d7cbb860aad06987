package schema

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon/internal/value"
)

// describe says what a schema wants by its type: a whole number between 1 and 65535.
func describe(schema map[string]any) string {
	var types []string
	switch t := schema["type"].(type) {
	case string:
		types = []string{t}
	case []any:
		for _, one := range t {
			types = append(types, fmt.Sprint(one))
		}
	}
	names := map[string]string{
		"integer": "a whole number", "number": "a number", "string": "a string", "boolean": "true or false",
		"array": "a list", "object": "an object", "null": "null",
	}
	said := make([]string, 0, len(types))
	for _, t := range types {
		text := names[t]
		if t == "integer" || t == "number" {
			text += bounds(schema)
		}
		said = append(said, text)
	}
	if len(said) == 0 {
		return "a number" + bounds(schema)
	}
	return alternatives(said)
}

func bounds(schema map[string]any) string {
	low, hasLow := schema["minimum"].(json.Number)
	high, hasHigh := schema["maximum"].(json.Number)
	above, hasAbove := schema["exclusiveMinimum"].(json.Number)
	below, hasBelow := schema["exclusiveMaximum"].(json.Number)
	switch {
	case hasLow && hasHigh:
		return fmt.Sprintf(" between %s and %s", low, high)
	case hasLow && hasBelow:
		return fmt.Sprintf(" from %s to below %s", low, below)
	case hasLow:
		return fmt.Sprintf(" of at least %s", low)
	case hasAbove && hasHigh:
		return fmt.Sprintf(" above %s and at most %s", above, high)
	case hasAbove && hasBelow:
		return fmt.Sprintf(" above %s and below %s", above, below)
	case hasAbove:
		return fmt.Sprintf(" above %s", above)
	case hasHigh:
		return fmt.Sprintf(" of at most %s", high)
	case hasBelow:
		return fmt.Sprintf(" below %s", below)
	}
	return ""
}

// alternatives writes a, b or c, each once.
func alternatives(said []string) string {
	var kept []string
	seen := map[string]bool{}
	for _, text := range said {
		if !seen[text] {
			seen[text] = true
			kept = append(kept, text)
		}
	}
	return joined(kept, "or")
}

func joined(said []string, word string) string {
	if len(said) < 2 {
		return strings.Join(said, "")
	}
	return strings.Join(said[:len(said)-1], ", ") + " " + word + " " + said[len(said)-1]
}

// show writes a value for a message, cut where it is long.
func show(v any) string {
	text := string(value.Canonical(v))
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
