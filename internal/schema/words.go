package schema

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Validate gives every mistake of document, with Path into it, sorted; nil when it is
// valid. Rule is the keyword that failed (type, required, enum, …), unknown-key where
// no more keys are allowed, or key-name where the name of a key is not right. A value at
// a path that sensitive says true for is never shown. Of alternatives (anyOf, oneOf) the
// nearest is explained.
//
// A schema may say its own words: message: {pattern: "must be a name such as …"}.
func (s *Schema) Validate(document any, sensitive func(tenon.Path) bool) tenon.Problems {
	err := s.run(document)
	if err == nil {
		return nil
	}
	if problems := tenon.ProblemsOf(err); problems != nil {
		return problems
	}
	if sensitive == nil {
		sensitive = func(tenon.Path) bool { return false }
	}
	w := &words{schema: s, document: document, sensitive: sensitive}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return tenon.Problems{{Rule: "invalid", Message: reason(err)}}
	}
	w.explain(invalid)
	return w.problems.Sorted()
}

type words struct {
	schema    *Schema
	document  any
	sensitive func(tenon.Path) bool
	problems  tenon.Problems
}

// explain adds the problems below one error of the validator.
func (w *words) explain(e *jsonschema.ValidationError) {
	isChoice := e.Message == "anyOf failed" || e.Message == "oneOf failed"
	isContains := lastPart(e.AbsoluteKeywordLocation) == "minContains" && strings.HasPrefix(e.Message, "valid must be")
	switch {
	case isChoice && len(e.Causes) > 1:
		w.alternatives(e)
	case len(e.Causes) > 0 && !isContains:
		for _, cause := range e.Causes {
			w.explain(cause)
		}
	default:
		w.leaf(e)
	}
}

func (w *words) add(rule string, path tenon.Path, message, hint string) {
	w.problems.Add(tenon.Problem{Rule: rule, Path: path, Message: message, Hint: hint})
}

// got says what stands at path, without its value where that is sensitive.
func (w *words) got(path tenon.Path, withType bool) string {
	v, ok := path.Get(w.document)
	if !ok {
		return ""
	}
	kind := value.Describe(v)
	switch v := v.(type) {
	case nil, map[string]any, []any:
		return ", got " + kind
	case bool:
		if w.sensitive(path) {
			return ", got true or false"
		}
		return ", got " + kind
	default:
		if w.sensitive(path) {
			return ", got " + kind
		}
		if withType {
			return fmt.Sprintf(", got %s (%s)", show(v), kind)
		}
		return ", got " + show(v)
	}
}

// leaf explains one keyword that failed.
func (w *words) leaf(e *jsonschema.ValidationError) {
	path := pathOf(e.InstanceLocation, w.document)
	location := e.AbsoluteKeywordLocation
	keyword := lastPart(location)
	parent, _ := w.schema.at(location[:max(strings.LastIndexByte(location, '/'), 0)]).(map[string]any)
	operand := w.schema.at(location)
	switch {
	case ofKeyName(e.KeywordLocation):
		w.keyName(path, keyword, operand)
	case e.Message == "not allowed":
		w.forbidden(path, e)
	default:
		custom, _ := parent["message"].(map[string]any)
		if text, ok := custom[keyword].(string); ok && text != "" {
			w.add(keyword, path, text+w.got(path, false), "")
			return
		}
		w.say(keyword, path, parent, operand, e)
	}
}

func (w *words) say(keyword string, path tenon.Path, parent map[string]any, operand any, e *jsonschema.ValidationError) {
	at, _ := path.Get(w.document)
	switch keyword {
	case "type":
		w.add(keyword, path, "must be "+describe(parent)+w.got(path, true), "")
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		w.add(keyword, path, "must be "+describe(parent)+w.got(path, false), "")
	case "multipleOf":
		w.add(keyword, path, "must be a multiple of "+show(operand)+w.got(path, false), "")
	case "enum":
		w.enum(path, at, operand)
	case "const":
		w.add(keyword, path, "must be "+show(operand)+w.got(path, false), "")
	case "required":
		w.required(path, at, operand)
	case "additionalProperties":
		w.unknownKeys(path, at, parent)
	case "pattern":
		w.add(keyword, path, "must match "+show(operand)+w.got(path, false), "")
	case "minLength", "maxLength":
		w.length(keyword, path, operand, "character")
	case "minItems", "maxItems":
		w.length(keyword, path, operand, "item")
	case "minProperties", "maxProperties":
		w.length(keyword, path, operand, "key")
	case "minContains", "maxContains":
		w.contains(keyword, path, operand)
	case "uniqueItems":
		w.add(keyword, path, "must not hold the same item twice", "")
	case "format":
		w.add(keyword, path, "must be of the format "+show(operand)+w.got(path, false), "")
	case "contentEncoding", "contentMediaType", "contentSchema":
		w.add(keyword, path, "must be a text that holds "+show(operand), "")
	case "not":
		w.not(path, operand)
	case "oneOf":
		w.several(path, operand, e)
	case "additionalItems":
		items, _ := parent["items"].([]any)
		w.length("maxItems", path, len(items), "item")
	default:
		w.dependency(path, operand, e)
	}
}

