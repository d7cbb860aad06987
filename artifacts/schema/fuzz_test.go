package schema_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

// maker makes schemas and documents by chance, over few names and values, so that they
// meet often.
type maker struct {
	*rand.Rand
	draft int
}

func (m *maker) pick(list ...any) any { return list[m.IntN(len(list))] }

func (m *maker) name() string { return m.pick("a", "b", "c", "ab").(string) }

func (m *maker) value(depth int) any {
	n := 9
	if depth <= 0 {
		n = 7
	}
	switch m.IntN(n) {
	case 0:
		return nil
	case 1:
		return m.IntN(2) == 0
	case 2, 3:
		return json.Number(m.pick("0", "1", "2", "3", "1.5", "-1", "2.0", "0.1", "6", "10").(string))
	case 4, 5, 6:
		return m.pick("", "a", "b", "ab", "aa", "abc", "é", "ba")
	case 7:
		list := []any{}
		for range m.IntN(4) {
			list = append(list, m.value(depth-1))
		}
		return list
	}
	object := map[string]any{}
	for range m.IntN(4) {
		object[m.name()] = m.value(depth - 1)
	}
	return object
}

func (m *maker) number() json.Number {
	return json.Number(m.pick("0", "1", "2", "3", "0.5", "-1", "1.5", "5").(string))
}

func (m *maker) pattern() string {
	return m.pick("^a", "b$", "^[ab]+$", "a", "^a*$", "^.$", "^(ab|b)", "c", "^[^a]").(string)
}

func (m *maker) list(depth, most int) []any {
	list := []any{}
	for range 1 + m.IntN(most) {
		list = append(list, m.schema(depth-1))
	}
	return list
}

func (m *maker) schema(depth int) any {
	if depth <= 0 || m.IntN(14) == 0 {
		switch m.IntN(5) {
		case 0:
			return m.IntN(4) > 0
		case 1:
			return map[string]any{"type": m.pick("string", "integer", "number", "object", "array", "null", "boolean")}
		case 2:
			return map[string]any{"const": m.value(1)}
		case 3:
			return map[string]any{"type": "string", "pattern": m.pattern()}
		}
		return map[string]any{"minimum": m.number()}
	}
	s := map[string]any{}
	for range 1 + m.IntN(4) {
		m.keyword(s, depth)
	}
	return s
}

