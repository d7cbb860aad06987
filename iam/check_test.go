package iam_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
)

// check gives the words of Check for a type with one grant, without their place.
func check(t *testing.T, grant string) string {
	t.Helper()
	catalog, err := artifacts.Load(fstest.MapFS{"thing.yaml": {Data: []byte(`
artifact: thing
version: 1.0.0
title: Thing
schema:
  type: object
  properties:
    arn: {type: string}
    name: {type: string}
    token: {type: string, x-sensitive: true}
    login: {type: object, x-sensitive: true, properties: {user: {type: string}}}
grants:
  it: ` + grant + `
examples: [{arn: 'arn:aws:sqs:eu-west-1:1:a'}]
`)}})
	require.NoError(t, err)
	return strings.ReplaceAll(iam.Check(catalog).Error(), "thing.yaml:13:3: ", "")
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, grant, words string }{
		{"good", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}', '{{.arn}}/*', '{{.arn}}:*']}]}`, "no problems"},
		{"any resource", `{aws: [{actions: [sqs:ListQueues], anyResource: true}]}`, "no problems"},
		{"empty", `{description: nothing yet}`, `warning: grants.it: the grant "it" gives nothing on any platform`},
		{"star in an action", `{aws: [{actions: [sqs:Send*], resources: ['{{.arn}}']}]}`, `warning: grants.it.aws[0].actions[0]: "sqs:Send*" allows more than can be seen (name the actions)`},
		{
			"star before a field", `{aws: [{actions: [sqs:SendMessage], resources: ['arn:aws:sqs:*:1:{{.name}}']}]}`,
			`warning: grants.it.aws[0].resources[0]: the star of "arn:aws:sqs:*:1:{{.name}}" does not stand behind a field of the artifact`,
		},
		{
			"star without a field", `{aws: [{actions: [sqs:SendMessage], resources: ['arn:aws:sqs:eu-west-1:1:*']}]}`,
			`warning: grants.it.aws[0].resources[0]: the star of "arn:aws:sqs:eu-west-1:1:*" does not stand behind a field of the artifact`,
		},
		{
			"star at a field", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}*']}]}`,
			`warning: grants.it.aws[0].resources[0]: the star of "{{.arn}}*" reaches everything whose name only begins like the field (put a / or a : before it)`,
		},
		{
			"a secret in a resource", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}/{{.token}}']}]}`,
			`grants.it.aws[0].resources[0]: {{.arn}}/{{.token}} would write the field token, which is sensitive, into a policy`,
		},
		{
			"a secret within an object", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}'], conditions: {StringEquals: {'sqs:user': ['{{.login.user}}']}}}]}`,
			`grants.it.aws[0].conditions.StringEquals["sqs:user"][0]: {{.login.user}} would write the field login.user, which is sensitive, into a policy`,
		},
		{
			"a secret elsewhere", `{sql: {on: '{{.token}}'}}`,
			`grants.it.sql.on: {{.token}} would write the field token, which is sensitive, into a policy`,
		},
		{
			"an operator that there is not", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}'], conditions: {StringEqual: {'a:b': [c]}}}]}`,
			`grants.it.aws[0].conditions.StringEqual: AWS has no condition operator "StringEqual" (did you mean "StringEquals"?)`,
		},
		{
			"null if it exists", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}'], conditions: {NullIfExists: {'a:b': ['true']}}}]}`,
			`grants.it.aws[0].conditions.NullIfExists: AWS has no condition operator "NullIfExists"`,
		},
		{"operators with what stands around them", `{aws: [{actions: [sqs:SendMessage], resources: ['{{.arn}}'], conditions: {'ForAnyValue:StringLike': {'a:b': [c]}, BoolIfExists: {'a:b': ['true']}, 'ForAllValues:ArnLikeIfExists': {'a:b': [c]}, 'Null': {'a:b': ['true']}}}]}`, "no problems"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.words, check(t, c.grant))
		})
	}
}
