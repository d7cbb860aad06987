package schema

import (
	"encoding/json"
	"math/big"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// metaschemas are the schemas of schemas, which the library brings compiled: their words
// come from the compiled form.
var metaschemas = sync.OnceValue(func() map[int]*Schema {
	all := map[int]*Schema{}
	for draft, address := range map[int]string{
		4: "http://json-schema.org/draft-04/schema", 6: "http://json-schema.org/draft-06/schema", 7: "http://json-schema.org/draft-07/schema",
		2019: "https://json-schema.org/draft/2019-09/schema", 2020: "https://json-schema.org/draft/2020-12/schema",
	} {
		compiled := jsonschema.NewCompiler().MustCompile(address)
		s := &Schema{compiled: compiled, index: map[string]*jsonschema.Schema{}}
		for _, sub := range reachable(compiled) {
			s.index[sub.Location] = sub
		}
		all[draft] = s
	}
	return all
})

func metaschema(draft int) *Schema { return metaschemas()[draft] }

// written gives the keywords of a compiled schema as they may have been written, as far
// as the words need them.
func written(sub *jsonschema.Schema) map[string]any {
	keywords := map[string]any{}
	put := func(name string, there bool, v any) {
		if there {
			keywords[name] = v
		}
	}
	texts := func(names []string) []any {
		list := make([]any, len(names))
		for i, name := range names {
			list[i] = name
		}
		return list
	}
	put("type", len(sub.Types) > 0, texts(sub.Types))
	put("enum", len(sub.Enum) > 0, sub.Enum)
	put("required", len(sub.Required) > 0, texts(sub.Required))
	put("pattern", sub.Pattern != nil, "")
	if sub.Pattern != nil {
		keywords["pattern"] = sub.Pattern.String()
	}
	put("format", sub.Format != "", sub.Format)
	for name, bound := range map[string]*big.Rat{
		"minimum": sub.Minimum, "maximum": sub.Maximum, "exclusiveMinimum": sub.ExclusiveMinimum,
		"exclusiveMaximum": sub.ExclusiveMaximum, "multipleOf": sub.MultipleOf,
	} {
		if bound != nil {
			keywords[name] = json.Number(bound.RatString())
		}
	}
	put("minItems", sub.MinItems >= 0, sub.MinItems)
	put("minLength", sub.MinLength >= 0, sub.MinLength)
	return keywords
}

// at gives the value in the schema documents at an absolute location (URL#pointer).
func (s *Schema) at(location string) any {
	if s.index != nil {
		if sub, ok := s.index[location]; ok {
			return written(sub)
		}
		i := strings.LastIndexByte(location, '/')
		if sub, ok := s.index[location[:max(i, 0)]]; ok {
			return written(sub)[location[i+1:]]
		}
		return nil
	}
	address, pointer, _ := strings.Cut(location, "#")
	document, _ := pathOf(pointer, s.raw[address]).Get(s.raw[address])
	return document
}

// source is the part of a schema document that sub was compiled from; nil for true and
// false.
func (s *Schema) source(sub *jsonschema.Schema) map[string]any {
	object, _ := s.at(sub.Location).(map[string]any)
	return object
}
