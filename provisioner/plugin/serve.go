package plugin

import (
	"context"
	"encoding/json"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	proc "github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// Pooled is a driver whose calls may be spread over several processes of its plugin, as
// many as it says: one that holds a lock of its own while it works, say.
type Pooled interface {
	Processes() int
}

// Serve is the whole main of a plugin: it serves the driver to the host that has started
// this program, and returns when the host is done with it. Started by hand, the program
// says what it is and ends with status 1.
//
// Standard output belongs to the handshake until Serve returns: a driver tells people what
// it has to say through its Sink, and its author through standard error. When the host
// dies the contexts of its calls are canceled, and the program ends once they have returned,
// or after five minutes.
func Serve(driver provisioner.Driver) {
	standardError := os.Stderr
	goplugin.Serve(&goplugin.ServeConfig{
		HandshakeConfig:  handshake,
		VersionedPlugins: plugins(driver, standardError),
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr}),
		GRPCServer: func(options []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))...)
		},
	})
}

// server is the driver's side of the protocol.
type server struct {
	protocol.UnimplementedDriverServiceServer
	driver provisioner.Driver
	calls  sync.WaitGroup
	orphan context.Context // ends when the host has died
	stderr *os.File

	files filesCache
}

// parentEvery is how often the plugin looks whether its host still lives.
const parentEvery = time.Second

// orphanGrace is how long calls may take to stop once the host has died.
const orphanGrace = 5 * time.Minute

func newServer(driver provisioner.Driver, stderr *os.File) *server {
	orphan, end := context.WithCancel(context.Background())
	s := &server{driver: driver, orphan: orphan, stderr: stderr}
	parent := os.Getppid()
	host, told := proc.ID{}, runtime.GOOS == "linux" || runtime.GOOS == "darwin" // where the system tells who lives
	told = told && json.Unmarshal([]byte(os.Getenv(hostVariable)), &host) == nil
	go func() {
		for os.Getppid() == parent && (!told || host.Alive()) {
			time.Sleep(parentEvery)
		}
		end()
		done := make(chan struct{})
		go func() {
			s.calls.Wait()
			close(done)
		}()
		wait(done, orphanGrace)
		_ = proc.KillGroup(os.Getpid()) // with what it has started; there is nobody to serve
		os.Exit(1)
	}()
	return s
}

// Describe says what the driver can do.
func (s *server) Describe(context.Context, *protocol.DescribeRequest) (*protocol.DescribeResponse, error) {
	// go-plugin sends standard error through the connection, where the last words of a
	// program that ends are lost. No code of the driver has run yet.
	os.Stderr = s.stderr
	answer := &protocol.DescribeResponse{ContractVersion: provisioner.ContractVersion, Processes: 1}
	for _, c := range provisioner.Capabilities(s.driver) {
		answer.Capabilities = append(answer.Capabilities, string(c))
	}
	if pooled, ok := s.driver.(Pooled); ok {
		answer.Processes = int32(min(max(pooled.Processes(), 1), 1024))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		answer.Name, answer.Version = info.Path, info.Main.Version
	}
	return answer, nil
}

// Call is one call of the driver.
func (s *server) Call(stream protocol.DriverService_CallServer) error {
	s.calls.Add(1)
	defer s.calls.Done()
	return newServed(s, stream).run()
}