func (m *maker) names(most int) []any {
	seen := map[string]bool{}
	list := []any{}
	for range 1 + m.IntN(most) {
		if name := m.name(); !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}

func (m *maker) keyword(s map[string]any, depth int) {
	count := func(most int) json.Number { return json.Number(strconv.Itoa(m.IntN(most))) }
	switch m.IntN(40) {
	case 0, 1, 2:
		s["type"] = m.pick("string", "integer", "number", "object", "array", "null", "boolean")
	case 3:
		s["type"] = m.pick([]any{"string", "object"}, []any{"integer", "null"}, []any{"array", "object"}, []any{"integer", "number"}, []any{"integer", "string", "boolean"})
	case 4:
		s["enum"] = []any{m.value(2), m.value(2), m.value(1)}
	case 5:
		s["const"] = m.value(2)
	case 6:
		s["minimum"] = m.number()
	case 7:
		s["maximum"] = m.number()
	case 8:
		if m.draft > 4 {
			s["exclusiveMinimum"] = m.number()
		} else {
			s["minimum"], s["exclusiveMinimum"] = m.number(), m.IntN(2) == 0
		}
	case 9:
		if m.draft > 4 {
			s["exclusiveMaximum"] = m.number()
		} else {
			s["maximum"], s["exclusiveMaximum"] = m.number(), m.IntN(2) == 0
		}
	case 10:
		s["multipleOf"] = m.pick(json.Number("2"), json.Number("3"), json.Number("0.5"), json.Number("1"), json.Number("0.3"))
	case 11:
		s["minLength"] = count(4)
	case 12:
		s["maxLength"] = count(4)
	case 13, 14:
		s["pattern"] = m.pattern()
	case 15, 16, 17:
		properties := map[string]any{}
		for range 1 + m.IntN(3) {
			properties[m.name()] = m.schema(depth - 1)
		}
		s["properties"] = properties
	case 18, 19:
		s["required"] = m.names(3)
	case 20, 21:
		s["additionalProperties"] = m.schema(depth - 1)
	case 22:
		s["patternProperties"] = map[string]any{m.pattern(): m.schema(depth - 1), m.pattern(): m.schema(depth - 1)}
	case 23:
		s["propertyNames"] = m.schema(depth - 1)
	case 24:
		s["dependencies"] = map[string]any{m.name(): m.names(2), m.name(): m.schema(depth - 1)}
	case 25:
		s["minProperties"] = count(4)
	case 26:
		s["maxProperties"] = count(4)
	case 27:
		s["items"] = m.schema(depth - 1)
	case 28:
		if m.draft >= 2020 {
			s["prefixItems"] = m.list(depth, 3)
		} else {
			s["items"] = m.list(depth, 3)
		}
	case 29:
		s["additionalItems"] = m.schema(depth - 1)
	case 30:
		s["contains"] = m.schema(depth - 1)
		if m.draft >= 2019 {
			s[m.pick("minContains", "maxContains").(string)] = count(4)
		}
	case 31:
		s["uniqueItems"] = true
	case 32:
		s["minItems"] = count(4)
	case 33:
		s["maxItems"] = count(4)
	case 34:
		s["allOf"] = m.list(depth, 2)
	case 35:
		s["anyOf"] = m.list(depth, 3)
	case 36:
		s["oneOf"] = m.list(depth, 3)
	case 37:
		s["not"] = m.schema(depth - 1)
	case 38:
		s["if"] = m.schema(depth - 1)
		s["then"] = m.schema(depth - 1)
		if m.IntN(2) == 0 {
			s["else"] = m.schema(depth - 1)
		}
	case 39:
		if m.draft >= 2019 {
			switch m.IntN(4) {
			case 0:
				s["dependentSchemas"] = map[string]any{m.name(): m.schema(depth - 1)}
			case 1:
				s["dependentRequired"] = map[string]any{m.name(): m.names(2)}
			case 2:
				s["unevaluatedProperties"] = m.schema(depth - 1)
			case 3:
				s["unevaluatedItems"] = m.schema(depth - 1)
			}
			return
		}
		s["$ref"] = "#/definitions/" + m.name()
	}
}

var drafts = map[int]string{
	4: "http://json-schema.org/draft-04/schema#", 6: "http://json-schema.org/draft-06/schema#", 7: "http://json-schema.org/draft-07/schema#",
	2019: "https://json-schema.org/draft/2019-09/schema", 2020: "https://json-schema.org/draft/2020-12/schema",
}

// whole is a schema of a draft, with definitions that may recur.
func (m *maker) whole(depth int) map[string]any {
	s, ok := m.schema(depth).(map[string]any)
	if !ok {
		s = map[string]any{"allOf": []any{m.schema(depth - 1)}}
	}
	s["definitions"] = map[string]any{"a": m.schema(2), "b": m.schema(1), "c": m.schema(2), "ab": m.schema(1)}
	s["$schema"] = drafts[m.draft]
	return s
}

func newMaker(seed uint64) *maker {
	m := &maker{Rand: rand.New(rand.NewPCG(seed, 7)), draft: 7}
	if m.IntN(3) == 0 {
		m.draft = m.pick(4, 6, 2019, 2020).(int)
	}
	return m
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func FuzzCompatible(f *testing.F) {
	for seed := range uint64(150) {
		f.Add(seed, uint8(seed%3))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		m := newMaker(seed)
		one, two := m.whole(int(size%3)+1), m.whole(int(size%3)+1)
		if m.IntN(3) == 0 { // one that is often contained in the other
			one = map[string]any{"allOf": []any{two, m.schema(2)}, "definitions": two["definitions"], "$schema": drafts[m.draft]}
		}
		a, err := schema.Compile(one, nil)
		if err != nil {
			return
		}
		b, err := schema.Compile(two, nil)
		if err != nil {
			return
		}
		said := func() string { return "\n" + text(one) + "\n" + text(two) }
		var documents []any
		for i := range 60 {
			documents = append(documents, m.value(i%4))
		}
		same := schema.Compatible(a, a)
		require.Equal(t, schema.Yes, same.Answer, said())
		again, err := schema.Compile(map[string]any{"allOf": []any{one}, "definitions": one["definitions"], "$schema": drafts[m.draft]}, nil)
		require.NoError(t, err)
		require.NotEqual(t, schema.No, schema.Compatible(a, again).Answer, said())
		for _, pair := range [][2]*schema.Schema{{a, b}, {b, a}} {
			producer, consumer := pair[0], pair[1]
			verdict := schema.Compatible(producer, consumer)
			count(verdict.Answer)
			switch verdict.Answer {
			case schema.Yes:
				for _, document := range documents {
					if producer.Validate(document) == nil {
						require.NoError(t, consumer.Validate(document), "%s%s", text(document), said())
					}
				}
				for seed := range uint64(20) {
					document, err := producer.Sample(&schema.SampleOptions{Seed: seed})
					if err == nil {
						require.NoError(t, consumer.Validate(document), "%s%s", text(document), said())
					}
				}
			case schema.No:
				require.NoError(t, producer.Validate(verdict.Witness), said())
				require.Error(t, consumer.Validate(verdict.Witness), said())
			case schema.Unknown:
				for _, why := range verdict.Undecided {
					require.NotContains(t, why, "library", said())
				}
				if os.Getenv("UNKNOWN") != "" {
					t.Log(verdict.Undecided, said())
				}
			}
		}
		sample, err := a.Sample(&schema.SampleOptions{Seed: seed})
		var none *schema.SampleError
		switch {
		case err == nil:
			require.NoError(t, a.Validate(sample), said())
		case errors.As(err, &none) && none.Uninhabited:
			for _, document := range documents {
				require.Error(t, a.Validate(document), "%s%s", text(document), said())
			}
		}
	})
}

var counts = map[schema.Answer]int{}

func count(a schema.Answer) { counts[a]++ }

func TestMain(m *testing.M) {
	code := m.Run()
	if os.Getenv("UNKNOWN") != "" {
		println(counts[schema.Yes], counts[schema.No], counts[schema.Unknown])
	}
	os.Exit(code)
}

// The normal form accepts the same documents, and so does its own.
func FuzzNormal(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, uint8(seed%3))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		m := newMaker(seed)
		document := m.whole(int(size%3) + 1)
		s, err := schema.Compile(document, nil)
		if err != nil {
			return
		}
		normal, err := s.Normal()
		if err != nil {
			require.ErrorIs(t, err, schema.ErrNoNormalForm)
			return
		}
		n, err := schema.Compile(normal, nil)
		require.NoError(t, err, "%s\n%s", text(document), text(normal))
		for i := range 60 {
			v := m.value(i % 4)
			require.Equal(t, s.Validate(v) == nil, n.Validate(v) == nil, "%s\n%s\n%s", text(v), text(document), text(normal))
		}
		require.NotEqual(t, schema.No, schema.Compatible(s, n).Answer, "%s\n%s", text(document), text(normal))
		require.NotEqual(t, schema.No, schema.Compatible(n, s).Answer, "%s\n%s", text(document), text(normal))
		again, err := n.Normal()
		require.NoError(t, err)
		twice, err := schema.Compile(again, nil)
		require.NoError(t, err)
		require.NotEqual(t, schema.No, schema.Compatible(n, twice).Answer, "%s\n%s", text(normal), text(again))
	})
}

