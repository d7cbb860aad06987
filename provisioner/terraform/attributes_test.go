package terraform_test

import (
	"encoding/json"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestAttributesOf(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change string
		want   []provisioner.Attribute
	}{
		"nothing":          {`{"before": {"a": 1, "tags": {"x": "y"}}, "after": {"a": 1, "tags": {"x": "y"}}, "after_unknown": {}}`, nil},
		"a leaf in a list": {`{"before": {"in": [{"c": ["a"]}]}, "after": {"in": [{"c": ["a", "b"]}]}}`, []provisioner.Attribute{{Path: "in.0.c.1", After: "b"}}},
		"gone":             {`{"before": {"in": {"c": "a"}}, "after": {"in": null}}`, []provisioner.Attribute{{Path: "in.c", Before: "a"}}},
		"another form":     {`{"before": {"in": {"c": "a"}}, "after": {"in": ["a"]}}`, []provisioner.Attribute{{Path: "in", Before: map[string]any{"c": "a"}, After: []any{"a"}}}},
		"emptied":          {`{"before": {"in": ["a"]}, "after": {"in": []}}`, []provisioner.Attribute{{Path: "in.0", Before: "a"}}},
		"made empty":       {`{"before": null, "after": {"in": []}}`, []provisioner.Attribute{{Path: "in", After: []any{}}}},
		"unknown":          {`{"before": {"id": "x"}, "after": {}, "after_unknown": {"id": true}}`, []provisioner.Attribute{{Path: "id", Before: "x", Unknown: true}}},
		"unknown inside": {
			`{"before": null, "after": {"in": [{"c": 1}]}, "after_unknown": {"in": [{"id": true}], "tags": {}}}`,
			[]provisioner.Attribute{{Path: "in.0.c", After: json.Number("1")}, {Path: "in.0.id", Unknown: true}},
		},
		"sensitive": {
			`{"before": {"p": "a", "q": "same"}, "after": {"p": "b", "q": "same"}, "before_sensitive": {"p": true, "q": true}, "after_sensitive": {"p": true, "q": true}}`,
			[]provisioner.Attribute{{Path: "p", Sensitive: true}},
		},
		"sensitive as a whole": {`{"before": null, "after": {"p": {"x": "b"}}, "after_sensitive": true}`, []provisioner.Attribute{{Path: "", Sensitive: true}}},
		"sensitive in part":    {`{"before": null, "after": {"p": {"x": "b", "y": "c"}}, "after_sensitive": {"p": {"x": true}}}`, []provisioner.Attribute{{Path: "p.x", Sensitive: true}, {Path: "p.y", After: "c"}}},
		"was sensitive":        {`{"before": {"p": "a"}, "after": {}, "before_sensitive": {"p": true}, "after_unknown": {"p": true}}`, []provisioner.Attribute{{Path: "p", Unknown: true, Sensitive: true}}},
		"replaces": {
			`{"before": {"a": [1], "ab": 1}, "after": {"a": [2], "ab": 2}, "replace_paths": [["a", 0]]}`,
			[]provisioner.Attribute{{Path: "a.0", Before: json.Number("1"), After: json.Number("2"), Replaces: true}, {Path: "ab", Before: json.Number("1"), After: json.Number("2")}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan := &tfjson.Plan{}
			plan.UseJSONNumber(true)
			require.NoError(t, json.Unmarshal([]byte(`{"format_version": "1.2", "resource_changes": [{"address": "a.b", "change": `+test.change+`}]}`), plan))
			require.Equal(t, test.want, terraform.AttributesOf(plan.ResourceChanges[0].Change))
		})
	}
	require.Nil(t, terraform.AttributesOf(nil))
}
