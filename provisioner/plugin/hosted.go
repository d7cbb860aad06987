package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// hosted is one call, on the host's side.
type hosted struct {
	d       *Driver
	process *process
	req     *provisioner.Request
	out     provisioner.Sink
	ctx     context.Context // of the caller
	call    provisioner.Call
	stream  protocol.DriverService_CallClient
	sending sync.Mutex
	saved   []byte
	texts   map[string]string // long outputs
	events  allowance
	spoke   bool // the plugin has said something
}

// repeatable are the calls that change nothing.
var repeatable = []provisioner.Call{
	provisioner.CallPlan, provisioner.CallValidate, provisioner.CallDrift, provisioner.CallInspect, provisioner.CallIdentity, provisioner.CallVersion,
}

// call runs one call. The answer's Call is empty where the plugin gave none. One that
// changes nothing is run once more where the process died before it said anything: it may
// have been dying for some time.
func (d *Driver) call(ctx context.Context, call provisioner.Call, req *provisioner.Request, out provisioner.Sink, start *protocol.Start) (provisioner.Message, error) {
	answer, spoke, err := d.callOnce(ctx, call, req, out, start)
	if _, died := errors.AsType[*DiedError](err); died && !spoke && ctx.Err() == nil && slices.Contains(repeatable, call) {
		answer, _, err = d.callOnce(ctx, call, req, out, start)
	}
	return answer, err
}

func (d *Driver) callOnce(ctx context.Context, call provisioner.Call, req *provisioner.Request, out provisioner.Sink, start *protocol.Start) (_ provisioner.Message, spoke bool, _ error) {
	if err := ctx.Err(); err != nil {
		return provisioner.Message{Call: call}, false, fmt.Errorf("%s was interrupted: %w", call, err)
	}
	plain := *req
	plain.Saved = nil
	request, err := json.Marshal(&plain)
	if err != nil {
		return provisioner.Message{Call: call}, false, fmt.Errorf("the request is not a document: %w", err)
	}
	one, err := d.take(ctx)
	if err != nil {
		return provisioner.Message{Call: call}, false, fmt.Errorf("%s: %w", call, err)
	}
	defer d.give(one)
	c := &hosted{d: d, process: one, req: req, out: out, ctx: ctx, call: call, events: allowance{rate: d.options.EventRate}}

	start.Call, start.WorkDir = string(call), req.WorkDir
	start.HasState, start.HasFiles, start.HasSaved = req.State != nil, req.Files != nil, req.Saved != nil
	if deadline, ok := ctx.Deadline(); ok {
		start.DeadlineUnixMs = deadline.UnixMilli()
	}
	answer, err := c.run(start, request)
	c.leftOut(c.events.lost)
	if err != nil {
		return provisioner.Message{}, c.spoke, c.cutOff(call, err)
	}
	switch {
	case answer.Plan != nil:
		fill(answer.Plan.Outputs, c.texts)
		if c.saved != nil {
			answer.Plan.Saved = c.saved
		}
	case answer.Result != nil:
		fill(answer.Result.Outputs, c.texts)
	}
	return answer, true, answer.Failure.Err()
}

// run talks to the plugin until it has answered. The stream has a context of its own: a
// caller who cancels asks the driver to stop, and waits for it.
func (c *hosted) run(start *protocol.Start, request []byte) (provisioner.Message, error) {
	ctx, hangUp := context.WithCancel(context.Background())
	defer hangUp()
	var err error
	if c.stream, err = c.process.remote.Call(ctx); err != nil {
		return provisioner.Message{}, err
	}
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { c.stopInTime(ended, hangUp) })
	defer watching.Wait()
	defer close(ended)

	small := len(request) <= chunkSize
	if small {
		start.Request = request
	}
	if err := c.send(&protocol.CallRequest{Kind: &protocol.CallRequest_Start{Start: start}}); err != nil {
		return provisioner.Message{}, c.why(err)
	}
	if !small {
		if err := chunks(protocol.Content_CONTENT_REQUEST, request, c.sendChunk); err != nil {
			return provisioner.Message{}, c.why(err)
		}
	}
	if c.req.Saved != nil {
		if err := chunks(protocol.Content_CONTENT_SAVED, c.req.Saved, c.sendChunk); err != nil {
			return provisioner.Message{}, c.why(err)
		}
	}
	gathered := &gathering{limit: c.d.options.MaxContent}
	for {
		m, err := c.stream.Recv()
		if err != nil {
			return provisioner.Message{}, err
		}
		c.spoke = true
		answer, err := c.heard(m, gathered)
		if err != nil {
			return provisioner.Message{}, err
		}
		if answer != nil {
			return *answer, nil
		}
	}
}

// why gives the error behind a send that found the stream ended.
func (c *hosted) why(err error) error {
	if errors.Is(err, io.EOF) {
		if _, received := c.stream.Recv(); received != nil {
			return received
		}
	}
	return err
}

// stopInTime asks the driver to stop when the caller has had enough, and ends the plugin
// where it does not.
func (c *hosted) stopInTime(ended <-chan struct{}, hangUp func()) {
	select {
	case <-ended:
		return
	case <-c.process.ended:
		hangUp()
		return
	case <-c.ctx.Done():
	case <-c.process.stopping.Done():
	}
	reason := protocol.Stop_REASON_CANCELED
	if errors.Is(c.ctx.Err(), context.DeadlineExceeded) {
		reason = protocol.Stop_REASON_DEADLINE
	}
	go func() { // it may not be listening
		_ = c.send(&protocol.CallRequest{Kind: &protocol.CallRequest_Stop{Stop: &protocol.Stop{Reason: reason}}})
	}()
	patience := time.NewTimer(c.d.options.Grace)
	defer patience.Stop()
	select {
	case <-ended:
	case <-c.process.ended:
		hangUp()
	case <-patience.C:
		c.process.end(fmt.Sprintf("it was killed: it did not stop within %s", c.d.options.Grace))
		hangUp()
	}
}

