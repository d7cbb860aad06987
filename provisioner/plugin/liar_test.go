package plugin_test

import (
	"context"
	"errors"
	"testing"

	goplugin "github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// liar speaks the protocol itself, and wrongly.
type liar struct {
	goplugin.NetRPCUnsupportedPlugin
	protocol.UnimplementedDriverServiceServer
	version int32
}

func serveLiar(version int32) {
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  goplugin.HandshakeConfig{ProtocolVersion: 1, MagicCookieKey: "TENON_PLUGIN", MagicCookieValue: "d0e1a3b2-driver"},
		VersionedPlugins: map[int]goplugin.PluginSet{1: {"driver": &liar{version: version}}},
		GRPCServer:       goplugin.DefaultGRPCServer,
	})
}

func (l *liar) GRPCServer(_ *goplugin.GRPCBroker, server *grpc.Server) error {
	protocol.RegisterDriverServiceServer(server, l)
	return nil
}

func (*liar) GRPCClient(context.Context, *goplugin.GRPCBroker, *grpc.ClientConn) (any, error) {
	return nil, errors.New("a plugin only")
}

func (l *liar) Describe(context.Context, *protocol.DescribeRequest) (*protocol.DescribeResponse, error) {
	return &protocol.DescribeResponse{ContractVersion: l.version, Capabilities: []string{"drift", "telepathy"}, Processes: -5}, nil
}

func (l *liar) Call(stream protocol.DriverService_CallServer) error {
	first, err := stream.Recv()
	if err != nil {
		return err
	}
	say := func(content protocol.Content, text string, last bool, size int64) {
		_ = stream.Send(&protocol.CallResponse{Kind: &protocol.CallResponse_Chunk{Chunk: &protocol.Chunk{Content: content, Data: []byte(text), Last: last, Size: size}}})
	}
	const good = `{"version": 1, "call": "apply", `
	answer := func(text string) { say(protocol.Content_CONTENT_ANSWER, text, true, 0) }
	switch first.GetStart().GetWorkDir() {
	case "silence":
	case "error":
		return errors.New("not today")
	case "garbage":
		answer("{")
	case "null":
		answer("null")
	case "wrong types":
		answer(good + `"result": {"outcome": 7}}`)
	case "number":
		answer(good + `"result": {"outcome": "done", "outputs": {"n": {"value": 1e999999999}}}}`)
	case "unasked":
		say(protocol.Content_CONTENT_FILES, "x", true, 0)
	case "unknown content":
		say(protocol.Content(99), "x", true, 0)
	case "huge":
		say(protocol.Content_CONTENT_ANSWER, "x", false, 1<<60)
		answer("{}")
	case "negative":
		say(protocol.Content_CONTENT_ANSWER, good+`"result": {"outcome":`, false, -1<<60)
		answer(` "failed"}, "failure": {"class": "permanent", "message": "it failed"}}`)
	case "endless":
		for stream.Context().Err() == nil {
			say(protocol.Content_CONTENT_STATE, string(make([]byte, 64<<10)), false, 0)
		}
	case "large message":
		_ = stream.Send(&protocol.CallResponse{Kind: &protocol.CallResponse_Event{Event: make([]byte, 3<<20)}})
	case "not an event":
		_ = stream.Send(&protocol.CallResponse{Kind: &protocol.CallResponse_Event{Event: []byte("{{{")}})
		_ = stream.Send(&protocol.CallResponse{})
		answer(good + `"result": {"outcome": "done"}}`)
	case "another call":
		answer(`{"version": 1, "call": "plan", "plan": {}}`)
	case "more than an answer":
		answer(good + `"result": {"outcome": "done"}} {}`)
	case "no result":
		answer(good + `"plan": {}}`)
	case "two at once":
		say(protocol.Content_CONTENT_STATE, "x", false, 0)
		answer(good + `"result": {"outcome": "done"}}`)
	case "many kinds":
		for kind := range int32(1000) {
			say(protocol.Content(kind), "", false, 1<<20)
		}
	case "many names":
		for range 1000 {
			_ = stream.Send(&protocol.CallResponse{Kind: &protocol.CallResponse_Chunk{Chunk: &protocol.Chunk{Content: protocol.Content_CONTENT_OUTPUT, Output: string(make([]byte, 64<<10)), Last: true}}})
		}
	case "unknown, and failed":
		answer(good + `"result": {"outcome": "failed"}, "failure": {"class": "outcome-unknown", "message": "who knows"}}`)
	case "failure without words":
		answer(good + `"result": {"outcome": "done"}, "failure": {}}`)
	}
	return nil
}

func TestLiar(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		outcome provisioner.Outcome
		want    string
	}{
		"silence":               {provisioner.Unknown, "it was killed: it ended the call without an answer"},
		"error":                 {provisioner.Unknown, "it was killed: it broke off the call: not today"},
		"garbage":               {provisioner.Unknown, "it was killed: its answer cannot be read"},
		"null":                  {provisioner.Unknown, `it answered "" of version 0, and was asked for "apply" of version 1`},
		"another call":          {provisioner.Unknown, `it answered "plan" of version 1`},
		"more than an answer":   {provisioner.Unknown, "something follows the document"},
		"no result":             {provisioner.Unknown, "the plugin test gave no result"},
		"two at once":           {provisioner.Unknown, "it began an answer before a state had ended"},
		"many kinds":            {provisioner.Unknown, "it sent a content 0, which nobody knows"},
		"many names":            {provisioner.Unknown, "it sent an output of more than 1048576 bytes"},
		"unknown, and failed":   {provisioner.Unknown, "who knows"},
		"wrong types":           {provisioner.Unknown, "it was killed: its answer cannot be read"},
		"number":                {provisioner.Done, ""}, // whoever takes the document decides
		"unasked":               {provisioner.Unknown, "it sent a set of files, which nobody asked for"},
		"unknown content":       {provisioner.Unknown, "which nobody knows"},
		"huge":                  {provisioner.Unknown, "its answer cannot be read"},
		"negative":              {provisioner.Failed, "it failed"},
		"endless":               {provisioner.Unknown, "it was killed: it sent a state of more than 1048576 bytes"},
		"large message":         {provisioner.Unknown, "it was killed: it sent a message of more than 1048576 bytes"},
		"not an event":          {provisioner.Done, ""},
		"failure without words": {provisioner.Unknown, "the plugin test says that it is done, and that it failed"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			driver := open(t, "liar", func(o *plugin.Options) { o.MaxContent = 1 << 20 })
			require.Equal(t, []provisioner.Capability{provisioner.CanDrift}, provisioner.Capabilities(driver))
			req := request(t, nil)
			req.WorkDir = what
			result, err := driver.Apply(t.Context(), req, provisioner.Discard)
			require.Equal(t, test.outcome, result.Outcome)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, result.Outcome == provisioner.Unknown, provisioner.ClassOf(err) == provisioner.OutcomeUnknown, "%v", err)
		})
	}
	_, err := tryOpen(t, "old liar", nil)
	require.ErrorContains(t, err, "it speaks version 7 of the contract, and this program version 1")
}
