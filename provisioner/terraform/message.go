package terraform

import (
	"bytes"
	"encoding/json"
	"path"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// message is one line of the tool's machine-readable output.
// Source: Terraform documentation, "Machine-Readable UI".
type message struct {
	Level      string      `json:"@level"`
	Message    string      `json:"@message"`
	Timestamp  time.Time   `json:"@timestamp"`
	Type       string      `json:"type"`
	Diagnostic *diagnostic `json:"diagnostic"`
	Change     *struct {
		Resource resource `json:"resource"`
		Action   string   `json:"action"`
	} `json:"change"`
	Hook *struct {
		Resource resource `json:"resource"`
		Action   string   `json:"action"`
		Elapsed  float64  `json:"elapsed_seconds"`
		IDKey    string   `json:"id_key"`
		ID       string   `json:"id_value"`
	} `json:"hook"`
	Changes *struct {
		Operation string `json:"operation"` // plan, apply or destroy
	} `json:"changes"`
	Outputs map[string]struct {
		Sensitive bool   `json:"sensitive"`
		Action    string `json:"action"` // in a plan
		Value     any    `json:"value"`
	} `json:"outputs"`
}

type resource struct {
	Address string `json:"addr"`
	Type    string `json:"resource_type"`
}

type diagnostic struct {
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	Detail   string `json:"detail"`
	Address  string `json:"address"`
	Range    *span  `json:"range"`
}

// span is a place in a file of the module.
type span struct {
	Filename string `json:"filename"`
	Start    struct {
		Line   int `json:"line"`
		Column int `json:"column"`
	} `json:"start"`
}

// parseMessage reads one line; nil when it is not a message (a provider or a crash wrote
// past the tool).
func parseMessage(line []byte) *message {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '{' {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	m := &message{}
	if err := decoder.Decode(m); err != nil || m.Message == "" && m.Type == "" {
		return nil
	}
	return m
}

// action says the tool's word for an action in the driver's vocabulary. What only touches
// the state (move, import, forget) changes nothing in the world.
func action(word string) provisioner.Action {
	switch word {
	case "create":
		return provisioner.Create
	case "update":
		return provisioner.Update
	case "replace":
		return provisioner.Replace
	case "delete":
		return provisioner.Delete
	case "read":
		return provisioner.Read
	}
	return provisioner.NoOp
}

// problem is a diagnostic with its place in the bundle.
func (m *diagnostic) problem(rule, folder string) tenon.Problem {
	problem := tenon.Problem{Rule: rule, File: path.Clean(folder), Message: sentence(m.Summary, m.Detail)}
	if m.Severity == "warning" {
		problem.Severity = tenon.Warning
	}
	if m.Range != nil {
		problem.File = path.Join(folder, m.Range.Filename)
		problem.Line, problem.Column = m.Range.Start.Line, m.Range.Start.Column
	}
	if m.Address != "" {
		problem.Message = m.Address + ": " + problem.Message
	}
	return problem
}
