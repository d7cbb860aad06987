package aws_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/iam/aws"
)

// hostile draws values that somebody would try.
func hostile() *rapid.Generator[string] {
	piece := rapid.SampledFrom([]string{
		"*", "?", "${aws:username}", "$", "{", "}", "{{.b}}", ":", "/", "::", "\"", "'", "\\", " ", "\n", "\x00", "\u2028", "\u200b", "\xff",
		"arn", "arn:aws:s3:::", "arn:aws:sqs:eu-west-1:1:", "arn:aws:dynamodb:eu-west-1:1:table", "table/", "a", "bucket", ",", "]", "%2A", "*",
	})
	return rapid.OneOf(
		rapid.Map(rapid.SliceOfN(piece, 0, 6), func(pieces []string) string { return strings.Join(pieces, "") }),
		rapid.String(),
	)
}

// Whatever the values are: if there is a policy, it has no star, no other wildcard and no
// variable where the template has none, every resource keeps the shape of the template,
// and the JSON says what the document says.
func TestNoValueWidensAPolicy(t *testing.T) {
	t.Parallel()
	templates := []string{
		"{{.a}}", "{{.a}}/*", "{{.a}}:{{.b}}", "arn:aws:s3:::{{.a}}", "arn:aws:s3:::{{.a}}/{{.b}}/*", "arn:aws:sqs:{{.a}}:{{.b}}:name",
		"arn:aws:dynamodb:eu-west-1:1:table/{{.a}}/index/*",
	}
	rapid.Check(t, func(rt *rapid.T) {
		template := rapid.SampledFrom(templates).Draw(rt, "template")
		a, b := hostile().Draw(rt, "a"), hostile().Draw(rt, "b")
		quoted, _ := json.Marshal(template)
		all := grants(t, `{"it": {"aws": [{"actions": ["a:B"], "resources": [`+string(quoted)+`], "conditions": {"StringLike": {"a:c": ["{{.b}}"]}}}]}}`)
		rendered, err := aws.Render(iam.Access{Bindings: bind(t, "slot", all)}, map[string]any{"slot": map[string]any{"a": a, "b": b}})
		if err != nil {
			return
		}
		statement := rendered.Policy.Statement[0]
		resource, condition := statement.Resource[0], statement.Condition["StringLike"]["a:c"][0]
		for _, wildcard := range []string{"*", "?", "${"} {
			if strings.Count(resource, wildcard) != strings.Count(template, wildcard) || strings.Contains(condition, wildcard) {
				rt.Fatalf("%q and %q brought a %s: %s", a, b, wildcard, resource)
			}
		}
		parts := strings.SplitN(resource, ":", 6)
		if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[2] == "" || parts[5] == "" || strings.Trim(parts[5], "/*") == "" {
			rt.Fatalf("%q and %q gave %s, which names nothing", a, b, resource)
		}
		if literal, _, _ := strings.Cut(template, "{{"); !strings.HasPrefix(resource, literal) {
			rt.Fatalf("%q and %q changed the template %s to %s", a, b, template, resource)
		}
		if strings.HasSuffix(template, ":name") && (strings.Count(resource, ":") != 5 || parts[5] != "name") {
			rt.Fatalf("%q and %q moved the parts: %s", a, b, resource)
		}
		var read aws.Document
		if err := json.Unmarshal([]byte(rendered.Policy.String()), &read); err != nil || !slices.Equal(read.Statement[0].Resource, statement.Resource) {
			rt.Fatalf("%s is not what was rendered (%v)", rendered.Policy, err)
		}
	})
}

// The order in which bindings come and how often they come changes nothing.
func TestRenderIsASet(t *testing.T) {
	t.Parallel()
	bindings := bind(t, "queue", grants(t, `{
		"a": {"aws": [{"actions": ["a:A", "a:B"], "resources": ["{{.arn}}"]}]},
		"b": {"aws": [{"actions": ["a:B", "a:C"], "resources": ["{{.arn}}/*", "{{.arn}}"]}]},
		"c": {"aws": [{"actions": ["a:C"], "resources": ["{{.arn}}", "{{.arn}}/*"]}, {"actions": ["a:D"], "anyResource": true}]},
		"d": {"aws": [{"actions": ["a:A"], "resources": ["{{.arn}}"], "conditions": {"Bool": {"a:x": ["true"]}}}]}
	}`))
	data := map[string]any{"queue": map[string]any{"arn": bucket}}
	want, err := aws.Render(iam.Access{Bindings: bindings}, data)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		shuffled := rapid.Permutation(slices.Concat(bindings, bindings[:rapid.IntRange(0, len(bindings)).Draw(t, "twice")])).Draw(t, "bindings")
		got, err := aws.Render(iam.Access{Bindings: shuffled}, data)
		if err != nil || got.Policy.String() != want.Policy.String() || !slices.Equal(got.Origins, want.Origins) {
			t.Fatalf("got %s, want %s (%v)", got.Policy, want.Policy, err)
		}
	})
}
