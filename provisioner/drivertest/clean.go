package drivertest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/tagging"
)

// numbers stand for states and saved plans, which hold secrets: the same bytes have the
// same number. A digest would let somebody who knows the rest guess a weak secret.
type numbers struct {
	mu    sync.Mutex
	known map[string]string
	last  map[string]int
}

func newNumbers() *numbers { return &numbers{known: map[string]string{}, last: map[string]int{}} }

func (n *numbers) of(what string, text []byte) []byte {
	if text == nil || strings.HasPrefix(string(text), "("+what+" ") {
		return text // nothing, or a number already
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	key := what + " " + string(text)
	if n.known[key] == "" {
		n.last[what]++
		n.known[key] = fmt.Sprintf("(%s %d)", what, n.last[what])
	}
	return []byte(n.known[key])
}

// secretsOf are the values of a request that must not be seen.
func secretsOf(req *provisioner.Request) (values []any) {
	if req == nil {
		return nil
	}
	for _, name := range req.Secret {
		values = append(values, documentOf(req.Inputs[name]))
	}
	for _, name := range slices.Sorted(maps.Keys(req.Providers)) {
		values = append(values, documentOf(req.Providers[name].Data))
	}
	return append(values, sensitive(req.Outputs)...)
}

func sensitive(outputs map[string]provisioner.Output) (values []any) {
	for _, name := range slices.Sorted(maps.Keys(outputs)) {
		if outputs[name].Sensitive {
			values = append(values, documentOf(outputs[name].Value))
		}
	}
	return values
}

// clean is a line as it is written down.
func (l line) clean(n *numbers, secret *redact.Redactor) line {
	l.Request, l.Plan, l.Result = cleanRequest(l.Request, n, secret), cleanPlan(l.Plan, n, secret), cleanResult(l.Result, secret)
	l.Event, l.Drift, l.Failure = cleanedTo(l.Event, secret), cleanedTo(l.Drift, secret), cleanedTo(l.Failure, secret)
	l.Module, l.Tool, l.Import = cleanedTo(l.Module, secret), cleanedTo(l.Tool, secret), cleanedTo(l.Import, secret)
	return l
}

func cleanedTo[T any](v *T, secret *redact.Redactor) *T {
	if v == nil {
		return nil
	}
	made := cleaned(*v, secret)
	return &made
}

// cleanRequest is a request as it is written down and compared: without what is secret,
// and without what differs from run to run.
func cleanRequest(req *provisioner.Request, n *numbers, secret *redact.Redactor) *provisioner.Request {
	if req == nil {
		return nil
	}
	made := *req
	made.Inputs = cloneMap(req.Inputs)
	for _, name := range req.Secret {
		if _, given := made.Inputs[name]; given {
			made.Inputs[name] = redact.Mark
		}
	}
	made.Providers = cloneProviders(req.Providers)
	for name, provider := range made.Providers {
		provider.Data = redact.Mark
		made.Providers[name] = provider
	}
	made.Outputs = cleanOutputs(req.Outputs)
	made.Run = tagging.Run{}
	made.Saved = n.of("saved", req.Saved)
	made.Files, made.State, made.WorkDir = nil, nil, ""
	made = cleaned(made, secret)
	return &made
}

func cleanOutputs(outputs map[string]provisioner.Output) map[string]provisioner.Output {
	made := maps.Clone(outputs)
	for name, output := range made {
		if output.Sensitive {
			output.Value = redact.Mark
			made[name] = output
		}
	}
	return made
}

func cleanPlan(plan *provisioner.Plan, n *numbers, secret *redact.Redactor) *provisioner.Plan {
	if plan == nil {
		return nil
	}
	made := *plan
	made.Outputs, made.Saved = cleanOutputs(plan.Outputs), n.of("saved", plan.Saved)
	made = cleaned(made, secret)
	return &made
}

func cleanResult(result *provisioner.Result, secret *redact.Redactor) *provisioner.Result {
	if result == nil {
		return nil
	}
	made := *result
	made.Outputs = cleanOutputs(result.Outputs)
	made = cleaned(made, secret)
	return &made
}

// cleaned is v without secrets in any of its texts. What is no document, and so could not
// be written down at all, is the zero value.
func cleaned[T any](v T, secret *redact.Redactor) T {
	var made T
	document, err := value.Normal(v)
	if err != nil {
		return made
	}
	text, err := json.Marshal(redacted(document, secret))
	if err == nil {
		err = decode(text, &made)
	}
	if err != nil {
		var none T
		return none
	}
	return made
}

func redacted(document any, secret *redact.Redactor) any {
	switch v := document.(type) {
	case string:
		return secret.Text(v)
	case json.Number:
		if secret.Holds(v.String()) {
			return json.Number("0") // fits wherever a number does
		}
	case []any:
		for i, item := range v {
			v[i] = redacted(item, secret)
		}
	case map[string]any:
		made := make(map[string]any, len(v))
		for key, item := range v {
			made[secret.Text(key)] = redacted(item, secret)
		}
		return made
	}
	return document
}
