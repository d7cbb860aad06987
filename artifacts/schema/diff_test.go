package schema_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

func ExampleDiff() {
	old := schema.MustCompile(map[string]any{
		"type": "object", "required": []any{"host"},
		"properties": map[string]any{"host": map[string]any{"type": "string"}, "tier": map[string]any{"enum": []any{"small", "large"}}},
	})
	next := schema.MustCompile(map[string]any{
		"type": "object", "required": []any{"host", "port"},
		"properties": map[string]any{
			"host": map[string]any{"type": "string"}, "tier": map[string]any{"enum": []any{"small", "large", "huge"}},
			"port": map[string]any{"type": "integer"}, "tls": map[string]any{"type": "boolean"},
		},
	})
	fmt.Print(schema.Diff(old, next))
	// Output:
	// major
	// /port: is described now, and required (breaks producers)
	// /tier: allows "huge" as well (breaks consumers)
	// /tls: is described now, and optional
}

func TestDiff(t *testing.T) {
	t.Parallel()
	const c, p, both, nobody = "consumers", "producers", "consumers producers", ""
	for name, row := range map[string]struct {
		old, next string
		bump      schema.Bump
		changes   []string // path kind: whom it breaks
	}{
		"nothing":             {`{"type":"string"}`, `{"type":"string"}`, schema.None, nil},
		"words":               {`{"type":"string"}`, `{"type":"string","title":"Name"}`, schema.Patch, []string{" annotation: " + nobody}},
		"another spelling":    {`{"type":"integer"}`, `{"type":"number","multipleOf":1.0}`, schema.Patch, []string{" annotation: " + nobody}},
		"optional property":   {`{"properties":{"a":{}}}`, `{"properties":{"a":{},"b":{"type":"string"}}}`, schema.Minor, []string{"/b property-added: " + nobody}},
		"required property":   {`{}`, `{"properties":{"b":{"type":"string"}},"required":["b"]}`, schema.Major, []string{"/b property-added: " + p}},
		"into a closed one":   {`{"additionalProperties":false}`, `{"properties":{"b":{}},"additionalProperties":false}`, schema.Major, []string{"/b property-added: " + c}},
		"required":            {`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":"string"}},"required":["a"]}`, schema.Major, []string{"/a required-added: " + p}},
		"not required":        {`{"properties":{"a":{"type":"string"}},"required":["a"]}`, `{"properties":{"a":{"type":"string"}}}`, schema.Major, []string{"/a required-removed: " + c}},
		"type wider":          {`{"properties":{"a":{"type":"string"}}}`, `{"properties":{"a":{"type":["string","null"]}}}`, schema.Major, []string{"/a type: " + c}},
		"type narrower":       {`{"properties":{"a":{"type":["string","null"]}}}`, `{"properties":{"a":{"type":"string"}}}`, schema.Major, []string{"/a type: " + p}},
		"bounds":              {`{"minimum":1,"maximum":5}`, `{"minimum":2,"maximum":6}`, schema.Major, []string{" maximum: " + c, " minimum: " + p}},
		"pattern":             {`{"pattern":"^[a-z]+$"}`, `{"pattern":"^[a-z0-9]+$"}`, schema.Major, []string{" pattern: " + c}},
		"pattern, spelled":    {`{"pattern":"^[a-c]+$"}`, `{"pattern":"^[abc]+$"}`, schema.Minor, []string{" pattern: " + nobody}},
		"enum":                {`{"enum":["a","b"]}`, `{"enum":["b","c"]}`, schema.Major, []string{" enum: " + both}},
		"items":               {`{"items":{"type":"integer"}}`, `{"items":{"type":"number"}}`, schema.Major, []string{"/* multiple-of: " + c}},
		"closed":              {`{"properties":{"a":{}}}`, `{"properties":{"a":{}},"additionalProperties":false}`, schema.Major, []string{" additional-properties: " + p}},
		"deep":                {`{"properties":{"a":{"items":{"properties":{"b":{"minLength":1}}}}}}`, `{"properties":{"a":{"items":{"properties":{"b":{"minLength":2}}}}}}`, schema.Major, []string{"/a/*/b length: " + p}},
		"deep and new":        {`{"properties":{"a":{"items":{"type":"object"}}}}`, `{"properties":{"a":{"items":{"type":"object","properties":{"n":{"type":"string"}}}}}}`, schema.Minor, []string{"/a/*/n property-added: " + nobody}},
		"alternatives":        {`{"anyOf":[{"required":["a"]},{"required":["b"]}]}`, `{"anyOf":[{"required":["a"]},{"required":["b"]},{"required":["c"]}]}`, schema.Major, []string{" alternatives: " + c}},
		"no longer described": {`{"properties":{"a":{"type":"string"}}}`, `{}`, schema.Major, []string{"/a property-removed: " + c}},
		"cannot be decided":   {`{"pattern":"^(?=a)b"}`, `{"pattern":"^(?=b)b"}`, schema.Major, []string{" alternatives: " + both, " undecided: ", " undecided: "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := schema.Diff(must(t, row.old), must(t, row.next))
			var changes []string
			for _, change := range report.Changes {
				line := fmt.Sprintf("%s %s: ", change.Path, change.Kind)
				for i, side := range change.Breaks {
					if i > 0 {
						line += " "
					}
					line += string(side)
				}
				changes = append(changes, line)
				require.NotEmpty(t, change.Message)
			}
			require.Equal(t, row.changes, changes, "%s", report)
			require.Equal(t, row.bump, report.Bump)
		})
	}
}

// What is said to break nobody breaks nobody, and no change is missed.
func FuzzDiff(f *testing.F) {
	for seed := range uint64(80) {
		f.Add(seed, uint8(seed%3))
	}
	f.Fuzz(func(t *testing.T, seed uint64, size uint8) {
		m := newMaker(seed)
		one := m.whole(int(size%3) + 1)
		two := map[string]any{}
		for name, v := range one {
			two[name] = v
		}
		m.keyword(two, int(size%3)+1)
		a, err := schema.Compile(one, nil)
		if err != nil {
			return
		}
		b, err := schema.Compile(two, nil)
		if err != nil {
			return
		}
		said := text(one) + "\n" + text(two)
		require.Equal(t, schema.None, schema.Diff(a, a).Bump, said)
		there, back := schema.Diff(a, b), schema.Diff(b, a)
		require.Equal(t, there, schema.Diff(a, b), said)
		for _, d := range []struct {
			report    schema.Report
			old, next *schema.Schema
		}{{there, a, b}, {back, b, a}} {
			if d.report.Bump == schema.Major {
				continue
			}
			require.Equal(t, schema.Yes, schema.Compatible(d.next, d.old).Answer, "%s\n%s", said, d.report)
			if d.report.Bump != schema.Minor {
				require.Equal(t, schema.Yes, schema.Compatible(d.old, d.next).Answer, "%s\n%s", said, d.report)
			}
			for i := range 40 { // a producer that knows only what the old schema names
				v := m.value(i % 4)
				if object, ok := v.(map[string]any); ok && len(object) > 0 {
					continue
				}
				if d.old.Validate(v) == nil && kindOf(v) != "list" {
					require.NoError(t, d.next.Validate(v), "%s\n%s\n%s", text(v), said, d.report)
				}
			}
		}
	})
}

func kindOf(v any) string {
	if _, ok := v.([]any); ok {
		return "list"
	}
	return ""
}
