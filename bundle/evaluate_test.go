package bundle_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/bundle"
)

const service = `params:
  type: object
  properties:
    size: {type: string}
    password: {type: string, x-sensitive: true}
connections:
  database: {type: postgresql@1}
  cache: {type: queue@1, optional: true}
artifacts:
  calls:
    type: aws-sqs-queue@1
    value: '{arn: .outputs.arn, url: .outputs.url, name: .params.size}'
    grants: [publish]
    ownGrants: {peek: {aws: [{actions: ["sqs:ReceiveMessage"], resources: ["{{.arn}}"]}]}}
steps:
  - name: key
    path: key
    driver: terraform
  - name: main
    path: src
    driver: terraform:1.11
    config: {parallelism: 4}
    inputs:
      text: '"literal"'
      number: 2
      flag: true
      nothing: null
      list: [.params.size, 1, [.params.size]]
      map: {size: .params.size, deep: {host: .connections.database.host}}
      key: .steps.key.outputs.id
      password: .connections.database.password
      empty: []
      none: {}
app:
  identity: container
  image: '"registry/app:" + .params.size'
  env:
    HOST: .connections.database.host
    PORT: .connections.database.port
    LIST: '[1, "a", {b: 2, a: 1}]'
    LITERAL: 3
    GONE: .connections.cache.url
    URL: '.connections.database | "postgres://\(.username):\(.password)@\(.host)"'
  secrets:
    TOKEN: {description: Of the payment service., required: true}
    EXTRA: {}
`

func scope() *bundle.Scope {
	return &bundle.Scope{
		Params: map[string]any{"size": "small"},
		Connections: map[string]any{"cache": nil, "database": map[string]any{
			"host": "db.internal", "port": 5432, "username": "app", "password": "correct-horse",
		}},
		Steps:     map[string]map[string]any{"key": {"id": "key-1"}},
		Outputs:   map[string]any{"arn": "arn:aws:sqs:eu-west-1:123456789012:q", "url": "https://q"},
		Metadata:  map[string]any{"name_prefix": "shop-dev-api"},
		Sensitive: []tenon.Path{tenon.At("connections", "database", "password")},
	}
}

func plain(t *testing.T, values map[string]bundle.Value) string {
	t.Helper()
	documents := map[string]any{}
	for name, v := range values {
		require.True(t, v.Known(), name)
		documents[name] = v.Value
	}
	text, err := json.Marshal(documents)
	require.NoError(t, err)
	return string(text)
}

func TestInputs(t *testing.T) {
	t.Parallel()
	step, ok := parse(t, service).Step("main")
	require.True(t, ok)
	require.Equal(t, "terraform", step.Driver)
	require.Equal(t, "1.11", step.DriverVersion)
	require.Equal(t, map[string]any{"parallelism": json.Number("4")}, step.Config)
	values, err := step.Inputs(t.Context(), scope())
	require.NoError(t, err)
	require.JSONEq(t, `{
		"text": "literal", "number": 2, "flag": true, "nothing": null, "list": ["small", 1, ["small"]],
		"map": {"size": "small", "deep": {"host": "db.internal"}}, "key": "key-1", "password": "correct-horse", "empty": [], "none": {}
	}`, plain(t, values))
	for name, v := range values {
		require.Equal(t, name == "password", v.Sensitive, name)
	}
}

// What is not known makes wait exactly what may read it, as a whole.
func TestInputsThatWait(t *testing.T) {
	t.Parallel()
	step, _ := parse(t, service).Step("main")
	s := scope()
	delete(s.Connections, "database")
	s.Unknown = []tenon.Path{tenon.At("steps", "key", "outputs"), tenon.At("connections", "database")}
	values, err := step.Inputs(t.Context(), s)
	require.NoError(t, err)
	waits := map[string][]tenon.Path{}
	for name, v := range values {
		if !v.Known() {
			waits[name] = v.Waits
			require.Nil(t, v.Value)
		}
	}
	require.Equal(t, map[string][]tenon.Path{
		"key":      {tenon.At("steps", "key", "outputs")},
		"map":      {tenon.At("connections", "database")},
		"password": {tenon.At("connections", "database")},
	}, waits)
	require.True(t, values["password"].Sensitive, "secret before it is known")
}

// A step without inputs gets params, connections and metadata by their names.
func TestImplicitInputs(t *testing.T) {
	t.Parallel()
	step, _ := parse(t, service).Step("key")
	require.False(t, step.HasInputs)
	require.Equal(t, []tenon.Path{
		tenon.At("params", "password"), tenon.At("params", "size"), tenon.At("connections", "cache"), tenon.At("connections", "database"), tenon.At("metadata"),
	}, step.Reads())
	values, err := step.Inputs(t.Context(), scope())
	require.NoError(t, err)
	require.JSONEq(t, `{
		"size": "small", "cache": null, "metadata": {"name_prefix": "shop-dev-api"},
		"database": {"host": "db.internal", "port": 5432, "username": "app", "password": "correct-horse"}
	}`, plain(t, values), "a param that nobody set is left to the module")
	require.True(t, values["database"].Sensitive, "it holds a secret")
	require.False(t, values["size"].Sensitive)

	s := scope()
	s.Unknown = []tenon.Path{tenon.At("connections", "database", "host")}
	values, err = step.Inputs(t.Context(), s)
	require.NoError(t, err)
	require.False(t, values["database"].Known())
	require.True(t, values["cache"].Known())
}

