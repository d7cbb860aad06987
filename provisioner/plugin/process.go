package plugin

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/plugin/protocol"
)

// process is one process of a plugin.
type process struct {
	name        string
	pid         int
	mark        string // in its environment, and in that of all that it starts
	command     *exec.Cmd
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
func (d *Driver) launch(ctx context.Context) (_ *process, err error) {
	p := &process{
		name: d.options.Name, ears: &ears{name: d.options.Name, logger: d.options.Logger, rate: d.options.LogRate},
		ended: make(chan struct{}),
	}
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails
	p.mark = markName + "=" + hex.EncodeToString(random)
	if p.folder, err = os.MkdirTemp(d.options.TempDir, "tenon-run-"); err != nil {
		return nil, err
	}
	p.stopping, p.stop = context.WithCancel(context.Background())
	defer func() {
		if err != nil {
			p.end("it did not start")
			if _, known := errors.AsType[*StartError](err); !known && ctx.Err() == nil {
				err = &StartError{Name: p.name, Path: d.path, Reason: startReason(err, d.options.StartTimeout), Said: p.ears.words()}
			}
		}
	}()
	for attempt := 0; ; attempt++ {
		err = d.start(ctx, p)
		// Another goroutine that starts a program at this moment may still hold the copy open
		// for writing, until it runs that program. Source: golang.org/issue/22315.
		if err == nil || attempt >= 20 || !errors.Is(err, syscall.ETXTBSY) && !strings.Contains(err.Error(), "text file busy") {
			break
		}
		time.Sleep(time.Millisecond << min(attempt, 6))
	}
	if err != nil {
		return nil, err
	}
	asking, cancel := context.WithTimeout(ctx, d.options.StartTimeout)
	defer cancel()
	if p.description, err = p.remote.Describe(asking, &protocol.DescribeRequest{}); err != nil {
		return nil, err
	}
	if v := p.description.GetContractVersion(); v != provisioner.ContractVersion {
		return nil, &StartError{Name: p.name, Path: d.path, Reason: fmt.Sprintf("it speaks version %d of the contract, and this program version %d (build both with the same version of Tenon, or take another release of the plugin)", v, provisioner.ContractVersion)}
	}
	go p.watch(d.options.MaxMemory)
	return p, nil
}

func (d *Driver) start(ctx context.Context, p *process) error {
	command := exec.Command(d.copy.program, d.options.Args...)
	command.Dir = p.folder
	command.Env = append(append([]string(nil), d.environment...), p.mark)
	apart(command)
	p.command = command
	p.client = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: handshake, VersionedPlugins: plugins(nil, nil), AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Cmd: command, SkipHostEnv: true, AutoMTLS: true, StartTimeout: d.options.StartTimeout, Stderr: p.ears, SyncStdout: p.ears,
		Logger: hclog.NewNullLogger(), UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: p.folder},
		GRPCDialOptions: []grpc.DialOption{grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage))},
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
		p.pid, _ = strconv.Atoi(p.client.ID())
		if o.err != nil {
			return o.err
		}
		p.remote = o.dispensed.(protocol.DriverServiceClient)
		return nil
	case <-ctx.Done():
		for _, pid := range strays(p.mark) { // the client says no number while it starts
			kill(pid)
		}
		<-done
		p.pid, _ = strconv.Atoi(p.client.ID())
		return ctx.Err()
	}
}

// startReason says in words what went wrong while a program was started.
func startReason(err error, timeout time.Duration) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "timeout while waiting for plugin to start"):
		return fmt.Sprintf("it did not say that it is ready within %s", timeout)
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
		case <-every.C:
		}
		if p.client.Exited() {
			p.end("")
			return
		}
		if held := memory(p.pid); maxMemory > 0 && held > maxMemory {
			p.end(fmt.Sprintf("it was killed: it held %d MiB of memory, and may hold %d", held>>20, maxMemory>>20))
			return
		}
	}
}

func (p *process) dead() bool {
	if p.client == nil {
		return false // it is being started
	}
	select {
	case <-p.ended:
		return true
	default:
		return p.client.Exited()
	}
}

// close ends the process once its calls have ended, or the grace time has.
func (p *process) close(grace time.Duration) {
	if p.client == nil {
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
		p.end("it was closed")
	case <-patience.C:
		p.end(fmt.Sprintf("it was killed: it did not stop within %s", grace))
		<-quiet
	}
}

// end ends the process and all that it started, and removes its folder.
func (p *process) end(reason string) {
	p.once.Do(func() {
		p.reason = reason
		close(p.ended)
		if p.stop != nil {
			p.stop()
		}
		if reason != "it was closed" {
			killGroup(p.pid)
		}
		if p.client != nil {
			p.client.Kill() // asks first; it has two seconds
		}
		killGroup(p.pid)
		for range 10 { // what is killed may have started another in the meantime
			left := strays(p.mark)
			for _, pid := range left {
				kill(pid)
			}
			if len(left) == 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		_ = os.RemoveAll(filepath.Clean(p.folder)) // a file that cannot be removed keeps nobody from going on
	})
}

// died says how the process ended, for a call that was cut off.
func (p *process) died() *DiedError {
	for range 100 { // its end may not have been noticed yet
		if p.dead() {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.end("") // or wait until it is
	reason := p.reason
	if reason == "" || reason == "it was closed" {
		reason = "its process ended"
		if p.client.Exited() && p.command.ProcessState != nil {
			reason = p.command.ProcessState.String()
		}
	}
	return &DiedError{Name: p.name, Reason: reason, Said: p.ears.words()}
}
