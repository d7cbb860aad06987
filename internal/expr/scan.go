package expr

import (
	"regexp"

	"github.com/itchyny/gojq"
)

// scanned is jq's scan in time that grows with the text: the interpreter's own looks at the
// whole text again for each match.
func scanned(v, pattern any) gojq.Iter {
	text, ok := v.(string)
	if !ok {
		return gojq.NewIter[any](ownError("cannot scan: " + kind(v)))
	}
	written, ok := pattern.(string)
	if !ok {
		return gojq.NewIter[any](ownError("cannot scan for: " + kind(pattern)))
	}
	compiled, err := regexp.Compile(written)
	if err != nil {
		return gojq.NewIter[any](ownError("what it scans for is not a regular expression"))
	}
	matches := compiled.FindAllStringSubmatch(text, MaxNodes+1)
	if len(matches) > MaxNodes {
		return gojq.NewIter[any](tooLarge)
	}
	found := make([]any, len(matches))
	for n, match := range matches {
		if len(match) == 1 {
			found[n] = match[0]
			continue
		}
		groups := make([]any, len(match)-1)
		for i, group := range match[1:] {
			groups[i] = group
		}
		found[n] = groups
	}
	return gojq.NewIter(found...)
}