func TestEnv(t *testing.T) {
	t.Parallel()
	app := parse(t, service).App
	require.Equal(t, []bundle.AppSecret{{Name: "EXTRA"}, {Name: "TOKEN", Description: "Of the payment service.", Required: true}}, app.Secrets)
	env, err := app.Env(t.Context(), scope())
	require.NoError(t, err)
	require.JSONEq(t, `{
		"HOST": "db.internal", "PORT": "5432", "LITERAL": "3", "LIST": "[1,\"a\",{\"a\":1,\"b\":2}]",
		"URL": "postgres://app:correct-horse@db.internal"
	}`, plain(t, env), "texts as they are, the rest as JSON, null left out")
	require.True(t, env["URL"].Sensitive)
	require.False(t, env["HOST"].Sensitive)

	image, err := app.Image(t.Context(), scope())
	require.NoError(t, err)
	require.Equal(t, "registry/app:small", image.Value)

	none, err := parse(t, "app: {identity: vm}\n"+oneStep).App.Image(t.Context(), scope())
	require.NoError(t, err)
	require.Nil(t, none.Value)
}

// All expressions that fail are told, with their places, and never with a secret.
func TestFailingExpressions(t *testing.T) {
	t.Parallel()
	b := parse(t, `steps:
  - name: main
    path: src
    driver: terraform
    inputs:
      a: .params.password | tonumber
      b: .params.password.x
      c: .params.size
      d: {e: [".params.password | error"]}
`)
	s := &bundle.Scope{Params: map[string]any{"password": "hunter2", "size": "small"}, Sensitive: []tenon.Path{tenon.At("params", "password")}}
	_, err := b.Steps[0].Inputs(t.Context(), s)
	require.Error(t, err)
	var problems tenon.Problems
	require.ErrorAs(t, err, &problems)
	require.NotContains(t, err.Error(), "hunter2")
	var places []string
	for _, p := range problems {
		places = append(places, p.Path.String())
		require.Equal(t, "bundle.yaml", p.File)
		require.NotZero(t, p.Line)
	}
	require.Equal(t, []string{"steps[0].inputs.a", "steps[0].inputs.b", "steps[0].inputs.d.e[0]"}, places)
}

func TestEvaluationIsCanceled(t *testing.T) {
	t.Parallel()
	step, _ := parse(t, service).Step("main")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := step.Inputs(ctx, scope())
	require.ErrorIs(t, err, context.Canceled)
}

func TestArtifact(t *testing.T) {
	t.Parallel()
	calls, ok := parse(t, service).Artifact("calls")
	require.True(t, ok)
	v, err := calls.Evaluate(t.Context(), scope())
	require.NoError(t, err)
	require.Equal(t, map[string]any{"arn": "arn:aws:sqs:eu-west-1:123456789012:q", "url": "https://q", "name": "small"}, v.Value)
	require.False(t, v.Sensitive)
	require.Equal(t, []tenon.Path{tenon.At("outputs", "arn"), tenon.At("outputs", "url"), tenon.At("params", "size")}, calls.Reads())

	v, err = calls.Evaluate(t.Context(), &bundle.Scope{Unknown: []tenon.Path{tenon.At("outputs")}})
	require.NoError(t, err)
	require.Equal(t, []tenon.Path{tenon.At("outputs")}, v.Waits)

	ref, err := artifacts.ParseRef("aws-sqs-queue@1")
	require.NoError(t, err)
	typ, err := catalog(t).Lookup(ref)
	require.NoError(t, err)
	exposed := calls.Exposed(typ)
	require.Len(t, exposed, 2)
	require.Equal(t, "sqs:SendMessage", exposed["publish"].AWS[0].Actions[0])
	require.Equal(t, "sqs:ReceiveMessage", exposed["peek"].AWS[0].Actions[0])
	require.EqualError(t, calls.ValueProblem("bad-value", "is wrong", "mend it"), "bundle.yaml:14:12: artifacts.calls.value: is wrong (mend it)")
}

func TestWhere(t *testing.T) {
	t.Parallel()
	b := parse(t, "connections:\n  bucket: {type: object-storage@1, where: {required: [region], properties: {region: {const: eu-west-1}, key: {maxLength: 3}}}}\n  other: {type: queue@1}\n"+oneStep)
	bucket, ok := b.Connection("bucket")
	require.True(t, ok)
	require.Empty(t, bucket.CheckWhere(map[string]any{"region": "eu-west-1"}, nil))
	problems := bucket.CheckWhere(map[string]any{"region": "us-east-1", "key": "hunter2"}, func(p tenon.Path) bool { return p == tenon.At("key") })
	require.EqualError(t, problems.Err(), "key: must have at most 3 characters\nregion: must be \"eu-west-1\", got \"us-east-1\"")
	other, _ := b.Connection("other")
	require.Empty(t, other.CheckWhere(map[string]any{}, nil))
	_, ok = b.Connection("none")
	require.False(t, ok)
}
