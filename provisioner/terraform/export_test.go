package terraform

import (
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// AttributesOf are the values of a resource that a change touches.
var AttributesOf = attributesOf

// Transcribe is what the driver does with a tool's output, line by line.
func Transcribe(secrets []any, lines [][]byte, out provisioner.Sink) {
	t := newTranscript(Terraform, "src", redact.New(secrets...), out)
	for _, line := range lines {
		t.line(line)
	}
}

// Redact takes secrets out of a text.
func Redact(text string, secrets ...any) string { return redact.New(secrets...).Text(text) }

// InState says whether a state knows a resource.
func InState(text []byte, address, id string) bool {
	s, err := parseState(text)
	return err == nil && s.has(address, id)
}

// Framed reads diagnostics as people see them, of a module in src.
func Framed(text string) (problems []string) {
	for _, said := range framed(text) {
		problems = append(problems, said.problem("terraform", "src").String())
	}
	return problems
}

// Transient gives an error its class.
var Transient = transient
