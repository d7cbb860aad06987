package drivertest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
)

// Status is what came of a rule.
type Status string

const (
	Passed  Status = "passed"
	Failed  Status = "failed"
	Skipped Status = "skipped" // Messages say why
)

// Rule is one thing that a driver has to keep.
type Rule struct {
	ID    string `json:"id"`    // stable: apply-is-idempotent
	Title string `json:"title"` // one sentence
}

// Verdict is what came of one rule.
type Verdict struct {
	Rule
	Status   Status        `json:"status"`
	Messages []string      `json:"messages,omitempty"`
	Duration time.Duration `json:"duration"` // in JSON: nanoseconds
}

// Report is what came of all rules, in their order.
type Report struct {
	Version      int                      `json:"version"` // provisioner.ContractVersion
	Capabilities []provisioner.Capability `json:"capabilities,omitempty"`
	Verdicts     []Verdict                `json:"verdicts"`
}

// Find gives the verdict of a rule; nil where it was not tested.
func (r Report) Find(id string) *Verdict {
	for i := range r.Verdicts {
		if r.Verdicts[i].ID == id {
			return &r.Verdicts[i]
		}
	}
	return nil
}

// Count says how many rules have a status.
func (r Report) Count(status Status) int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Status == status {
			n++
		}
	}
	return n
}

// Err is what failed, a rule after the other; nil where nothing did.
func (r Report) Err() error {
	var failed []error
	for _, v := range r.Verdicts {
		if v.Status == Failed {
			failed = append(failed, errors.New(v.String()))
		}
	}
	return errors.Join(failed...)
}

// String is the verdict for people: its rule in one line, and its messages in one each.
func (v Verdict) String() string {
	text := fmt.Sprintf("%s: %s: %s", v.ID, v.Status, v.Title)
	for _, message := range v.Messages {
		text += "\n    " + strings.ReplaceAll(message, "\n", "\n    ")
	}
	return text
}