func (c *hosted) send(m *protocol.CallRequest) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.stream.Send(m)
}

func (c *hosted) sendChunk(chunk *protocol.Chunk) error {
	return c.send(&protocol.CallRequest{Kind: &protocol.CallRequest_Chunk{Chunk: chunk}})
}

func (c *hosted) reply(err error) error {
	reply := &protocol.Reply{}
	if err != nil {
		reply.Error = err.Error()
		if reply.Error == "" {
			reply.Error = "it cannot be done"
		}
	}
	return c.send(&protocol.CallRequest{Kind: &protocol.CallRequest_Reply{Reply: reply}})
}

// heard takes in what the plugin said; the answer is not nil once it is there.
func (c *hosted) heard(m *protocol.CallResponse, gathered *gathering) (*provisioner.Message, error) {
	switch kind := m.GetKind().(type) {
	case *protocol.CallResponse_Event:
		c.event(kind.Event)
	case *protocol.CallResponse_ReadState:
		if c.req.State == nil {
			return nil, c.reply(errors.New("the request has no state to read and write"))
		}
		state, err := c.req.State.Read(context.WithoutCancel(c.ctx))
		if err != nil {
			return nil, c.reply(err)
		}
		return nil, chunks(protocol.Content_CONTENT_STATE, state, c.sendChunk)
	case *protocol.CallResponse_ReadFiles:
		if c.req.Files == nil {
			return nil, c.reply(errors.New("the request has no files"))
		}
		archive, err := archiveOf(c.req.Files)
		if err != nil {
			return nil, c.reply(err)
		}
		return nil, chunks(protocol.Content_CONTENT_FILES, archive, c.sendChunk)
	case *protocol.CallResponse_Chunk:
		data, output, complete, err := gathered.take(kind.Chunk)
		if err != nil || !complete {
			return nil, err
		}
		switch kind.Chunk.GetContent() {
		case protocol.Content_CONTENT_STATE:
			return nil, c.keep(data)
		case protocol.Content_CONTENT_SAVED:
			c.saved = data
		case protocol.Content_CONTENT_OUTPUT:
			if c.texts == nil {
				c.texts = map[string]string{}
			}
			c.texts[output] = strings.ToValidUTF8(string(data), "\ufffd")
		case protocol.Content_CONTENT_ANSWER:
			answer := &provisioner.Message{}
			if err := decode(data, answer); err != nil {
				return nil, fmt.Errorf("its answer cannot be read: %w", err)
			}
			if answer.Version != provisioner.ContractVersion || answer.Call != c.call {
				return nil, fmt.Errorf("it answered %.20q of version %d, and was asked for %q of version %d", answer.Call, answer.Version, c.call, provisioner.ContractVersion)
			}
			return answer, nil
		default:
			return nil, fmt.Errorf("it sent %s, which nobody asked for", contentNames[kind.Chunk.GetContent()])
		}
	}
	return nil, nil
}

func (c *hosted) keep(state []byte) error {
	if c.req.State == nil {
		return c.reply(errors.New("the request has no state to read and write"))
	}
	if len(state) == 0 {
		state = nil
	}
	return c.reply(c.req.State.Write(context.WithoutCancel(c.ctx), state))
}

// event passes an event on, as many a second as a call may send.
func (c *hosted) event(text []byte) {
	e := provisioner.Event{}
	if decode(text, &e) != nil || e.Kind == "" {
		return // not an event
	}
	pass, lost := c.events.take(time.Now(), len(text))
	c.leftOut(lost)
	if pass {
		c.out.Send(e)
	}
}

// leftOut says that events were left out.
func (c *hosted) leftOut(n int) {
	if n > 0 {
		c.out.Send(provisioner.Event{Kind: provisioner.Log, Time: time.Now().UTC(), Message: fmt.Sprintf("%d events were left out: the plugin sends more than %d a second", n, c.events.rate)})
	}
}

// cutOff is the error of a call without an answer.
func (c *hosted) cutOff(call provisioner.Call, why error) error {
	if reason := broken(why); reason != "" {
		c.process.end("it was killed: " + reason)
	}
	died := c.process.died()
	if c.ctx.Err() != nil {
		return fmt.Errorf("%s was interrupted: %w: %w", call, c.ctx.Err(), died)
	}
	return &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: fmt.Errorf("%s: %w", call, died)}
}

// broken says what a plugin did wrong that still lives; empty where it is the connection
// that broke, as it does when the process ends.
func broken(why error) string {
	said, isStatus := status.FromError(why)
	switch {
	case errors.Is(why, io.EOF):
		return "it ended the call without an answer"
	case !isStatus:
		return why.Error()
	case said.Code() == codes.Unavailable || said.Code() == codes.Canceled:
		return ""
	case said.Code() == codes.ResourceExhausted:
		return fmt.Sprintf("it sent a message of more than %d bytes", maxMessage)
	}
	return "it broke off the call: " + said.Message()
}
