package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	proc "github.com/tenon-sdk/tenon/internal/process"
)

// runner starts a plugin for go-plugin, which would hand it the host's standard input and
// wait for ever for a pipe that some descendant holds.
type runner struct {
	make           func() *exec.Cmd
	path           string
	folder         string // where it listens
	pid            atomic.Int64
	stdout, stderr *pipe
	ended          chan struct{}
	state          *os.ProcessState // once ended is closed; nil where nobody knows
}

func newRunner(path string, make func() *exec.Cmd) *runner {
	return &runner{path: path, make: make, ended: closedNever()}
}

func closedNever() chan struct{} { return make(chan struct{}) }

// pipe is the end of a pipe that the host reads.
type pipe struct {
	*os.File
	once sync.Once
	eof  chan struct{}
}

func (p *pipe) Read(into []byte) (int, error) {
	n, err := p.File.Read(into)
	if err != nil {
		p.once.Do(func() { close(p.eof) })
	}
	return n, err
}

// Start starts the program.
func (r *runner) Start(ctx context.Context) error {
	for attempt := 0; ; attempt++ {
		err := r.start()
		// Another goroutine that starts a program at this moment may still hold the copy open
		// for writing, until it runs that program. Source: golang.org/issue/22315.
		if !errors.Is(err, syscall.ETXTBSY) || attempt >= 20 || ctx.Err() != nil {
			return err
		}
		time.Sleep(time.Millisecond << min(attempt, 6))
	}
}

func (r *runner) start() (err error) {
	command := r.make()
	ends := make([]*os.File, 0, 4)
	defer func() {
		for i, end := range ends {
			if i%2 == 1 || err != nil { // the ends that the plugin writes to
				_ = end.Close()
			}
		}
	}()
	for range 2 {
		read, write, err := os.Pipe()
		if err != nil {
			return err
		}
		ends = append(ends, read, write)
	}
	command.Stdin, command.Stdout, command.Stderr = nil, ends[1], ends[3]
	if err := command.Start(); err != nil {
		return err
	}
	r.stdout, r.stderr = &pipe{File: ends[0], eof: closedNever()}, &pipe{File: ends[2], eof: closedNever()}
	r.pid.Store(int64(command.Process.Pid))
	go r.reap(command)
	return nil
}

// reap waits for the process, and for what it has written: not for those to whom it has
// left its pipes.
func (r *runner) reap(command *exec.Cmd) {
	state, _ := command.Process.Wait() // without a state nobody knows how it ended
	last := time.NewTimer(300 * time.Millisecond)
	defer last.Stop()
	for _, p := range []*pipe{r.stdout, r.stderr} {
		select {
		case <-p.eof:
		case <-last.C:
		}
	}
	_, _ = r.stdout.Close(), r.stderr.Close()
	r.state = state
	close(r.ended)
}

// Wait waits until the process has ended.
func (r *runner) Wait(context.Context) error {
	<-r.ended
	if r.state != nil && !r.state.Success() {
		return &exec.ExitError{ProcessState: r.state}
	}
	return nil
}

// Kill ends the process group.
func (r *runner) Kill(context.Context) error {
	_ = proc.KillGroup(int(r.pid.Load())) // gone already
	return nil
}

// Stdout is where the handshake is read.
func (r *runner) Stdout() io.ReadCloser { return r.stdout }

// Stderr is what the plugin says.
func (r *runner) Stderr() io.ReadCloser { return r.stderr }

// Name is the program.
func (r *runner) Name() string { return r.path }

// ID is the number of the process.
func (r *runner) ID() string { return strconv.FormatInt(r.pid.Load(), 10) }

// Diagnose has nothing to add.
func (r *runner) Diagnose(context.Context) string { return "" }

// PluginToHost lets a plugin listen where it was told to, and nowhere else: the host would
// connect to whatever it names.
func (r *runner) PluginToHost(network, address string) (string, string, error) {
	if inside, err := filepath.Rel(r.folder, address); network != "unix" || err != nil || !filepath.IsLocal(inside) {
		return "", "", fmt.Errorf("it listens at %.80q, and not on a socket in its folder", network+" "+address)
	}
	return network, address, nil
}

// HostToPlugin changes nothing.
func (r *runner) HostToPlugin(network, address string) (string, string, error) {
	return network, address, nil
}
