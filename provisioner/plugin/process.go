package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	gorunner "github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	proc "github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// process is one process of a plugin.
type process struct {
	name        string
	mark        string // in its environment, and in that of all that it starts
	runner      *runner
	client      *goplugin.Client
	remote      protocol.DriverServiceClient
	description *protocol.DescribeResponse
	ears        *ears
	folder      string // it works there
	stopping    context.Context
	stop        context.CancelFunc // asks its calls to stop

	calls  sync.WaitGroup
	once   sync.Once
	reason string        // why the host ended it
	ended  chan struct{} // closed when it was ended, or is found dead
}

// markName is the variable that tells a plugin's descendants.
const markName = "TENON_PLUGIN_RUN"

// launch starts the copy and asks what it is.
func (d *Driver) launch(caller context.Context) (_ *process, err error) {
	if err := caller.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(caller, d.options.StartTimeout, errTooSlow)
	defer cancel()
	p := &process{
		name: d.options.Name, ears: &ears{name: d.options.Name, logger: d.options.Logger, rate: d.options.LogRate},
		ended: make(chan struct{}), runner: newRunner(d.copy.program, nil),
	}
	p.mark = proc.Mark(markName)
	if p.folder, err = tempFolder(d.options.TempDir, runPrefix); err != nil {
		return nil, err
	}
	p.stopping, p.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			p.end("it did not start")
			if _, known := errors.AsType[*StartError](err); !known && caller.Err() == nil {
				err = &StartError{Name: p.name, Path: d.path, Reason: startReason(err, d.options.StartTimeout), Said: p.ears.words()}
			}
		}
	}()
	if err = d.start(ctx, p); err != nil {
		return nil, err
	}
	if p.description, err = p.remote.Describe(ctx, &protocol.DescribeRequest{}); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	if v := p.description.GetContractVersion(); v != provisioner.ContractVersion {
		return nil, &StartError{Name: p.name, Path: d.path, Reason: fmt.Sprintf("it speaks version %d of the contract, and this program version %d (build both with the same version of Tenon, or take another release of the plugin)", v, provisioner.ContractVersion)}
	}
	go p.watch(d.options.MaxMemory)
	return p, nil
}

func (d *Driver) start(ctx context.Context, p *process) error {
	environment := append(slices.Clone(d.environment), p.mark)
	if self, err := proc.Of(os.Getpid()); err == nil {
		environment = append(environment, hostVariable+"="+self.String())
	}
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: handshake, VersionedPlugins: plugins(nil, nil), AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		RunnerFunc: func(_ hclog.Logger, handed *exec.Cmd, _ string) (gorunner.Runner, error) {
			p.runner.make = func() *exec.Cmd {
				command := exec.Command(d.copy.program, d.options.Args...)
				command.Dir = p.folder
				command.Env = slices.Concat(environment, handed.Env)
				proc.Apart(command)
				return command
			}
			p.runner.folder = p.folder
			return p.runner, nil
		},
		SkipHostEnv: true, AutoMTLS: true, StartTimeout: d.options.StartTimeout, Stderr: p.ears, SyncStdout: p.ears,
		Logger: hclog.NewNullLogger(), UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: p.folder},
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)), grpc.WithStreamInterceptor(withoutBroker)},
	})
	type outcome struct {
		dispensed any
		err       error
	}
	done := make(chan outcome, 1)
	go func() {
		protocol, err := p.client.Client()
		if err != nil {
			done <- outcome{err: err}
			return
		}
		dispensed, err := protocol.Dispense(service)
		done <- outcome{dispensed, err}
	}()
	select {
	case o := <-done:
		if o.err != nil {
			return o.err
		}
		p.remote = o.dispensed.(protocol.DriverServiceClient)
		return nil
	case <-ctx.Done():
		p.kill()
		select { // it notices, and where it does not, it is left behind
		case <-done:
		case <-time.After(notice):
		}
		return context.Cause(ctx)
	}
}

// withoutBroker keeps go-plugin from opening the stream by which a plugin asks for more
// connections: nobody here makes any, and each request would cost the host something.
func withoutBroker(ctx context.Context, description *grpc.StreamDesc, connection *grpc.ClientConn, method string, streamer grpc.Streamer, options ...grpc.CallOption) (grpc.ClientStream, error) {
	if strings.HasPrefix(method, "/plugin.GRPCBroker/") {
		return nil, status.Error(codes.Unimplemented, "no broker")
	}
	return streamer(ctx, description, connection, method, options...)
}

var errTooSlow = errors.New("it took too long")

