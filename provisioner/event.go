package provisioner

import (
	"time"

	"github.com/tenon-sdk/tenon"
)

// EventKind says what an Event is about.
type EventKind string

const (
	Log              EventKind = "log"               // Message is a line of the tool
	ResourcePlanned  EventKind = "resource-planned"  // Action will be done to Resource
	ResourceStarted  EventKind = "resource-started"  // Action begins
	ResourceProgress EventKind = "resource-progress" // still at it, for Elapsed so far
	ResourceFinished EventKind = "resource-finished" // done, after Elapsed
	ResourceFailed   EventKind = "resource-failed"   // not done; a Diagnostic says why
	Diagnostic       EventKind = "diagnostic"        // Problem holds it
)

// Event is one thing that happened in a run, told while it happens. It holds no secret.
type Event struct {
	Kind     EventKind      `json:"kind"`
	Time     time.Time      `json:"time"`
	Message  string         `json:"message,omitempty"`
	Resource string         `json:"resource,omitempty"` // address in the module: aws_vpc.main
	Action   Action         `json:"action,omitempty"`
	Elapsed  time.Duration  `json:"elapsed,omitempty"` // in JSON: nanoseconds
	Percent  float64        `json:"percent,omitempty"` // of the whole step, above 0 and up to 100; 0: not known
	Problem  *tenon.Problem `json:"problem,omitempty"`
}

// Sink takes events as they happen. Send may be called from several goroutines and must
// not block for long.
type Sink interface{ Send(Event) }

// SinkFunc makes a function a Sink.
type SinkFunc func(Event)

// Send calls the function.
func (f SinkFunc) Send(e Event) { f(e) }

// Discard is the sink of those who do not listen.
var Discard Sink = SinkFunc(func(Event) {})
