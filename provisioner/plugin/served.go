package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// served is one call, on the plugin's side.
type served struct {
	server *server
	stream protocol.DriverService_CallServer
	start  *protocol.Start
	ctx    *stoppable

	sending sync.Mutex
	asking  sync.Mutex // one question to the host at a time
	content map[protocol.Content]chan []byte
	replies chan string
	gone    chan struct{} // the host has hung up
	lost    error         // why, once gone is closed
}

func newServed(s *server, stream protocol.DriverService_CallServer) *served {
	c := &served{
		server: s, stream: stream, replies: make(chan string, 1), gone: make(chan struct{}),
		content: map[protocol.Content]chan []byte{},
	}
	for content := range contentNames {
		c.content[content] = make(chan []byte, 1)
	}
	return c
}

func (c *served) send(m *protocol.CallResponse) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	return c.stream.Send(m)
}

func (c *served) sendChunk(chunk *protocol.Chunk) error {
	return c.send(&protocol.CallResponse{Kind: &protocol.CallResponse_Chunk{Chunk: chunk}})
}

func (c *served) run() error {
	first, err := c.stream.Recv()
	if err != nil {
		return err
	}
	if c.start = first.GetStart(); c.start == nil {
		return errors.New("a call begins with start")
	}
	c.ctx = newStoppable(c.start.GetDeadlineUnixMs())
	defer c.ctx.stop(context.Canceled)
	go c.receive()
	defer context.AfterFunc(c.server.orphan, func() { c.ctx.stop(context.Canceled) })()

	req, err := c.request()
	if err != nil {
		return err
	}
	answer := c.answer(req)
	if err := c.apart(&answer); err != nil {
		return err
	}
	text, err := json.Marshal(answer)
	if err != nil {
		answer = c.failed(answer, fmt.Errorf("the driver's answer is not a document: %w", err))
		if text, err = json.Marshal(answer); err != nil {
			return err
		}
	}
	return chunks(protocol.Content_CONTENT_ANSWER, text, c.sendChunk)
}

// apart sends the large parts of an answer by themselves.
func (c *served) apart(answer *provisioner.Message) (err error) {
	if answer.Plan != nil {
		plan := *answer.Plan
		answer.Plan = &plan
		if len(plan.Saved) > longText {
			if err := chunks(protocol.Content_CONTENT_SAVED, plan.Saved, c.sendChunk); err != nil {
				return err
			}
			plan.Saved = nil
		}
		plan.Outputs, err = sendTexts(plan.Outputs, c.sendChunk)
		return err
	}
	if answer.Result != nil {
		result := *answer.Result
		answer.Result = &result
		result.Outputs, err = sendTexts(result.Outputs, c.sendChunk)
	}
	return err
}

// failed is the answer of a driver whose own cannot be sent: what it has done is not known.
func (c *served) failed(answer provisioner.Message, why error) provisioner.Message {
	failed := provisioner.Message{Version: answer.Version, Call: answer.Call, Failure: provisioner.FailureOf(why)}
	if answer.Result != nil {
		failed.Result = &provisioner.Result{Outcome: provisioner.Unknown}
		failed.Failure.Class = provisioner.OutcomeUnknown
	}
	return failed
}

// receive takes in what the host says until it hangs up.
func (c *served) receive() {
	gathered := &gathering{}
	for {
		m, err := c.stream.Recv()
		if err != nil {
			c.lost = err
			close(c.gone)
			c.ctx.stop(context.Canceled)
			return
		}
		switch kind := m.GetKind().(type) {
		case *protocol.CallRequest_Chunk:
			data, _, complete, err := gathered.take(kind.Chunk)
			if err == nil && complete {
				select {
				case c.content[kind.Chunk.GetContent()] <- data:
				default: // nobody asked for it
				}
			}
		case *protocol.CallRequest_Stop:
			why := context.Canceled
			if kind.Stop.GetReason() == protocol.Stop_REASON_DEADLINE {
				why = context.DeadlineExceeded
			}
			c.ctx.stop(why)
		case *protocol.CallRequest_Reply:
			select {
			case c.replies <- kind.Reply.GetError():
			default:
			}
		}
	}
}

