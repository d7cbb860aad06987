package tagging

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tenon-sdk/tenon"
)

// limits are what a platform accepts as tags.
type limits struct {
	platform   string
	tags       int    // on one resource
	key, value int    // Unicode characters
	symbols    string // beside letters, numbers and spaces
	reserved   string // prefix that the platform keeps for itself, in any case
}

// aws is what most services of AWS accept; some (EC2) take more characters, none takes
// fewer tags.
// Sources: Tagging AWS Resources user guide, "Tag naming limits and requirements"; AWS
// Directory Service API reference, "Tag", for the pattern of the characters (2026-11).
var aws = limits{platform: "AWS", tags: 50, key: 128, value: 256, symbols: "+-=._:/@", reserved: "aws:"}

// CheckAWS gives what AWS would refuse in tags (rule aws-tags); Path is the key. Two keys
// that differ only in case are a warning (rule aws-tag-case): most services keep both,
// IAM does not.
func CheckAWS(tags Tags) tenon.Problems {
	problems := aws.check(tags)
	// Source: IAM user guide, "Tags for AWS Identity and Access Management resources":
	// keys are not case-sensitive there.
	folded := map[string]string{}
	for _, key := range tags.Keys() {
		if other, exists := folded[strings.ToLower(key)]; exists {
			problems.Add(tenon.Problem{
				Severity: tenon.Warning, Rule: "aws-tag-case", Path: tenon.At(key),
				Message: fmt.Sprintf("the tags %q and %q differ only in case, which IAM takes for one", other, key),
			})
		}
		folded[strings.ToLower(key)] = key
	}
	return problems.Sorted()
}

func (l limits) check(tags Tags) tenon.Problems {
	var problems tenon.Problems
	add := func(path tenon.Path, format string, arguments ...any) {
		problems.Add(tenon.Problem{Rule: strings.ToLower(l.platform) + "-tags", Path: path, Message: fmt.Sprintf(format, arguments...)})
	}
	if len(tags) > l.tags {
		add(tenon.Path{}, "%s takes at most %d tags on a resource, these are %d", l.platform, l.tags, len(tags))
	}
	for _, key := range tags.Keys() {
		value, at := tags[key], tenon.At(key)
		switch n := utf8.RuneCountInString(key); {
		case n == 0:
			add(at, "%s takes no tag with an empty key", l.platform)
		case n > l.key:
			add(at, "%s takes at most %d characters in the key of a tag, this has %d", l.platform, l.key, n)
		}
		if n := utf8.RuneCountInString(value); n > l.value {
			add(at, "%s takes at most %d characters in the value of a tag, that of %q has %d", l.platform, l.value, key, n)
		}
		if l.isReserved(key) {
			add(at, "the tag %q begins with %s, which %s keeps for itself", key, l.reserved, l.platform)
		}
		if l.isReserved(value) {
			add(at, "the value of the tag %q begins with %s, which %s keeps for itself", key, l.reserved, l.platform)
		}
		if r, refused := l.refuses(key); refused {
			add(at, "%s takes no %q in the key of a tag (%q)", l.platform, r, key)
		}
		if r, refused := l.refuses(value); refused {
			add(at, "%s takes no %q in the value of the tag %q", l.platform, r, key)
		}
	}
	return problems
}

func (l limits) isReserved(text string) bool {
	return len(text) >= len(l.reserved) && strings.EqualFold(text[:len(l.reserved)], l.reserved)
}

// refuses gives the first character that the platform does not take.
func (l limits) refuses(text string) (rune, bool) {
	for _, r := range text {
		if !unicode.In(r, unicode.L, unicode.N, unicode.Z) && !strings.ContainsRune(l.symbols, r) {
			return r, true
		}
	}
	return 0, false
}
