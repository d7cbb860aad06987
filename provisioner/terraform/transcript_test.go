package terraform_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	const stamp = `"@timestamp":"2026-11-23T10:00:00Z"`
	hook := func(kind, action, more string) string {
		return `{"@message":"said",` + stamp + `,"type":"` + kind + `","hook":{"resource":{"addr":"aws_vpc.a","resource_type":"aws_vpc"},"action":"` + action + `"` + more + `}}`
	}
	for _, test := range []struct {
		name, line string
		want       *provisioner.Event
	}{
		{"version", `{"@message":"Terraform 1.11.4",` + stamp + `,"type":"version"}`, nil},
		{"refresh", hook("refresh_start", "", ""), nil},
		{"planned", `{"@message":"said",` + stamp + `,"type":"planned_change","change":{"resource":{"addr":"aws_vpc.a"},"action":"replace"}}`,
			&provisioner.Event{Kind: provisioner.ResourcePlanned, Resource: "aws_vpc.a", Action: provisioner.Replace}},
		{"only moved", `{"@message":"said",` + stamp + `,"type":"planned_change","change":{"resource":{"addr":"aws_vpc.a"},"action":"move"}}`,
			&provisioner.Event{Kind: provisioner.Log}},
		{"started", hook("apply_start", "create", ""), &provisioner.Event{Kind: provisioner.ResourceStarted, Resource: "aws_vpc.a", Action: provisioner.Create}},
		{"progress", hook("apply_progress", "update", `,"elapsed_seconds":10`),
			&provisioner.Event{Kind: provisioner.ResourceProgress, Resource: "aws_vpc.a", Action: provisioner.Update, Elapsed: 10 * time.Second}},
		{"finished", hook("apply_complete", "delete", `,"elapsed_seconds":2`),
			&provisioner.Event{Kind: provisioner.ResourceFinished, Resource: "aws_vpc.a", Action: provisioner.Delete, Elapsed: 2 * time.Second}},
		{"failed", hook("apply_errored", "read", ""), &provisioner.Event{Kind: provisioner.ResourceFailed, Resource: "aws_vpc.a", Action: provisioner.Read}},
		{"provisioner", hook("provision_progress", "", ""), &provisioner.Event{Kind: provisioner.Log, Resource: "aws_vpc.a"}},
		{"unknown", `{"@message":"said",` + stamp + `,"type":"something_new","x":[1]}`, &provisioner.Event{Kind: provisioner.Log}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var seen events
			terraform.Transcribe(nil, [][]byte{[]byte(test.line)}, &seen)
			if test.want == nil {
				require.Empty(t, seen.all)
				return
			}
			test.want.Time, test.want.Message = at, "said"
			require.Equal(t, []provisioner.Event{*test.want}, seen.all)
		})
	}
}

func TestDiagnosticEvents(t *testing.T) {
	t.Parallel()
	var seen events
	terraform.Transcribe(nil, [][]byte{
		[]byte(`{"@message":"Warning: old","type":"diagnostic","diagnostic":{"severity":"warning","summary":"Old argument","detail":"Use\n  another."}}`),
		[]byte(`{"@message":"Error: x","type":"diagnostic","diagnostic":{"severity":"error","summary":"Bad.","detail":"Very bad.","address":"a.b",` +
			`"range":{"filename":"../modules/x/main.tf","start":{"line":3,"column":5}}}}`),
		[]byte("a provider wrote this"),
	}, &seen)
	require.Len(t, seen.all, 3)
	require.Equal(t, "src: warning: Old argument: Use another.", seen.all[0].Problem.String())
	require.Equal(t, "modules/x/main.tf:3:5: a.b: Bad: Very bad.", seen.all[1].Problem.String())
	require.Equal(t, tenon.Problem{
		Rule: "terraform", File: "modules/x/main.tf", Line: 3, Column: 5, Message: "a.b: Bad: Very bad.",
	}, *seen.all[1].Problem)
	require.Equal(t, provisioner.Log, seen.all[2].Kind)
	require.Equal(t, "a provider wrote this", seen.all[2].Message)
}