// dependency explains a key that another one wants.
func (w *words) dependency(path tenon.Path, operand any, e *jsonschema.ValidationError) {
	parts := splitPointer(e.KeywordLocation)
	if name, ok := operand.(string); ok && len(parts) >= 3 {
		w.add("required", path.Append(name), "is required where "+strconv.Quote(parts[len(parts)-2])+" is set", "")
		return
	}
	w.add("invalid", path, "is not valid", "")
}

// forbidden explains a value where the schema is false.
func (w *words) forbidden(path tenon.Path, e *jsonschema.ValidationError) {
	steps := path.Steps()
	switch keyword := lastPart(e.KeywordLocation); {
	case (keyword == "unevaluatedProperties" || keyword == "additionalProperties") && len(steps) > 0:
		w.add("unknown-key", path, fmt.Sprintf("unknown key %q", fmt.Sprint(steps[len(steps)-1])), "")
	default:
		w.add("false", path, "is not allowed here", "")
	}
}

// keyName explains what is wrong with the name of a key.
func (w *words) keyName(path tenon.Path, keyword string, operand any) {
	steps := path.Steps()
	if len(steps) == 0 {
		return
	}
	name := fmt.Sprint(steps[len(steps)-1])
	message := fmt.Sprintf("%q is not a key that may stand here", name)
	hint := ""
	switch keyword {
	case "pattern":
		hint = "a key must match " + show(operand)
	case "enum":
		choices, _ := operand.([]any)
		if hint = tenon.DidYouMean(name, texts(choices)); hint == "" {
			hint = "known: " + listed(choices)
		}
	case "minLength":
		hint = fmt.Sprintf("a key has at least %v characters", operand)
	case "maxLength":
		hint = fmt.Sprintf("a key has at most %v characters", operand)
	}
	w.add("key-name", path, message, hint)
}

func (w *words) enum(path tenon.Path, at, operand any) {
	choices, _ := operand.([]any)
	hint := ""
	if text, ok := at.(string); ok && !w.sensitive(path) {
		hint = tenon.DidYouMean(text, texts(choices))
	}
	message := "must be one of " + listed(choices)
	if len(choices) == 1 {
		message = "must be " + show(choices[0])
	}
	w.add("enum", path, message+w.got(path, false), hint)
}

func texts(choices []any) []string {
	var found []string
	for _, choice := range choices {
		if text, ok := choice.(string); ok {
			found = append(found, text)
		}
	}
	return found
}

func listed(choices []any) string {
	const most = 12
	shown := make([]string, 0, most+1)
	for _, choice := range choices[:min(len(choices), most)] {
		shown = append(shown, show(choice))
	}
	if len(choices) > most {
		shown = append(shown, fmt.Sprintf("… (%d in all)", len(choices)))
	}
	return strings.Join(shown, ", ")
}

func (w *words) required(path tenon.Path, at, operand any) {
	object, _ := at.(map[string]any)
	names, _ := operand.([]any)
	for _, name := range names {
		if text, ok := name.(string); ok {
			if _, there := object[text]; !there {
				w.add("required", path.Append(text), "is required", "")
			}
		}
	}
}

func (w *words) unknownKeys(path tenon.Path, at any, parent map[string]any) {
	object, _ := at.(map[string]any)
	properties, _ := parent["properties"].(map[string]any)
	patterns, _ := parent["patternProperties"].(map[string]any)
	known := sortedKeys(properties)
	for _, name := range sortedKeys(object) {
		if _, ok := properties[name]; ok || matchesOne(patterns, name) {
			continue
		}
		hint := tenon.DidYouMean(name, known)
		if hint == "" && len(known) > 0 && len(known) <= 12 && len(patterns) == 0 {
			hint = "known: " + strings.Join(known, ", ")
		}
		w.add("unknown-key", path.Append(name), "unknown key "+strconv.Quote(name), hint)
	}
}

func matchesOne(patterns map[string]any, name string) bool {
	for pattern := range patterns {
		if matched, err := regexp.MatchString(pattern, name); err == nil && matched {
			return true
		}
	}
	return false
}

func (w *words) length(keyword string, path tenon.Path, operand any, unit string) {
	bound := "at least"
	if strings.HasPrefix(keyword, "max") {
		bound = "at most"
	}
	w.add(keyword, path, fmt.Sprintf("must have %s %s", bound, counted(operand, unit)), "")
}

func counted(n any, unit string) string {
	if count := fmt.Sprint(n); count != "1" {
		return count + " " + unit + "s"
	}
	return "1 " + unit
}

func (w *words) contains(keyword string, path tenon.Path, operand any) {
	if operand == nil {
		operand = 1
	}
	bound := "at least"
	if keyword == "maxContains" {
		bound = "at most"
	}
	w.add(keyword, path, fmt.Sprintf("must hold %s %s of the kind that it asks for", bound, counted(operand, "item")), "")
}

func (w *words) not(path tenon.Path, operand any) {
	object, _ := operand.(map[string]any)
	if name := requiredBy(object); name != "" && len(object) == 1 {
		w.add("not", path, "must not have "+name, "")
		return
	}
	if unwanted, ok := object["const"]; ok && len(object) == 1 {
		w.add("not", path, "must not be "+show(unwanted), "")
		return
	}
	w.add("not", path, "is one of those that are not allowed"+w.got(path, false), "")
}
