package plugin

import (
	"context"
	"os"

	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// Versions of the protocol that this package speaks. Host and plugin agree on the highest
// that both have.
const protocolVersion = 1

// The cookie is no secret: it keeps people from starting a plugin by hand by mistake.
var handshake = goplugin.HandshakeConfig{
	ProtocolVersion:  protocolVersion,
	MagicCookieKey:   "TENON_PLUGIN",
	MagicCookieValue: "d0e1a3b2-driver",
}

// hostVariable says which process is the host: a plugin may be started by a script of its
// own, or after its host has died.
const hostVariable = "TENON_PLUGIN_HOST"

const (
	service = "driver"
	// chunkSize and maxMessage: no message is larger than a chunk, or an event, and what
	// stands around it.
	chunkSize  = 256 << 10
	maxMessage = 1 << 20
)

// sides of a plugin: drivers in the plugin, a connection in the host.
type side struct {
	goplugin.NetRPCUnsupportedPlugin
	driver provisioner.Driver // in the plugin
	stderr *os.File
}

func (s *side) GRPCServer(_ *goplugin.GRPCBroker, server *grpc.Server) error {
	protocol.RegisterDriverServiceServer(server, newServer(s.driver, s.stderr))
	return nil
}

func (s *side) GRPCClient(_ context.Context, _ *goplugin.GRPCBroker, connection *grpc.ClientConn) (any, error) {
	return protocol.NewDriverServiceClient(connection), nil
}

func plugins(driver provisioner.Driver, stderr *os.File) map[int]goplugin.PluginSet {
	return map[int]goplugin.PluginSet{protocolVersion: {service: &side{driver: driver, stderr: stderr}}}
}