// Whatever a tool writes, nothing breaks and no secret goes out.
func FuzzTranscript(f *testing.F) {
	const secret = "tr0ub4dor"
	for _, seed := range []string{
		`{"@message":"x tr0ub4dor","type":"apply_complete","hook":{"resource":{"addr":"a[\"tr0ub4dor\"]"},"action":"create","id_key":"id","id_value":"1"}}`,
		`{"@message":"x","type":"diagnostic","diagnostic":{"severity":"error","summary":"tr0ub4dor","range":{"filename":"tenon.auto.tfvars.json","start":{"line":1}}}}`,
		`{"@message":"x","type":"outputs","outputs":{"a":{"sensitive":true,"value":"tr0ub4dor"}}}`,
		`{"@message":"x","type":"change_summary","changes":{"operation":"apply"}}`,
		`{"@message":"x","type":"planned_change"}`, `{"type":"diagnostic"}`, `{`, "tr0ub4dor", "\n\n", `{"@message":3}`, `{"hook":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var seen events
		terraform.Transcribe([]any{secret}, bytes.Split(text, []byte("\n")), &seen)
		for _, event := range seen.all {
			shown := event.Message + event.Resource
			if event.Problem != nil {
				shown += event.Problem.Message + event.Problem.Hint
			}
			if strings.Contains(shown, secret) {
				t.Fatalf("%s shows the secret: %q", event.Kind, shown)
			}
		}
	})
}

func TestRedact(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		secrets    []any
		want       string
	}{
		{"none", "plain", nil, "plain"},
		{"text", "a hunter2 b", []any{"hunter2"}, "a (sensitive) b"},
		{"inside a word", "xhunter2x", []any{"hunter2"}, "x(sensitive)x"},
		{"short ones stand alone", "a=ab, cab", []any{"ab"}, "a=(sensitive), cab"},
		{"longest first", "hunter22", []any{"hunter2", "hunter22"}, "(sensitive)"},
		{"leaves", "one two 12345 true", []any{map[string]any{"a": []any{"one", true}, "b": "two"}}, "(sensitive) (sensitive) 12345 true"},
		{"base64", "aHVudGVyMg==", []any{"hunter2"}, "(sensitive)"},
		{"lines", "-----BEGIN KEY-----", []any{"-----BEGIN KEY-----\nabc\n"}, "(sensitive)"},
		{"empty", "nothing", []any{"", nil}, "nothing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, terraform.Redact(test.text, test.secrets...))
		})
	}
	const mark = "(sensitive)"
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringMatching(`[!-~]{4,12}`).Draw(t, "secret")
		text := rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "before") + secret + rapid.StringMatching(`[ -~]{0,20}`).Draw(t, "after")
		if shown := terraform.Redact(text, secret); strings.Contains(strings.ReplaceAll(shown, mark, ""), secret) && !strings.Contains(mark, secret) {
			t.Fatalf("%q shows %q", shown, secret)
		}
	})
}

func TestInState(t *testing.T) {
	t.Parallel()
	state := []byte(`{"version":4,"resources":[
		{"mode":"managed","type":"aws_vpc","name":"main","instances":[{"attributes":{"id":"vpc-1"}}]},
		{"module":"module.a[\"x\"]","mode":"managed","type":"aws_subnet","name":"s","instances":[{"index_key":0,"attributes":{"id":"s-0"}},{"index_key":"k","attributes":{"id":"s-k"}}]}
	]}`)
	for _, test := range []struct {
		address, id string
		want        bool
	}{
		{"aws_vpc.main", "", true},
		{"aws_vpc.main", "vpc-1", true},
		{"aws_vpc.main", "vpc-2", false},
		{"aws_vpc.other", "", false},
		{`module.a["x"].aws_subnet.s[0]`, "s-0", true},
		{`module.a["x"].aws_subnet.s["k"]`, "s-k", true},
		{`module.a["x"].aws_subnet.s`, "", false},
	} {
		require.Equal(t, test.want, terraform.InState(state, test.address, test.id), test.address)
	}
	require.False(t, terraform.InState(nil, "a.b", ""))
	require.False(t, terraform.InState([]byte("{"), "a.b", ""))
}
