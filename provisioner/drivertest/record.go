package drivertest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"sync"

	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Record gives the driver back, with everything that is said to it and by it written to w:
// JSON lines, each a provisioner.Message with a turn (driver, call, event, state, answer).
// The first says what the driver can do. The lines of one call stand together, in the
// order in which calls ended. What has gone wrong while writing is the error of the next
// call.
//
// Nothing secret is written. The values of the inputs that Request.Secret names, what
// Providers hold and the values of sensitive outputs are "(sensitive)", and are taken out
// of every text. States and saved plans are numbered instead of written: "(state 1)".
// The run part of a request, its files and its work folder are left out.
func Record(driver provisioner.Driver, w io.Writer) provisioner.Driver {
	r := &recorder{driver: driver, out: w, numbers: newNumbers()}
	return &standIn{can: func() []provisioner.Capability { return provisioner.Capabilities(driver) }, call: r.record}
}

// line is a Message, with which turn of the conversation it is, and what is not in one.
type line struct {
	Turn string `json:"turn"`
	provisioner.Message
	Import       *importOf                `json:"import,omitempty"`       // of a call
	Capabilities []provisioner.Capability `json:"capabilities,omitempty"` // of the driver
}

const (
	turnDriver = "driver"
	turnCall   = "call"
	turnEvent  = "event"
	turnState  = "state"
	turnAnswer = "answer"
)

type recorder struct {
	driver  provisioner.Driver
	numbers *numbers

	mu     sync.Mutex
	out    io.Writer
	begun  bool
	failed error
}

// record makes a call and writes it down once it has ended.
func (r *recorder) record(ctx context.Context, a *ask) (provisioner.Message, error) {
	r.mu.Lock()
	failed := r.failed
	r.mu.Unlock()
	if failed != nil {
		return provisioner.Message{Result: &provisioner.Result{Outcome: provisioner.Failed}}, failed
	}
	call := &conversation{call: a.call, numbers: r.numbers}
	asked := cloneRequest(a.request)
	call.add(line{Turn: turnCall, Message: provisioner.Message{Request: asked}, Import: a.taken})
	heard, req := *a, *a.request
	if req.State != nil {
		req.State = heardState{req.State, call}
	}
	heard.request = &req
	heard.out = provisioner.SinkFunc(func(e provisioner.Event) {
		call.add(line{Turn: turnEvent, Message: provisioner.Message{Event: &e}})
		a.out.Send(e)
	})
	answer, err := reply(ctx, r.driver, &heard)
	said := answer
	said.Failure = provisioner.FailureOf(err)
	call.add(line{Turn: turnAnswer, Message: said})

	// Only now all is known that is secret: the driver may have made some itself.
	values := secretsOf(asked)
	if answer.Plan != nil {
		values = append(values, sensitive(answer.Plan.Outputs)...)
	}
	if answer.Result != nil {
		values = append(values, sensitive(answer.Result.Outputs)...)
	}
	r.write(call.all(), redact.New(values...))
	return answer, err
}

func (r *recorder) write(lines []line, secret *redact.Redactor) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.begun {
		r.begun = true
		can := line{Turn: turnDriver, Message: provisioner.Message{Version: provisioner.ContractVersion}, Capabilities: provisioner.Capabilities(r.driver)}
		lines = slices.Insert(lines, 0, can)
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	for _, l := range lines {
		if err := encoder.Encode(l.clean(r.numbers, secret)); err != nil && r.failed == nil {
			r.failed = err
		}
	}
	if _, err := r.out.Write(text.Bytes()); err != nil && r.failed == nil {
		r.failed = err
	}
}

// conversation is the lines of one call while it lasts.
type conversation struct {
	call    provisioner.Call
	numbers *numbers

	mu    sync.Mutex
	lines []line
}

func (c *conversation) add(l line) {
	l.Version, l.Call = provisioner.ContractVersion, c.call
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, l)
}

func (c *conversation) all() []line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.lines)
}

// heardState notes what was kept.
type heardState struct {
	provisioner.State
	call *conversation
}

func (s heardState) Write(ctx context.Context, text []byte) error {
	err := s.State.Write(ctx, text)
	if err == nil {
		s.call.add(line{Turn: turnState, Message: provisioner.Message{State: s.call.numbers.of("state", text)}})
	}
	return err
}
