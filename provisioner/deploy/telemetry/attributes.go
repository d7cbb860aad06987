package telemetry

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
)

// Names of attributes. Where OpenTelemetry has a name it is used, all others are under
// tenon.
// Source: https://opentelemetry.io/docs/specs/semconv/registry/attributes/deployment/,
// https://opentelemetry.io/docs/specs/semconv/registry/attributes/error/.
const (
	deploymentID    = attribute.Key("deployment.id")
	environmentName = attribute.Key("deployment.environment.name")
	errorType       = attribute.Key("error.type")

	action          = attribute.Key("tenon.action")
	outcome         = attribute.Key("tenon.outcome")
	reason          = attribute.Key("tenon.reason")
	instances       = attribute.Key("tenon.run.instances")
	instanceAddress = attribute.Key("tenon.instance.address")
	bundleName      = attribute.Key("tenon.bundle.name")
	bundleVersion   = attribute.Key("tenon.bundle.version")
	stepName        = attribute.Key("tenon.step.name")
	driverName      = attribute.Key("tenon.driver.name")
	resourceAddress = attribute.Key("tenon.resource.address")
	rule            = attribute.Key("tenon.diagnostic.rule")
	severity        = attribute.Key("tenon.diagnostic.severity")
)

// Outcomes that no event has a word for.
const (
	succeeded   = "succeeded"
	done        = "done"
	skipped     = "skipped"
	blocked     = "blocked"
	failed      = "failed"
	interrupted = "interrupted" // it had not ended
)

// filled leaves out attributes that are empty.
func filled(all ...attribute.KeyValue) []attribute.KeyValue {
	var kept []attribute.KeyValue
	for _, a := range all {
		if a.Value.Type() != attribute.STRING || a.Value.AsString() != "" {
			kept = append(kept, a)
		}
	}
	return kept
}

// bundleOf parts NAME@VERSION.
func bundleOf(reference string) (name, version string) {
	name, version, _ = strings.Cut(reference, "@")
	return name, version
}
