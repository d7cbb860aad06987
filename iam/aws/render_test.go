package aws_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/iam/aws"
)

// grants reads a block of grants written as JSON.
func grants(t testing.TB, text string) map[string]artifacts.Grant {
	t.Helper()
	var block any
	require.NoError(t, json.Unmarshal([]byte(text), &block))
	parsed, problems := artifacts.ParseGrants(block, nil)
	require.Empty(t, problems)
	return parsed
}

// bind binds every grant on a slot.
func bind(t testing.TB, slot string, all map[string]artifacts.Grant) []iam.Binding {
	t.Helper()
	var names []string
	for name := range all {
		names = append(names, name)
	}
	bindings, problems := iam.Bind(slot, "shop/dev."+slot+".it", "thing@1.0.0", all, names)
	require.Empty(t, problems)
	return bindings
}

const (
	queue  = "arn:aws:sqs:eu-west-1:000000000000:shop-dev-events"
	bucket = "arn:aws:s3:::shop-dev-files"
	key    = "arn:aws:kms:eu-west-1:000000000000:key/1234"
)

func TestRenderNothing(t *testing.T) {
	t.Parallel()
	rendered, err := aws.Render(iam.Access{Instance: "shop/dev.api"}, nil)
	require.NoError(t, err)
	require.Nil(t, rendered.Policy)
	require.Nil(t, rendered.Trust)
	require.Equal(t, map[string]any{"policy": nil, "trust": nil, "identity": nil, "boundary": nil, "path": nil}, rendered.Expression())

	// A grant of another platform gives no policy, and needs no data.
	bindings := bind(t, "database", grants(t, `{"read": {"sql": {"privileges": ["SELECT"]}}}`))
	rendered, err = aws.Render(iam.Access{Bindings: bindings}, nil)
	require.NoError(t, err)
	require.Nil(t, rendered.Policy)
}

