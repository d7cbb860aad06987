package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// words are how each kind of event is told.
var words = map[string]string{
	"instance-started":  "started",
	"instance-finished": "done",
	"instance-skipped":  "unchanged",
	"instance-failed":   "FAILED",
	"instance-blocked":  "blocked",
	"step-started":      "running",
	"step-finished":     "ran",
	"step-retried":      "failed for now",
	"resource-planned":  "plans",
	"resource-started":  "begins",
	"resource-progress": "still at",
	"resource-finished": "made",
	"resource-failed":   "FAILED at",
	"artifact-valid":    "checked",
}

// line tells an event on one line: 15:04:05 shop/dev.db main made terraform_data.database 0.1s.
// It is empty for what is shown elsewhere, or only when asked for.
func line(e deploy.Event, verbose bool) string {
	word, known := words[e.Type]
	switch {
	case e.Type == "diagnostic":
		if e.Problem == nil || !verbose {
			return "" // the summary reports it
		}
		word = e.Problem.String()
	case !known:
		if e.Message == "" || !verbose && e.Type == "log" {
			return ""
		}
	}
	if e.Type == deploy.InstanceFailed || e.Resource != "" {
		e.Message = "" // the summary reports it; the resource and what becomes of it say it
	}
	if e.Reason == "failed" {
		e.Reason = ""
	}
	parts := []string{e.Time.Local().Format(time.TimeOnly)}
	for _, part := range []string{e.Instance, e.Step, word, e.Action, e.Resource, e.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if e.Reason != "" {
		parts = append(parts, "("+e.Reason+")")
	}
	if e.Elapsed >= 0.05 {
		parts = append(parts, fmt.Sprintf("%.1fs", e.Elapsed))
	}
	return strings.Join(parts, " ")
}