// startReason says in words what went wrong while a program was started.
func startReason(err error, timeout time.Duration) string {
	text := err.Error()
	switch {
	case errors.Is(err, errTooSlow), strings.Contains(text, "timeout while waiting for plugin to start"):
		return fmt.Sprintf("it did not say that it is ready within %s", timeout)
	case errors.Is(err, syscall.ETXTBSY):
		return "its file is being written"
	case strings.Contains(text, "plugin exited before we could connect"), strings.Contains(text, "Failed to read any lines"):
		return "it ended before it said that it is ready"
	case strings.Contains(text, "incompatible API version"), strings.Contains(text, "Incompatible API version"):
		return fmt.Sprintf("it does not speak version %d of the protocol (build both with the same version of Tenon, or take another release of the plugin)", protocolVersion)
	case strings.Contains(text, "incompatible core API version"), strings.Contains(text, "Incompatible core API version"):
		return "it speaks another version of go-plugin's handshake"
	case strings.Contains(text, "nrecognized remote plugin message"):
		return "it is no plugin: what it wrote first is not the line of a handshake"
	case errors.Is(err, syscall.ENOEXEC):
		return "it is not a program for this machine (wrong architecture, or a script without #! at its beginning)"
	case errors.Is(err, syscall.EACCES):
		return "the system does not let it be run (is the folder for temporary files mounted noexec?)"
	}
	return strings.Join(strings.Fields(text), " ")
}

// watch looks after the process until it has ended.
func (p *process) watch(maxMemory int64) {
	every := time.NewTicker(250 * time.Millisecond)
	defer every.Stop()
	for {
		select {
		case <-p.ended:
			return
		case <-p.runner.ended:
			p.end("")
			return
		case <-every.C:
		}
		if held := memory(int(p.runner.pid.Load())); maxMemory > 0 && held > maxMemory {
			p.end(fmt.Sprintf("it was killed: it held %d MiB of memory, and may hold %d", held>>20, maxMemory>>20))
			return
		}
	}
}

func (p *process) dead() bool {
	if p.runner == nil {
		return false // it is being started
	}
	select {
	case <-p.ended:
		return true
	case <-p.runner.ended:
		return true
	default:
		return false
	}
}

// close ends the process once its calls have ended, or the grace time has.
func (p *process) close(grace time.Duration) {
	if p.runner == nil {
		return
	}
	p.stop()
	quiet := make(chan struct{})
	go func() {
		p.calls.Wait()
		close(quiet)
	}()
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-quiet:
		p.end(closed)
	case <-patience.C:
		p.end(fmt.Sprintf("it was killed: it did not stop within %s", grace))
		<-quiet
	}
}

const (
	closed = "it was closed"
	// A plugin that is asked to end has this long, and go-plugin this long to notice.
	farewell = 3 * time.Second
	notice   = 5 * time.Second
)

// end ends the process and all that it started, and removes its folder. Nothing that the
// plugin does, or does not do, keeps it from returning.
func (p *process) end(reason string) {
	p.once.Do(func() {
		p.reason = reason
		close(p.ended)
		if p.stop != nil {
			p.stop()
		}
		if reason != closed {
			p.kill()
		}
		if p.client != nil {
			asked := make(chan struct{})
			go func() {
				p.client.Kill() // asks first
				close(asked)
			}()
			wait(asked, farewell)
			p.kill()
			wait(asked, notice)
		}
		p.ears.close()
		_ = os.RemoveAll(filepath.Clean(p.folder)) // a file that cannot be removed keeps nobody from going on
	})
}

// kill ends the process group, and on Linux what has left it.
func (p *process) kill() {
	_ = proc.KillGroup(int(p.runner.pid.Load())) // gone already
	proc.KillMarked(p.mark)
}

func wait(done <-chan struct{}, most time.Duration) {
	patience := time.NewTimer(most)
	defer patience.Stop()
	select {
	case <-done:
	case <-patience.C:
	}
}

// died says how the process ended, for a call that was cut off.
func (p *process) died() *DiedError {
	wait(p.runner.ended, 2*time.Second) // its end may not have been noticed yet
	p.end("")                           // or wait until it is
	wait(p.runner.ended, notice)
	reason := p.reason
	if reason == "" || reason == closed {
		reason = "its process ended"
		select {
		case <-p.runner.ended:
			if p.runner.state != nil {
				reason = p.runner.state.String()
			}
		default:
		}
	}
	return &DiedError{Name: p.name, Reason: reason, Said: p.ears.words()}
}