func TestRenderMerges(t *testing.T) {
	t.Parallel()
	queues := grants(t, `{
		"publish": {"aws": [{"actions": ["sqs:SendMessage", "sqs:GetQueueUrl"], "resources": ["{{.arn}}"]}]},
		"consume": {"aws": [{"actions": ["sqs:ReceiveMessage", "sqs:GetQueueUrl"], "resources": ["{{.arn}}", "{{.arn}}"]}]},
		"list":    {"aws": [{"actions": ["sqs:ListQueues"], "anyResource": true}]}
	}`)
	buckets := grants(t, `{"read": {"aws": [
		{"actions": ["s3:GetObject"], "resources": ["{{.arn}}/*"]},
		{"actions": ["s3:ListBucket"], "resources": ["{{.arn}}"], "conditions": {"StringLike": {"s3:prefix": ["{{.prefix}}/*"]}}}
	]}}`)
	access := iam.Access{
		Identity: iam.Container, Boundary: "arn:aws:iam::000000000000:policy/boundary", Path: "/apps/",
		Bindings: slices.Concat(bind(t, "queue", queues), bind(t, "files", buckets)),
	}
	data := map[string]any{
		"queue": map[string]any{"arn": queue},
		"files": map[string]any{"arn": bucket, "prefix": "in coming"},
	}
	const want = `{"Version":"2012-10-17","Statement":[` +
		`{"Effect":"Allow","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::shop-dev-files/*"]},` +
		`{"Effect":"Allow","Action":["s3:ListBucket"],"Resource":["arn:aws:s3:::shop-dev-files"],"Condition":{"StringLike":{"s3:prefix":["in coming/*"]}}},` +
		`{"Effect":"Allow","Action":["sqs:GetQueueUrl","sqs:ReceiveMessage","sqs:SendMessage"],"Resource":["arn:aws:sqs:eu-west-1:000000000000:shop-dev-events"]},` +
		`{"Effect":"Allow","Action":["sqs:ListQueues"],"Resource":["*"]}]}`
	rendered, err := aws.Render(access, data)
	require.NoError(t, err)
	require.Equal(t, want, rendered.Policy.String())
	require.Equal(t, map[string]any{
		"policy": want, "identity": "container", "boundary": "arn:aws:iam::000000000000:policy/boundary", "path": "/apps/",
		"trust": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ecs-tasks.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`,
	}, rendered.Expression())

	type edge struct {
		statement   int
		slot, grant string
	}
	var edges []edge
	for _, origin := range rendered.Origins {
		edges = append(edges, edge{origin.Statement, origin.Slot, origin.Grant})
	}
	require.Equal(t, []edge{{0, "files", "read"}, {1, "files", "read"}, {2, "queue", "consume"}, {2, "queue", "publish"}, {3, "queue", "list"}}, edges)

	slices.Reverse(access.Bindings)
	again, err := aws.Render(access, data)
	require.NoError(t, err)
	require.Equal(t, rendered, again, "the order of the bindings does not matter")
}

func TestRenderOriginsKeepTheirPlace(t *testing.T) {
	t.Parallel()
	bindings := bind(t, "queue", grants(t, `{"publish": {"aws": [{"actions": ["sqs:SendMessage"], "resources": ["{{.arn}}"]}]}}`))
	bindings[0].File, bindings[0].Line, bindings[0].Column = "project.yaml", 9, 5
	rendered, err := aws.Render(iam.Access{Bindings: bindings}, map[string]any{"queue": map[string]any{"arn": queue}})
	require.NoError(t, err)
	require.Equal(t, []aws.Origin{{
		Statement: 0, Slot: "queue", Producer: "shop/dev.queue.it", Type: "thing@1.0.0", Grant: "publish", File: "project.yaml", Line: 9, Column: 5,
	}}, rendered.Origins)
}

func TestRenderWhen(t *testing.T) {
	t.Parallel()
	all := grants(t, `{"read": {"aws": [
		{"actions": ["sqs:ReceiveMessage"], "resources": ["{{.arn}}"]},
		{"actions": ["kms:Decrypt"], "resources": ["{{.key}}"], "when": "{{.encrypted}}"}
	]}}`)
	for _, c := range []struct {
		name      string
		encrypted any
		want      int
	}{
		{"missing", nil, 1},
		{"empty", "", 1},
		{"false", false, 1},
		{"an empty list", []any{}, 1},
		{"an empty object", map[string]any{}, 1},
		{"a text", "yes", 2},
		{"true", true, 2},
		{"zero", 0, 2},
		{"a list", []any{"a"}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			document := map[string]any{"arn": queue, "key": key, "encrypted": c.encrypted}
			rendered, err := aws.Render(iam.Access{Bindings: bind(t, "queue", all)}, map[string]any{"queue": document})
			require.NoError(t, err)
			require.Len(t, rendered.Policy.Statement, c.want)
		})
	}
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	one := func(template string) string {
		return `{"it": {"aws": [{"actions": ["sqs:SendMessage"], "resources": ["` + template + `"]}]}}`
	}
	condition := `{"it": {"aws": [{"actions": ["sqs:SendMessage"], "resources": ["` + queue + `"], "conditions": {"StringLike": {"aws:SourceArn": ["{{.v}}"]}}}]}}`
	for _, c := range []struct {
		name, grants string
		v            any
		rule, words  string
	}{
		{"a star", one("{{.v}}"), "arn:aws:sqs:eu-west-1:1:*", "unsafe-value", `the field v holds '*', which must not stand in a resource`},
		{"a question mark", one("{{.v}}"), "arn:aws:sqs:eu-west-1:1:a?", "unsafe-value", `the field v holds '?', which must not stand in a resource`},
		{"a variable", one("{{.v}}"), "arn:aws:s3:::${aws:username}", "unsafe-value", `the field v holds '$', which must not stand in a resource`},
		{"a quote", one("{{.v}}"), `arn:aws:s3:::a","arn:aws:s3:::b`, "unsafe-value", `the field v holds '"', which must not stand in a resource`},
		{"a single quote", one("{{.v}}"), `arn:aws:s3:::a'`, "unsafe-value", `the field v holds '\'', which must not stand in a resource`},
		{"a space", one("{{.v}}"), "arn:aws:s3:::a b", "unsafe-value", `the field v holds white space, which must not stand in a resource`},
		{"another space", one("{{.v}}"), "arn:aws:s3:::a\u00a0b", "unsafe-value", `the field v holds white space, which must not stand in a resource`},
		{"a line break", one("{{.v}}"), "arn:aws:s3:::a\nb", "unsafe-value", `the field v holds '\n', which must not stand in a resource`},
		{"what nobody sees", one("{{.v}}"), "arn:aws:s3:::a\u202eb", "unsafe-value", `the field v holds '\u202e', which must not stand in a resource`},
		{"not UTF-8", one("{{.v}}"), "arn:aws:s3:::a\xff", "unsafe-value", `the field v is not UTF-8, which must not stand in a resource`},
		{"no ARN", one("{{.v}}"), "shop-dev-events", "unsafe-value", `the field v is not an ARN (arn:partition:service:region:account:resource)`},
		{"an ARN without a resource", one("{{.v}}/*"), "arn:aws:s3:::", "unsafe-value", `the field v is not an ARN (arn:partition:service:region:account:resource)`},
		{"an ARN without a service", one("{{.v}}/*"), "arn:aws::::a", "unsafe-value", `the field v is not an ARN (arn:partition:service:region:account:resource)`},
		{"an ARN that would reach every table", one("{{.v}}/*"), "arn:aws:dynamodb:eu-west-1:1:table", "unsafe-value", `the field v is an ARN that is cut short: it ends before the name of the resource`},
		{"an ARN that ends with its type", one("{{.v}}*"), "arn:aws:dynamodb:eu-west-1:1:table/", "unsafe-value", `the field v is an ARN that is cut short: it ends before the name of the resource`},
		{"a name that moves the parts", one("arn:aws:sqs:eu-west-1:{{.v}}:events"), "1:other:x", "unsafe-value", `the field v holds a : or a /, which would move the parts of the ARN`},
		{"a star in a name", one("arn:aws:s3:::{{.v}}/*"), "*", "unsafe-value", `the field v holds '*', which must not stand in a resource`},
		{"a resource that is no ARN", one("x{{.v}}"), "arn", "unsafe-value", `a resource must be an ARN with its partition and service named`},
		{"a star for a service", one("arn:aws:*:::{{.v}}"), "a", "unsafe-value", `a resource must be an ARN with its partition and service named`},
		{"an object", one("{{.v}}"), map[string]any{"a": 1}, "unsafe-value", `field v is not a text, a number or a truth value`},
		{"missing", one("{{.v}}"), nil, "missing-value", `"{{.v}}" needs a value in v`},
		{"empty", one("{{.v}}"), "", "missing-value", `"{{.v}}" needs a value in v`},
		{"a star in a condition", condition, "arn:aws:s3:::*", "unsafe-value", `the field v holds '*', which must not stand in a condition`},
		{"a variable in a condition", condition, "${aws:username}", "unsafe-value", `the field v holds '$', which must not stand in a condition`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rendered, err := aws.Render(iam.Access{Bindings: bind(t, "slot", grants(t, c.grants))}, map[string]any{"slot": map[string]any{"v": c.v}})
			require.Nil(t, rendered)
			require.EqualError(t, err, `connections.slot: the grant "it" on shop/dev.slot.it (thing@1.0.0) cannot be rendered: `+c.words)
			require.Equal(t, c.rule, tenon.ProblemsOf(err)[0].Rule)
		})
	}
}

func TestRenderTellsEveryMistake(t *testing.T) {
	t.Parallel()
	all := grants(t, `{
		"a": {"aws": [{"actions": ["sqs:SendMessage"], "resources": ["{{.one}}", "{{.two}}"]}]},
		"b": {"aws": [{"actions": ["sqs:SendMessage"], "resources": ["{{.three}}"]}]}
	}`)
	_, err := aws.Render(iam.Access{Identity: "lambda", Bindings: bind(t, "slot", all)}, map[string]any{"slot": map[string]any{"one": "*", "two": "?"}})
	require.EqualError(t, err, `app.identity: unknown kind of identity "lambda" (there are [container function kubernetes vm])
connections.slot: the grant "b" on shop/dev.slot.it (thing@1.0.0) cannot be rendered: "{{.three}}" needs a value in three
connections.slot: the grant "a" on shop/dev.slot.it (thing@1.0.0) cannot be rendered: the field one holds '*', which must not stand in a resource
connections.slot: the grant "a" on shop/dev.slot.it (thing@1.0.0) cannot be rendered: the field two holds '?', which must not stand in a resource`)
}

func TestRenderTakesGoodValues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ template, v, want string }{
		{"{{.v}}", "arn:aws-cn:sqs:cn-north-1:1:events.fifo", "arn:aws-cn:sqs:cn-north-1:1:events.fifo"},
		{"{{.v}}/*", "arn:aws-us-gov:s3:::files", "arn:aws-us-gov:s3:::files/*"},
		{"{{.v}}/index/*", "arn:aws:dynamodb:eu-west-1:1:table/orders", "arn:aws:dynamodb:eu-west-1:1:table/orders/index/*"},
		{"{{.v}}", "arn:aws:secretsmanager:eu-west-1:1:secret:shop/db+x=y@z-AbCdEf", "arn:aws:secretsmanager:eu-west-1:1:secret:shop/db+x=y@z-AbCdEf"},
		{"arn:aws:cognito-identity:eu-west-1:1:identitypool/{{.v}}", "eu-west-1:0-0", "arn:aws:cognito-identity:eu-west-1:1:identitypool/eu-west-1:0-0"},
		{"arn:aws:logs:eu-west-1:1:log-group:{{.v}}:*", "/aws/lambda/api", "arn:aws:logs:eu-west-1:1:log-group:/aws/lambda/api:*"},
		{"arn:aws:sqs:eu-west-1:{{.v}}:events", "000000000000", "arn:aws:sqs:eu-west-1:000000000000:events"},
	} {
		t.Run(c.want, func(t *testing.T) {
			t.Parallel()
			all := grants(t, `{"it": {"aws": [{"actions": ["a:B"], "resources": ["`+c.template+`"]}]}}`)
			rendered, err := aws.Render(iam.Access{Bindings: bind(t, "slot", all)}, map[string]any{"slot": map[string]any{"v": c.v}})
			require.NoError(t, err)
			require.Equal(t, []string{c.want}, rendered.Policy.Statement[0].Resource)
		})
	}
}

func TestRenderStatementWithoutResources(t *testing.T) {
	t.Parallel()
	grant := artifacts.Grant{Name: "it", AWS: []artifacts.AWSStatement{{Actions: []string{"sqs:SendMessage"}}}}
	_, err := aws.Render(iam.Access{Bindings: []iam.Binding{{Slot: "slot", Producer: "imported:q", Type: "thing@1.0.0", Grant: grant}}}, nil)
	require.EqualError(t, err, `connections.slot: the grant "it" on imported:q (thing@1.0.0) cannot be rendered: a statement names no resources`)
}

func TestRenderNotJSON(t *testing.T) {
	t.Parallel()
	all := grants(t, `{"it": {"aws": [{"actions": ["a:B"], "resources": ["{{.v}}"]}]}}`)
	_, err := aws.Render(iam.Access{Bindings: bind(t, "slot", all)}, map[string]any{"slot": func() {}})
	require.ErrorContains(t, err, `cannot be rendered: json: unsupported type: func()`)
}

func TestTrust(t *testing.T) {
	t.Parallel()
	inChina := bind(t, "queue", grants(t, `{"it": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"]}]}}`))
	data := map[string]any{"queue": map[string]any{"arn": "arn:aws-cn:sqs:cn-north-1:1:events"}}
	for _, c := range []struct {
		name     string
		identity iam.Identity
		bindings []iam.Binding
		service  string
		actions  []string
	}{
		{"function", iam.Function, nil, "lambda.amazonaws.com", []string{"sts:AssumeRole"}},
		{"container", iam.Container, nil, "ecs-tasks.amazonaws.com", []string{"sts:AssumeRole"}},
		{"vm", iam.VM, nil, "ec2.amazonaws.com", []string{"sts:AssumeRole"}},
		{"vm in China", iam.VM, inChina, "ec2.amazonaws.com.cn", []string{"sts:AssumeRole"}},
		{"function in China", iam.Function, inChina, "lambda.amazonaws.com", []string{"sts:AssumeRole"}},
		{"kubernetes", iam.Kubernetes, nil, "pods.eks.amazonaws.com", []string{"sts:AssumeRole", "sts:TagSession"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rendered, err := aws.Render(iam.Access{Identity: c.identity, Bindings: c.bindings}, data)
			require.NoError(t, err)
			require.Equal(t, &aws.Document{Version: "2012-10-17", Statement: []aws.Statement{{
				Effect: "Allow", Principal: map[string][]string{"Service": {c.service}}, Action: c.actions,
			}}}, rendered.Trust)
		})
	}
}

func TestReads(t *testing.T) {
	t.Parallel()
	all := grants(t, `{
		"a": {"aws": [
			{"actions": ["a:B"], "resources": ["{{.arn}}", "{{.arn}}/{{.part.of[0]}}"], "when": "{{.enabled}}"},
			{"actions": ["a:C"], "anyResource": true, "conditions": {"StringEquals": {"a:d": ["{{.d}}"]}}}
		]},
		"b": {"aws": [{"actions": ["a:B"], "resources": ["{{.arn}}"]}]}
	}`)
	anywhere := grants(t, `{"list": {"aws": [{"actions": ["a:List"], "anyResource": true}]}}`)
	access := iam.Access{Bindings: slices.Concat(bind(t, "thing", all), bind(t, "other", anywhere))}
	require.Equal(t, map[string][]tenon.Path{
		"thing": {tenon.At("arn"), tenon.At("d"), tenon.At("enabled"), tenon.At("part", "of", 0)},
	}, aws.Reads(access))
}
