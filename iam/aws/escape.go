package aws

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenon-sdk/tenon"
)

// A value of an artifact is refused, never escaped, where it would reach beyond itself:
// there is no way to write a wildcard or a variable down that every element of a policy
// takes literally, and what a service names holds none.
// Sources: IAM user guide, "IAM JSON policy elements: Resource" (wildcards * and ?) and
// "IAM policy elements: Variables and tags" (${…}).

// resourceValue takes a value into a Resource behind the text that stands before it. A
// value at the start must be a whole ARN, one within the ARN must stay in its part.
func resourceValue(before string, field tenon.Path, text string) (string, error) {
	if err := harmless(text, `*?"'\<>|{}$`); err != nil {
		return "", fmt.Errorf("the field %s %w in a resource", field, err)
	}
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return "", fmt.Errorf("the field %s holds white space, which must not stand in a resource", field)
	}
	if before == "" {
		parsed, err := parseARN(text)
		if err == nil {
			err = parsed.whole()
		}
		if err != nil {
			return "", fmt.Errorf("the field %s %w", field, err)
		}
		return text, nil
	}
	if strings.Count(before, ":") < arnColons && strings.ContainsAny(text, ":/") {
		return "", fmt.Errorf("the field %s holds a : or a /, which would move the parts of the ARN", field)
	}
	return text, nil
}

// conditionValue takes a value into a condition, where single quotes and spaces are
// harmless.
func conditionValue(_ string, field tenon.Path, text string) (string, error) {
	if err := harmless(text, `*?"\{}$`); err != nil {
		return "", fmt.Errorf("the field %s %w in a condition", field, err)
	}
	return text, nil
}

// harmless refuses the characters given, and what nobody sees.
func harmless(text, refused string) error {
	if !utf8.ValidString(text) {
		return errors.New("is not UTF-8, which must not stand")
	}
	for _, r := range text {
		if strings.ContainsRune(refused, r) || r != ' ' && !unicode.IsGraphic(r) {
			return fmt.Errorf("holds %q, which must not stand", r)
		}
	}
	return nil
}
