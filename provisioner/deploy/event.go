package deploy

import (
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// What Event.Type can be. Those of resources, logs and diagnostics are a driver's
// (package provisioner), with the instance and step added.
const (
	RunStarted       = "run-started"
	RunFinished      = "run-finished"      // Message is its status; follows every RunStarted unless the process dies
	InstanceStarted  = "instance-started"  // Reason says why something is to be done
	InstanceFinished = "instance-finished" // applied or destroyed
	InstanceSkipped  = "instance-skipped"  // Reason says why nothing is to be done
	InstanceFailed   = "instance-failed"   // Reason is "failed" or "unknown"
	InstanceBlocked  = "instance-blocked"  // Reason says by what
	StepStarted      = "step-started"
	StepFinished     = "step-finished"
	StepRetried      = "step-retried"   // Message is the error, Reason says when it is tried again
	ArtifactValid    = "artifact-valid" // Message: database is a valid postgresql@1.2.0
	PolicyFinding    = "policy-finding" // Action is the verdict, Reason the policy, Message what it says
	Log              = string(provisioner.Log)
	Diagnostic       = string(provisioner.Diagnostic)
	ResourcePlanned  = string(provisioner.ResourcePlanned)
	ResourceStarted  = string(provisioner.ResourceStarted)
	ResourceProgress = string(provisioner.ResourceProgress)
	ResourceFinished = string(provisioner.ResourceFinished)
	ResourceFailed   = string(provisioner.ResourceFailed)
)

// EventVersion is the version of the events' shape: fields are added without a new one.
const EventVersion = 1

// Event is one thing that happened in a run, told while it happens. It holds no secret.
type Event struct {
	Version    int       `json:"v"` // EventVersion
	Time       time.Time `json:"time"`
	Type       string    `json:"type"`
	Deployment string    `json:"deployment,omitempty"`
	// Environment is the address (project/environment) of RunStarted and RunFinished.
	Environment string `json:"environment,omitempty"`
	Instance    string `json:"instance,omitempty"` // address
	// Bundle is what an instance is made of, NAME@VERSION: of the instance's events of a run.
	Bundle   string         `json:"bundle,omitempty"`
	Step     string         `json:"step,omitempty"`
	Driver   string         `json:"driver,omitempty"`   // of StepStarted: the name that the step gives it
	Resource string         `json:"resource,omitempty"` // address in the module
	Action   string         `json:"action,omitempty"`   // of the resource, or of the instance: apply, destroy
	Message  string         `json:"message,omitempty"`
	Reason   string         `json:"reason,omitempty"`
	Elapsed  float64        `json:"elapsed,omitempty"` // seconds
	Problem  *tenon.Problem `json:"problem,omitempty"`
	Total    int            `json:"total,omitempty"` // of RunStarted: how many instances there are to look at
}

// Sink takes the engine's events: those of an instance in order, from several goroutines
// at a time. Send must not block for long.
type Sink interface{ Send(Event) }

// SinkFunc makes a function a Sink.
type SinkFunc func(Event)

// Send calls the function.
func (f SinkFunc) Send(e Event) { f(e) }

// send completes an event and tells it.
func (e *Engine) send(event Event) {
	event.Version = EventVersion
	if event.Time.IsZero() {
		event.Time = e.options.Now().UTC()
	}
	e.options.Events.Send(event)
}
