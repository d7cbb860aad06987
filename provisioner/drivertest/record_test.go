package drivertest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/leak"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// tape is a writer for several goroutines.
type tape struct {
	sync.Mutex
	bytes.Buffer
	fail error
}

func (p *tape) Write(text []byte) (int, error) {
	p.Lock()
	defer p.Unlock()
	if p.fail != nil {
		return 0, p.fail
	}
	return p.Buffer.Write(text)
}

// kept is a state in memory.
type kept struct{ text []byte }

func (k *kept) Read(context.Context) ([]byte, error) { return k.text, nil }

func (k *kept) Write(_ context.Context, text []byte) error {
	k.text = text
	return nil
}

func ExampleRecord() {
	written := &tape{}
	driver := drivertest.Record(memory.New(nil), written)
	req := &provisioner.Request{Address: "shop/dev.db", Step: "main", Inputs: map[string]any{"size": 2}, State: &kept{}}
	_, err := driver.Apply(context.Background(), req, provisioner.Discard)
	fmt.Println(err)

	again, err := drivertest.Replay(&written.Buffer)
	fmt.Println(err)
	req.State = &kept{}
	result, err := again.Apply(context.Background(), req, provisioner.Discard)
	fmt.Println(result.Outcome, result.Outputs["size"].Value, err)
	_, err = again.Apply(context.Background(), req, provisioner.Discard)
	fmt.Println(err)
	// Output:
	// <nil>
	// <nil>
	// done 2 <nil>
	// apply of shop/dev.db main was not recorded here
}

func ExampleNotRecordedError() {
	written := &tape{}
	req := &provisioner.Request{Address: "shop/dev.db", Step: "main", Inputs: map[string]any{"size": 2}, State: &kept{}}
	if _, err := drivertest.Record(memory.New(nil), written).Plan(context.Background(), req, provisioner.Discard); err != nil {
		fmt.Println(err)
	}
	again, err := drivertest.Replay(&written.Buffer)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.Inputs = map[string]any{"size": 3}
	_, err = again.Plan(context.Background(), req, provisioner.Discard)
	fmt.Println(err)
	_, err = again.Apply(context.Background(), req, provisioner.Discard)
	fmt.Println(err)
	// Output:
	// plan of shop/dev.db main was recorded with another request:
	// inputs.size: 2 was recorded, 3 was asked
	// apply of shop/dev.db main was not recorded here, but plan
}

// The kit asks the same each time: what it was told once, a recording tells it again.
func TestReplayKeepsTheRules(t *testing.T) {
	t.Parallel()
	h := newModel("").harness()
	h.World, h.Slow, h.Interrupt = nil, nil, nil // these are of a driver that does something
	written := &tape{}
	h.Driver = drivertest.Record(h.Driver, written)
	require.NoError(t, drivertest.Check(t.Context(), h).Err())
	require.NotEmpty(t, written.String())
	require.Empty(t, leak.InText(t, written.Bytes(), password, "ssw0rd \\\"quoted"))
	for line := range strings.Lines(written.String()) {
		var message struct {
			State   []byte
			Plan    struct{ Saved []byte }
			Request struct{ Saved []byte }
		}
		require.NoError(t, json.Unmarshal([]byte(line), &message))
		for _, text := range [][]byte{message.State, message.Plan.Saved, message.Request.Saved} {
			require.Regexp(t, `^(\((state|saved) \d+\))?$`, string(text))
		}
	}
	replayed, err := drivertest.Replay(bytes.NewReader(written.Bytes()))
	require.NoError(t, err)
	require.Equal(t, provisioner.Capabilities(h.Driver), provisioner.Capabilities(replayed))
	h.Driver = replayed
	report := drivertest.Check(t.Context(), h)
	require.NoError(t, report.Err())
	require.Greater(t, report.Count(drivertest.Passed), 40)
}

func TestRecordingIsWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ text, want string }{
		"no JSON":         {"{", "line 1: unexpected EOF"},
		"another version": {`{"turn":"driver","version":2,"call":""}`, "line 1: version 2 of the contract is not version 1"},
		"no call before":  {`{"turn":"answer","version":1,"call":"plan"}`, "line 1: a recording is made of calls, each with its answer"},
		"two calls":       {strings.Repeat(`{"turn":"call","version":1,"call":"plan","request":{}}`+"\n", 2), "line 2: a recording is made of calls, each with its answer"},
		"another answer":  {`{"turn":"call","version":1,"call":"plan","request":{}}` + "\n" + `{"turn":"answer","version":1,"call":"apply"}`, "line 2: a recording is made of calls, each with its answer"},
		"cut off":         {`{"turn":"call","version":1,"call":"plan","request":{}}`, "the last call has no answer: the recording was cut off"},
	} {
		_, err := drivertest.Replay(strings.NewReader(test.text))
		require.EqualError(t, err, test.want, name)
	}
	empty, err := drivertest.Replay(strings.NewReader(""))
	require.NoError(t, err)
	require.Empty(t, provisioner.Capabilities(empty))
	_, err = empty.Plan(t.Context(), &provisioner.Request{Address: "a", Step: "b"}, provisioner.Discard)
	var unknown *drivertest.NotRecordedError
	require.ErrorAs(t, err, &unknown)
	require.Equal(t, "a", unknown.Address)
}

// leaky tells in an event what it has made up itself.
type leaky struct{ provisioner.Driver }

func (leaky) Apply(_ context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	out.Send(provisioner.Event{Kind: provisioner.Log, Message: "made with " + fmt.Sprint(req.Inputs["password"]) + " and gener4ted, " + base64.StdEncoding.EncodeToString([]byte("gener4ted"))})
	return &provisioner.Result{Outcome: provisioner.Failed, Outputs: map[string]provisioner.Output{
		"key": {Value: map[string]any{"private": "gener4ted"}, Sensitive: true}, "port": {Value: 5432},
	}}, &provisioner.Error{Class: provisioner.Transient, Err: errors.New("not with gener4ted")}
}

func TestRecordingHoldsNoSecret(t *testing.T) {
	t.Parallel()
	written := &tape{}
	driver := drivertest.Record(leaky{}, written)
	req := &provisioner.Request{
		Address: "a", Step: "b", Inputs: map[string]any{"password": password, "copy": "x" + password}, Secret: []string{"password"},
		Providers: map[string]provisioner.Provider{"aws": {Type: "t", Data: map[string]any{"key": "AKIA-secret"}}},
		Config:    map[string]any{"key": "AKIA-secret"}, Saved: []byte("a plan with AKIA-secret"),
		Outputs: map[string]provisioner.Output{"old": {Value: "0ld-secret", Sensitive: true}},
	}
	_, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.EqualError(t, err, "not with gener4ted")
	require.Equal(t, password, req.Inputs["password"])
	require.Empty(t, leak.InText(t, written.Bytes(), password, "gener4ted", "AKIA-secret", "0ld-secret"))
	require.Contains(t, written.String(), `"message":"not with (sensitive)"`)
	require.Contains(t, written.String(), "5432")

	replayed, err := drivertest.Replay(&written.Buffer)
	require.NoError(t, err)
	req.Inputs["password"] = "another passw0rd"
	req.Inputs["copy"] = "xanother passw0rd"
	result, err := replayed.Apply(t.Context(), req, provisioner.Discard)
	require.Equal(t, provisioner.Transient, provisioner.ClassOf(err))
	require.Equal(t, provisioner.Failed, result.Outcome)
	require.Equal(t, provisioner.Output{Value: "(sensitive)", Sensitive: true}, result.Outputs["key"])
}

func TestRecordingCannotBeWritten(t *testing.T) {
	t.Parallel()
	driver := drivertest.Record(memory.New(nil), &tape{fail: os.ErrPermission})
	req := &provisioner.Request{Address: "a", Step: "b", State: &kept{}}
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.NoError(t, err, "it was done, whether it was written down or not")
	result, err := driver.Apply(t.Context(), req, provisioner.Discard)
	require.ErrorIs(t, err, os.ErrPermission)
	require.Equal(t, provisioner.Failed, result.Outcome)
}

func FuzzReplay(f *testing.F) {
	f.Add([]byte(`{"turn":"driver","version":1,"call":"","capabilities":["recover"]}`))
	f.Add([]byte(`{"turn":"call","version":1,"call":"plan","request":{"address":"a","step":"b","metadata":{},"run":{}}}` + "\n" + `{"turn":"answer","version":1,"call":"plan","plan":{"changes":null}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		driver, err := drivertest.Replay(bytes.NewReader(text))
		if err != nil {
			return
		}
		req := &provisioner.Request{Address: "a", Step: "b", State: &kept{}}
		_, _ = driver.Plan(t.Context(), req, provisioner.Discard)  // only not to panic
		_, _ = driver.Apply(t.Context(), req, provisioner.Discard) // likewise
	})
}