// Containment is transitive, and a further condition never widens.
func FuzzLaws(f *testing.F) {
	for seed := range uint64(80) {
		f.Add(seed, uint8(seed%2))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		m := newMaker(seed)
		compile := func(document map[string]any) *schema.Schema {
			s, err := schema.Compile(document, nil)
			if err != nil {
				t.Skip()
			}
			return s
		}
		one := m.whole(int(size%2) + 1)
		wider := func(document map[string]any) map[string]any { // now and then
			next := map[string]any{}
			for name, v := range document {
				next[name] = v
			}
			for name := range next {
				if name != "$schema" && name != "definitions" && m.IntN(2) == 0 {
					delete(next, name)
				}
			}
			return next
		}
		two := wider(one)
		three := wider(two)
		a, b, c := compile(one), compile(two), compile(three)
		if schema.Compatible(a, b).Answer == schema.Yes && schema.Compatible(b, c).Answer == schema.Yes {
			require.NotEqual(t, schema.No, schema.Compatible(a, c).Answer, "%s\n%s\n%s", text(one), text(two), text(three))
		}
		other := compile(m.whole(1))
		narrow := a.And(other)
		require.NotEqual(t, schema.No, schema.Compatible(narrow, a).Answer, text(one))
		require.NotEqual(t, schema.No, schema.Compatible(narrow, other).Answer, text(one))
		for i := range 20 {
			v := m.value(i % 4)
			require.Equal(t, a.Validate(v) == nil && other.Validate(v) == nil, narrow.Validate(v) == nil)
		}
		if narrow.Empty().Answer == schema.Yes {
			for i := range 40 {
				require.Error(t, narrow.Validate(m.value(i%4)))
			}
		}
	})
}
