package artifacts

import (
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/internal/value"
)

// annotations say something about a value and assert nothing.
var annotations = []string{"title", "description", "examples", "default", "$comment", "message", "deprecated", "readOnly", "writeOnly"}

// plainKeywords mean the same whatever stands beside them.
var plainKeywords = []string{
	"required", "type", "enum", "const", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
	"minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
}

// together says that keywords can stand in one schema with what a reference stands for.
func together(target, keywords map[string]any) bool {
	if _, isReference := target["$ref"]; isReference {
		return len(keywords) == 0
	}
	for key, v := range keywords {
		if slices.Contains(annotations, key) || key == "$md" || strings.HasPrefix(key, "$md.") || strings.HasPrefix(key, "ui:") {
			continue
		}
		there, both := target[key]
		if both && !value.Equal(there, v) || !slices.Contains(plainKeywords, key) {
			return false
		}
	}
	return true
}

// beside puts keywords next to what a reference stands for: draft-07 would ignore them, and
// here they narrow. What is said in both places is said by the nearer one, except that
// nothing makes public what the other holds secret.
func beside(target, keywords map[string]any) map[string]any {
	if len(keywords) == 0 {
		return target
	}
	if !together(target, keywords) {
		return apart(target, keywords)
	}
	merged := maps.Clone(target)
	for key, v := range keywords {
		if key == "$md" {
			v = value.Merge(target[key], v)
		}
		merged[key] = v
	}
	if isMarked(target) && !isMarked(merged) {
		merged["$md.sensitive"] = true
	}
	return merged
}

// apart makes both hold; the keywords stay where a pointer finds them.
func apart(target, keywords map[string]any) map[string]any {
	both := maps.Clone(keywords)
	own, _ := keywords["allOf"].([]any)
	both["allOf"] = append(slices.Clip(own), target)
	return both
}
