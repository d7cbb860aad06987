// Package sarif makes a policy gate of what scanners have found: Checkov, Trivy, tfsec and
// others write it as SARIF.
//
//	file, err := os.Open("checkov.sarif")
//	…
//	gate, err := sarif.Read(file)
//	engine := deploy.New(st, drivers, &deploy.Options{Gates: []deploy.Gate{gate}})
//
// A scanner looks at files, not at a plan: what it found is about the whole, and is told
// whenever the gate is asked.
//
//	result                            verdict
//	level error                       deny
//	level warning, or none given      warn, unless its rule has another level
//	level note                        allow: it is told, and stops nothing
//	level none                        left out
//	kind open, review                 warn: the scanner leaves it to people
//	other kinds than fail             left out
//	suppressed                        left out
//
// A result is suppressed where it has suppressions and each of them is accepted, which is
// what one without a status is. The sample of the format's authors hides a result with one
// accepted suppression beside a rejected one; here it stands, because a rejection is a word
// as well.
//
// Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
package sarif

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// MaxSize is how many bytes of a report are read; a longer one is an error.
const MaxSize = 64 << 20

// Report is what a scanner has found. It is a deploy.Gate, and safe for concurrent use.
type Report struct{ findings []deploy.Finding }

// Findings gives what was found, in the order of the report.
func (r *Report) Findings() []deploy.Finding { return slices.Clone(r.findings) }

// Check gives what was found, whatever it is asked about.
func (r *Report) Check(context.Context, *deploy.Review) ([]deploy.Finding, error) {
	return r.Findings(), nil
}

// Read reads a report. One that is no SARIF 2.1.0, or of a run that its tool calls
// unsuccessful, is an error: nobody knows what it would have found.
func Read(from io.Reader) (*Report, error) {
	text, err := io.ReadAll(io.LimitReader(from, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("SARIF: %w", err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("SARIF: the report has more than %d MiB", MaxSize>>20)
	}
	var log document
	if err := json.Unmarshal(text, &log); err != nil {
		return nil, fmt.Errorf("SARIF: %w", err)
	}
	if log.Version != "2.1.0" {
		return nil, fmt.Errorf("SARIF: version %q is not 2.1.0", log.Version)
	}
	if log.Runs == nil {
		return nil, errors.New("SARIF: the report has no runs")
	}
	report := &Report{}
	for n, run := range log.Runs {
		if run == nil {
			return nil, fmt.Errorf("SARIF: run %d of %d is null", n+1, len(log.Runs))
		}
		for _, invocation := range run.Invocations {
			if !invocation.Successful {
				return nil, fmt.Errorf("SARIF: %s did not succeed, so nobody knows what it would have found", run.Tool.Driver.name())
			}
		}
		for _, result := range run.Results {
			if finding, ok := run.finding(result); ok {
				report.findings = append(report.findings, finding)
			}
		}
	}
	return report, nil
}

// finding is what a result says; false where it says nothing.
func (r *run) finding(result result) (finding deploy.Finding, ok bool) {
	rule := r.rule(result)
	verdict, ok := result.verdict(rule)
	if !ok || result.suppressed() {
		return finding, false
	}
	finding = deploy.Finding{Verdict: verdict, Policy: r.Tool.Driver.name(), Message: result.text(rule)}
	if id := result.id(rule); id != "" {
		finding.Policy += "/" + id
	}
	if len(result.Locations) > 0 {
		place := result.Locations[0].PhysicalLocation
		finding.File, finding.Line = place.ArtifactLocation.URI, place.Region.StartLine
	}
	return finding, true
}

func (r result) verdict(rule *rule) (deploy.Verdict, bool) {
	switch r.Kind {
	case "", "fail":
	case "open", "review":
		return deploy.Warn, true
	default:
		return "", false
	}
	level := r.Level
	if level == "" && rule != nil {
		level = rule.DefaultConfiguration.Level
	}
	switch level {
	case "error":
		return deploy.Deny, true
	case "note":
		return deploy.Allow, true
	case "none":
		return "", false
	}
	return deploy.Warn, true
}

func (r result) suppressed() bool {
	return len(r.Suppressions) > 0 && !slices.ContainsFunc(r.Suppressions, func(s suppression) bool {
		return s.Status != "" && s.Status != "accepted"
	})
}

// text is the message, of the rule where the result has none of its own.
func (r result) text(rule *rule) string {
	text := r.Message.Text
	if text == "" && rule != nil {
		text = rule.MessageStrings[r.Message.ID].Text
	}
	if text == "" && rule != nil {
		text = rule.ShortDescription.Text
	}
	for n, argument := range r.Message.Arguments {
		text = strings.ReplaceAll(text, fmt.Sprintf("{%d}", n), argument)
	}
	return strings.TrimSpace(text)
}

func (r result) id(rule *rule) string {
	if r.RuleID == "" && rule != nil {
		return rule.ID
	}
	return r.RuleID
}

// rule finds the rule of a result, by its place or its name.
func (r *run) rule(result result) *rule {
	rules := r.Tool.Driver.Rules
	if n := result.RuleIndex; n != nil && *n >= 0 && *n < len(rules) {
		return &rules[*n]
	}
	for n := range rules {
		if rules[n].ID == result.RuleID && result.RuleID != "" {
			return &rules[n]
		}
	}
	return nil
}
