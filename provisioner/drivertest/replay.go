package drivertest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/value"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Replay makes a driver of what Record has written: it gives the same answers, says the
// same and hands over the numbered states, without doing anything. The calls of one step
// have to come in the order in which they were recorded; those that are about no step
// (inspect, identity, version) in any order and as often as one likes. Secrets, the run
// part, files and the work folder are not compared. A call that was not recorded is a
// *NotRecordedError.
func Replay(r io.Reader) (provisioner.Driver, error) {
	p := &player{numbers: newNumbers(), steps: map[string][]recorded{}, free: map[string]recorded{}}
	lines := bufio.NewReader(r)
	var open *recorded
	for number := 1; ; number++ {
		text, err := lines.ReadBytes('\n')
		if len(strings.TrimSpace(string(text))) > 0 {
			var l line
			if failed := decode(text, &l); failed != nil {
				return nil, fmt.Errorf("line %d: %w", number, failed)
			}
			if l.Version != provisioner.ContractVersion {
				return nil, fmt.Errorf("line %d: version %d of the contract is not version %d", number, l.Version, provisioner.ContractVersion)
			}
			if open, err = p.take(open, l, err); errors.Is(err, errOrder) {
				return nil, fmt.Errorf("line %d: %w", number, err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if open != nil {
		return nil, errors.New("the last call has no answer: the recording was cut off")
	}
	return &standIn{can: func() []provisioner.Capability { return p.can }, call: p.play}, nil
}

var errOrder = errors.New("a recording is made of calls, each with its answer")

// NotRecordedError is a call that a recording does not have at this place.
type NotRecordedError struct {
	Call          provisioner.Call
	Address, Step string
	// Recorded is the call that was recorded at this place; empty where there was none.
	Recorded provisioner.Call
	// Differences say what of the request is another: inputs.size: 2 was recorded, 3 was asked.
	Differences []string
}

func (e *NotRecordedError) Error() string {
	what := string(e.Call)
	if e.Address != "" {
		what += " of " + e.Address + " " + e.Step
	}
	switch {
	case e.Recorded == "":
		return what + " was not recorded here"
	case e.Recorded != e.Call:
		return fmt.Sprintf("%s was not recorded here, but %s", what, e.Recorded)
	}
	return what + " was recorded with another request:\n" + strings.Join(e.Differences, "\n")
}

// recorded is one call with all that was said.
type recorded struct {
	call  line
	lines []line // between the call and the answer
	end   line
}

type player struct {
	numbers *numbers
	can     []provisioner.Capability

	mu    sync.Mutex
	steps map[string][]recorded
	free  map[string]recorded
}

// take puts one line where it belongs.
func (p *player) take(open *recorded, l line, err error) (*recorded, error) {
	switch {
	case l.Turn == turnDriver && open == nil:
		p.can = l.Capabilities
		return nil, err
	case l.Turn == turnCall && open == nil && l.Request != nil:
		return &recorded{call: l}, err
	case open == nil || l.Turn == turnCall || l.Call != open.call.Call:
		return nil, errOrder
	case l.Turn != turnAnswer:
		open.lines = append(open.lines, l)
		return open, err
	}
	open.end = l
	if key := placeless(l.Call, open.call.Request); key != "" {
		p.free[key] = *open
	} else {
		key = open.call.Request.Address + "\x00" + open.call.Request.Step
		p.steps[key] = append(p.steps[key], *open)
	}
	return nil, err
}

// placeless is the key of a call that is about no step; empty for others.
func placeless(call provisioner.Call, req *provisioner.Request) string {
	switch call {
	case provisioner.CallInspect, provisioner.CallIdentity, provisioner.CallVersion:
		return string(call) + "\x00" + req.Path + "\x00" + req.Version
	}
	return ""
}

// play answers a call with what was recorded.
func (p *player) play(ctx context.Context, a *ask) (provisioner.Message, error) {
	req, out := a.request, a.out
	found, err := p.find(a.call, req, a.taken)
	if err != nil {
		return provisioner.Message{Result: &provisioner.Result{Outcome: provisioner.Failed}}, err
	}
	for _, l := range found.lines {
		if l.Event != nil {
			out.Send(*l.Event)
		}
		if l.Turn == turnState && req.State != nil {
			if err := req.State.Write(context.WithoutCancel(ctx), l.State); err != nil {
				return provisioner.Message{Result: &provisioner.Result{Outcome: provisioner.Unknown}}, fmt.Errorf("the state cannot be kept: %w", err)
			}
		}
	}
	return found.end.Message, found.end.Failure.Err()
}

// find takes the next call of a step, if it is this one.
func (p *player) find(call provisioner.Call, req *provisioner.Request, taken *importOf) (recorded, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	unknown := &NotRecordedError{Call: call, Address: req.Address, Step: req.Step}
	if key := placeless(call, req); key != "" {
		if found, ok := p.free[key]; ok {
			return found, nil
		}
		return recorded{}, unknown
	}
	key := req.Address + "\x00" + req.Step
	list := p.steps[key]
	if len(list) == 0 {
		return recorded{}, unknown
	}
	next := list[0]
	if unknown.Recorded = next.call.Call; unknown.Recorded != call {
		return recorded{}, unknown
	}
	asked := line{Message: provisioner.Message{Request: req}, Import: taken}.clean(p.numbers, redact.New(secretsOf(req)...))
	unknown.Differences = differences(
		map[string]any{"request": next.call.Request, "import": next.call.Import}, map[string]any{"request": asked.Request, "import": asked.Import},
	)
	if len(unknown.Differences) > 0 {
		return recorded{}, unknown
	}
	p.steps[key] = list[1:]
	return next, nil
}

// differences of two documents, a line each, by path.
func differences(recorded, asked any) (lines []string) {
	x, y := map[string]string{}, map[string]string{}
	flatten("", documentOf(recorded), x)
	flatten("", documentOf(asked), y)
	all := maps.Clone(x)
	maps.Copy(all, y)
	for _, path := range slices.Sorted(maps.Keys(all)) {
		was, inX := x[path]
		is, inY := y[path]
		name := strings.TrimPrefix(strings.TrimPrefix(path, ".request"), ".")
		switch {
		case !inX:
			lines = append(lines, fmt.Sprintf("%s: nothing was recorded, %s was asked", name, is))
		case !inY:
			lines = append(lines, fmt.Sprintf("%s: %s was recorded, nothing was asked", name, was))
		case was != is:
			lines = append(lines, fmt.Sprintf("%s: %s was recorded, %s was asked", name, was, is))
		}
	}
	return lines
}

// flatten gives the leaves of a document as JSON, by path. What is empty is nothing.
func flatten(path string, document any, into map[string]string) {
	switch v := document.(type) {
	case nil:
	case map[string]any:
		for key, item := range v {
			flatten(path+"."+key, item, into)
		}
	case []any:
		for i, item := range v {
			flatten(fmt.Sprintf("%s.%d", path, i), item, into)
		}
	case json.Number:
		into[path] = string(value.Canonical(v))
	default:
		text, err := json.Marshal(v)
		if err == nil {
			into[path] = string(text)
		}
	}
}
