package sarif_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/deploy/sarif"
)

func report(results string) string {
	return fmt.Sprintf(`{"version": "2.1.0", "runs": [{
		"tool": {"driver": {"name": "Scan", "rules": [
			{"id": "R0", "shortDescription": {"text": "what R0 is about"}, "defaultConfiguration": {"level": "error"}},
			{"id": "R1", "messageStrings": {"open": {"text": "{0} is open to {1}"}}}
		]}},
		"invocations": [{"executionSuccessful": true}],
		"results": [%s]
	}]}`, results)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]deploy.Verdict{
		`{"ruleId": "X", "level": "error"}`:                                                  deploy.Deny,
		`{"ruleId": "X", "level": "warning"}`:                                                deploy.Warn,
		`{"ruleId": "X", "level": "note"}`:                                                   deploy.Allow,
		`{"ruleId": "X", "level": "none"}`:                                                   "",
		`{"ruleId": "X"}`:                                                                    deploy.Warn,
		`{"ruleId": "R0"}`:                                                                   deploy.Deny,
		`{"ruleId": "R0", "level": "note"}`:                                                  deploy.Allow,
		`{"ruleIndex": 0}`:                                                                   deploy.Deny,
		`{"ruleIndex": 7, "ruleId": "R0"}`:                                                   deploy.Deny,
		`{"ruleId": "R0", "kind": "fail"}`:                                                   deploy.Deny,
		`{"ruleId": "R0", "kind": "pass"}`:                                                   "",
		`{"ruleId": "R0", "kind": "notApplicable"}`:                                          "",
		`{"ruleId": "R0", "kind": "informational"}`:                                          "",
		`{"ruleId": "R0", "kind": "open"}`:                                                   deploy.Warn,
		`{"ruleId": "R0", "kind": "review"}`:                                                 deploy.Warn,
		`{"ruleId": "R0", "suppressions": []}`:                                               deploy.Deny,
		`{"ruleId": "R0", "suppressions": [{}]}`:                                             "",
		`{"ruleId": "R0", "suppressions": [{"kind": "inSource", "status": "accepted"}]}`:     "",
		`{"ruleId": "R0", "suppressions": [{"status": "underReview"}]}`:                      deploy.Deny,
		`{"ruleId": "R0", "suppressions": [{"status": "accepted"}, {"status": "rejected"}]}`: deploy.Deny,
	} {
		read, err := sarif.Read(strings.NewReader(report(result)))
		require.NoError(t, err, result)
		if want == "" {
			require.Empty(t, read.Findings(), result)
			continue
		}
		require.Len(t, read.Findings(), 1, result)
		require.Equal(t, want, read.Findings()[0].Verdict, result)
	}
}

func TestFinding(t *testing.T) {
	t.Parallel()
	read, err := sarif.Read(strings.NewReader(report(`
		{"ruleIndex": 1, "level": "error", "message": {"id": "open", "arguments": ["bucket", "all"]},
			"locations": [{"physicalLocation": {"artifactLocation": {"uri": "bundles/store/src/main.tf"}, "region": {"startLine": 12}}}]},
		{"ruleId": "R0", "message": {}},
		{"ruleId": "Z", "level": "note", "message": {"text": "as it is"}}`)))
	require.NoError(t, err)
	found, err := read.Check(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []deploy.Finding{
		{Verdict: deploy.Deny, Policy: "Scan/R1", Message: "bucket is open to all", File: "bundles/store/src/main.tf", Line: 12},
		{Verdict: deploy.Deny, Policy: "Scan/R0", Message: "what R0 is about"},
		{Verdict: deploy.Allow, Policy: "Scan/Z", Message: "as it is"},
	}, found)
	require.Equal(t, "deny Scan/R1: bundles/store/src/main.tf:12: bucket is open to all", found[0].String())
	found[0].Verdict = deploy.Allow
	require.Equal(t, deploy.Deny, read.Findings()[0].Verdict, "nobody changes the report")
}

func TestNoReport(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		``:                     "unexpected end of JSON input",
		`[]`:                   "cannot unmarshal array",
		`{}`:                   `version "" is not 2.1.0`,
		`{"version": "2.0.0"}`: `version "2.0.0" is not 2.1.0`,
		`{"version": "2.1.0"}`: "has no runs",
		`{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "Scan"}}, "invocations": [{"executionSuccessful": false}], "results": []}]}`: "Scan did not succeed",
		`{"version": "2.1.0", "runs": [{"results": [{"message": "text"}]}]}`:                                                                     "cannot unmarshal string",
		`{"version": "2.1.0", "runs": [{"results": []}, null]}`:                                                                                  "run 2 of 2 is null",
		strings.Repeat(" ", sarif.MaxSize+1):                                                                                                     "more than 64 MiB",
	} {
		_, err := sarif.Read(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
	empty, err := sarif.Read(strings.NewReader(`{"version": "2.1.0", "runs": []}`))
	require.NoError(t, err)
	require.Empty(t, empty.Findings())
}

func FuzzRead(f *testing.F) {
	f.Add(report(`{"ruleIndex": 1, "message": {"id": "open", "arguments": ["{1}", "{0}"]}}`))
	f.Add(report(`{"ruleId": "R0", "ruleIndex": -1, "suppressions": [{}]}`))
	f.Add(`{"version": "2.1.0", "runs": [null]}`)
	f.Fuzz(func(t *testing.T, text string) {
		read, err := sarif.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		for _, finding := range read.Findings() {
			require.Contains(t, []deploy.Verdict{deploy.Allow, deploy.Warn, deploy.Deny}, finding.Verdict)
			require.NotEmpty(t, finding.Policy)
		}
	})
}