func (c *served) request() (*provisioner.Request, error) {
	req := &provisioner.Request{WorkDir: c.start.GetWorkDir()}
	text := c.start.GetRequest()
	var err error
	if text == nil {
		if text, err = c.wait(c.content[protocol.Content_CONTENT_REQUEST]); err != nil {
			return nil, err
		}
	}
	if err := decode(text, req); err != nil {
		return nil, fmt.Errorf("the request cannot be read: %w", err)
	}
	if c.start.GetHasSaved() {
		if req.Saved, err = c.wait(c.content[protocol.Content_CONTENT_SAVED]); err != nil {
			return nil, err
		}
	}
	if c.start.GetHasState() {
		req.State = remoteState{c}
	}
	if c.start.GetHasFiles() {
		req.Files = &remoteFiles{call: c}
	}
	return req, nil
}

// wait for a content; also after a stop, since a driver that stops in good order still has
// things to keep.
func (c *served) wait(content <-chan []byte) ([]byte, error) {
	select {
	case data := <-content:
		return data, nil
	case reply := <-c.replies:
		return nil, errors.New(reply)
	case <-c.gone:
		return nil, fmt.Errorf("the host is gone: %w", c.lost)
	}
}

// answer calls the driver. A panic is told with its stack on this side, and ends the call.
func (c *served) answer(req *provisioner.Request) (answer provisioner.Message) {
	call := provisioner.Call(c.start.GetCall())
	answer = provisioner.Message{Version: provisioner.ContractVersion, Call: call}
	defer func() {
		if cause := recover(); cause != nil {
			fmt.Fprintf(os.Stderr, "panic in %s of %s %s\n%s", call, req.Address, req.Step, debug.Stack())
			failure := &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: errors.New("the driver panicked")} // what with may be secret
			answer = provisioner.Message{Version: answer.Version, Call: call, Failure: provisioner.FailureOf(failure)}
			if call == provisioner.CallApply || call == provisioner.CallRecover || call == provisioner.CallImport {
				answer.Result = &provisioner.Result{Outcome: provisioner.Unknown}
			}
		}
	}()
	var err error
	switch driver, out := c.server.driver, (provisioner.Sink)(sink{c}); call {
	case provisioner.CallPlan:
		answer.Plan, err = driver.Plan(c.ctx, req, out)
	case provisioner.CallApply:
		answer.Result, err = driver.Apply(c.ctx, req, out)
	case provisioner.CallRecover:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.Recoverer](driver); ok {
			answer.Result, err = power.Recover(c.ctx, req, out)
		}
	case provisioner.CallValidate:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.Validator](driver); ok {
			err = power.Validate(c.ctx, req, out)
		}
	case provisioner.CallDrift:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.DriftDetector](driver); ok {
			answer.Drift, err = power.Drift(c.ctx, req, out)
		}
	case provisioner.CallImport:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.Importer](driver); ok {
			answer.Result, err = power.Import(c.ctx, req, c.start.GetImportAddress(), c.start.GetImportId(), out)
		}
	case provisioner.CallInspect:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.Inspector](driver); ok {
			answer.Module, err = power.Inspect(c.ctx, req.Files, c.start.GetPath())
		}
	case provisioner.CallIdentity, provisioner.CallVersion:
		err = provisioner.ErrUnsupported
		if power, ok := provisioner.As[provisioner.Versioned](driver); ok {
			answer.Tool = &provisioner.ToolVersion{}
			if call == provisioner.CallIdentity {
				answer.Tool.Identity, err = power.Identity(c.ctx, c.start.GetWant())
			} else {
				answer.Tool.Name, answer.Tool.Version, err = power.Version(c.ctx, c.start.GetWant())
			}
		}
	default:
		err = fmt.Errorf("the call %q is not known to this plugin", call)
	}
	answer.Failure = provisioner.FailureOf(err)
	return answer
}

