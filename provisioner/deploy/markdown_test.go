package deploy_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

func TestMarkdown(t *testing.T) {
	t.Parallel()
	s, _ := wired(t, usual(), func(map[string]any) ([]provisioner.Change, error) {
		return nil, errors.New("there is no\nsuch `network`")
	})
	plan := s.plan(t)
	require.Equal(t, "### Plan for `shop/dev`\n\n"+
		"| action | instance | why |\n| --- | --- | --- |\n"+
		"| create | `shop/dev.net` | new |\n| deferred | `shop/dev.app` | new |\n\n"+
		"2 to change, 0 unchanged.\n\n"+
		"<details><summary>shop/dev.net</summary>\n\n- create `main: net`\n\n</details>\n\n"+
		"<details><summary>shop/dev.app</summary>\n\n"+
		"- `main`: deferred until `connections.network.cidr`, `connections.network.open`, `connections.network.principal`, `connections.network.zones` is known\n"+
		"  - `` there is no such `network` ``\n\n</details>\n\n"+
		"`"+plan.Digest+"`\n", plan.Markdown())
}

// What a stranger has written into names and messages does nothing in a comment.
func TestMarkdownOfAStranger(t *testing.T) {
	t.Parallel()
	plan := &deploy.Plan{Environment: "a/b", Instances: []deploy.InstancePlan{
		{ID: "a/b.c|d", Action: "update", Reason: "<b>@all</b> *x* | y", Steps: []deploy.StepPlan{{Name: "main", Changes: []provisioner.Change{
			{Address: "x[\"```\"]", Action: provisioner.Update, Attributes: []provisioner.Attribute{{Path: "tags.a", After: "a value"}}},
			{Address: "left", Action: provisioner.NoOp},
		}}}},
		{ID: "a/b.e", Action: "none"},
	}, Problems: tenon.Problems{{Message: "bad"}, {Severity: tenon.Warning, Message: "odd"}}}
	text := plan.Markdown()
	require.Contains(t, text, "| update | `a/b.c\\|d` | &lt;b&gt;&#64;all&lt;/b&gt; \\*x\\* \\| y |\n")
	require.Contains(t, text, "- update ```` main: x[\"```\"] ```` (`tags`)\n")
	require.Contains(t, text, "1 to change, 1 unchanged.\n")
	require.Contains(t, text, "- `error: bad`\n- `warning: odd`\n")
	require.NotContains(t, text, "left")
	require.NotContains(t, text, "a value")
}
