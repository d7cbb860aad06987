package terraform

import (
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// redacted is an event without secrets.
func redacted(secret *redact.Redactor, e provisioner.Event) provisioner.Event {
	e.Message, e.Resource = secret.Text(e.Message), secret.Text(e.Resource)
	if e.Problem != nil {
		p := secret.Problem(*e.Problem)
		e.Problem = &p
	}
	return e
}

// secretsOf gives what must never be shown of a request: secret inputs, sensitive outputs
// of the last run, credentials, secret-looking variables of the environment.
func (d *Driver) secretsOf(req *provisioner.Request) *redact.Redactor {
	var values []any
	for _, name := range req.Secret {
		values = append(values, req.Inputs[name])
	}
	for _, output := range req.Outputs {
		if output.Sensitive {
			values = append(values, output.Value)
		}
	}
	for _, provider := range req.Providers {
		values = append(values, credentials(provider.Data)...)
		values = append(values, telling(provider.Settings)...)
	}
	for _, text := range d.secrets {
		values = append(values, text)
	}
	return redact.New(values...)
}