// sink sends events to the host.
type sink struct{ call *served }

func (s sink) Send(e provisioner.Event) {
	const most = maxMessage / 4 // of the text, which JSON may make longer
	if len(e.Message) > most {
		e.Message = e.Message[:most] + "…"
	}
	text, err := json.Marshal(e)
	if err != nil || len(text) > maxMessage-1024 {
		return
	}
	_ = s.call.send(&protocol.CallResponse{Kind: &protocol.CallResponse_Event{Event: text}}) // a host that is gone hears nothing
}

// remoteState is the state that the host keeps.
type remoteState struct{ call *served }

func (s remoteState) Read(context.Context) ([]byte, error) {
	s.call.asking.Lock()
	defer s.call.asking.Unlock()
	if err := s.call.send(&protocol.CallResponse{Kind: &protocol.CallResponse_ReadState{ReadState: &protocol.ReadState{}}}); err != nil {
		return nil, err
	}
	state, err := s.call.wait(s.call.content[protocol.Content_CONTENT_STATE])
	if len(state) == 0 {
		state = nil
	}
	return state, err
}

func (s remoteState) Write(_ context.Context, state []byte) error {
	s.call.asking.Lock()
	defer s.call.asking.Unlock()
	if err := chunks(protocol.Content_CONTENT_STATE, state, s.call.sendChunk); err != nil {
		return err
	}
	select {
	case reply := <-s.call.replies:
		if reply != "" {
			return errors.New(reply)
		}
		return nil
	case <-s.call.gone:
		return fmt.Errorf("the host is gone: %w", s.call.lost)
	}
}

// remoteFiles are the bundle's files, fetched when the driver first looks at them.
type remoteFiles struct {
	call  *served
	once  sync.Once
	files fs.FS
	err   error
}

func (f *remoteFiles) Open(name string) (fs.File, error) {
	f.once.Do(func() { f.files, f.err = f.call.fetch() })
	if f.err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: f.err}
	}
	return f.files.Open(name)
}

func (c *served) fetch() (fs.FS, error) {
	return c.server.files.get(c.start.GetFilesDigest(), func() (fs.FS, error) {
		c.asking.Lock()
		defer c.asking.Unlock()
		if err := c.send(&protocol.CallResponse{Kind: &protocol.CallResponse_ReadFiles{ReadFiles: &protocol.ReadFiles{}}}); err != nil {
			return nil, err
		}
		archive, err := c.wait(c.content[protocol.Content_CONTENT_FILES])
		if err != nil {
			return nil, err
		}
		return filesOf(archive)
	})
}

// filesCache keeps the files of the last bundle: its steps come one after the other.
type filesCache struct {
	sync.Mutex
	digest string
	files  fs.FS
}

func (f *filesCache) get(digest string, fetch func() (fs.FS, error)) (fs.FS, error) {
	f.Lock()
	known := f.files
	same := digest != "" && f.digest == digest
	f.Unlock()
	if same {
		return known, nil
	}
	files, err := fetch()
	if err == nil && digest != "" {
		f.Lock()
		f.digest, f.files = digest, files
		f.Unlock()
	}
	return files, err
}

// stoppable is the context of a call. It ends for the reason that the host gives.
type stoppable struct {
	context.Context
	deadline time.Time
	done     chan struct{}
	mu       sync.Mutex
	err      error
}

func newStoppable(deadlineMs int64) *stoppable {
	s := &stoppable{Context: context.Background(), done: make(chan struct{})}
	if deadlineMs > 0 {
		s.deadline = time.UnixMilli(deadlineMs)
	}
	return s
}

func (s *stoppable) stop(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.err = why
		close(s.done)
	}
}

func (s *stoppable) Deadline() (time.Time, bool) { return s.deadline, !s.deadline.IsZero() }

func (s *stoppable) Done() <-chan struct{} { return s.done }

func (s *stoppable) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
