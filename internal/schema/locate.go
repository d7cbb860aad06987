package schema

import (
	"cmp"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
)

// pathOf turns the pointer of the validator into a path; document decides whether a step
// is a key or an index.
func pathOf(pointer string, document any) tenon.Path {
	path := tenon.Path{}
	for _, part := range splitPointer(pointer) {
		switch v := document.(type) {
		case []any:
			if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(v) {
				path, document = path.Append(i), v[i]
				continue
			}
			document = nil
		case map[string]any:
			document = v[part]
		default:
			document = nil
		}
		path = path.Append(part)
	}
	return path
}

var unescape = strings.NewReplacer("~1", "/", "~0", "~")

// splitPointer takes a JSON Pointer apart, in the spelling of a URL's fragment.
func splitPointer(pointer string) []string {
	pointer = strings.TrimPrefix(strings.TrimPrefix(pointer, "#"), "/")
	if pointer == "" {
		return nil
	}
	parts := strings.Split(pointer, "/")
	for i, part := range parts {
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		parts[i] = unescape.Replace(part)
	}
	return parts
}

func lastPart(pointer string) string {
	parts := splitPointer(pointer)
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// ofKeyName says that a path of keywords leads through propertyNames: what fails is the
// name of a key.
func ofKeyName(pointer string) bool {
	parts := splitPointer(pointer)
	for i := 0; i < len(parts); i++ {
		if parts[i] == "propertyNames" {
			return true
		}
		switch keywords[parts[i]].shape {
		case named, needs, list:
			i++ // a name or an index follows
		case oneOrList:
			if i+1 < len(parts) {
				if _, err := strconv.Atoi(parts[i+1]); err == nil {
					i++
				}
			}
		}
	}
	return false
}

// patterns of patternProperties in order of their text.
func patterns(sub *jsonschema.Schema) []*regexp.Regexp {
	return slices.SortedFunc(maps.Keys(sub.PatternProperties), func(a, b *regexp.Regexp) int { return cmp.Compare(a.String(), b.String()) })
}

// parts are the schemas of sub for one key of an object: those of properties and
// patternProperties, else the rest.
func partsOfKey(sub *jsonschema.Schema, key string) []*jsonschema.Schema {
	var parts []*jsonschema.Schema
	if property, ok := sub.Properties[key]; ok {
		parts = append(parts, property)
	}
	for _, pattern := range patterns(sub) {
		if pattern.MatchString(key) {
			parts = append(parts, sub.PatternProperties[pattern])
		}
	}
	if rest, ok := sub.AdditionalProperties.(*jsonschema.Schema); ok && len(parts) == 0 {
		parts = append(parts, rest)
	}
	return parts
}

// partOfItem is the schema of sub for one item of a list; nil where it has none.
func partOfItem(sub *jsonschema.Schema, i int) *jsonschema.Schema {
	if i < len(sub.PrefixItems) {
		return sub.PrefixItems[i]
	}
	switch items := sub.Items.(type) {
	case *jsonschema.Schema:
		return items
	case []*jsonschema.Schema:
		if i < len(items) {
			return items[i]
		}
		rest, _ := sub.AdditionalItems.(*jsonschema.Schema)
		return rest
	}
	return sub.Items2020
}
