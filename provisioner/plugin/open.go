package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/tenon-sdk/tenon/internal/environ"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Options of Open. The zero value runs nothing: what may run must be named.
type Options struct {
	Name string   // of the plugin in the lock file; default: that of its file
	Args []string // for the program

	// What may run: one of these allows it.
	LockFile string   // plugins.lock, see Lock
	SHA256   []string // digests as Digest gives them
	// TrustFirst writes the digest of a plugin that LockFile does not know into it, and
	// runs it. Other bytes of a plugin that it knows are refused all the same.
	TrustFirst bool
	// AnyBytes runs whatever lies there: for whoever is writing the plugin.
	AnyBytes bool

	// Environ is the caller's environment as of os.Environ. Of it the plugin gets what a
	// program needs to run and what Pass names (a final * stands for any rest): nothing
	// else, so no credentials of clouds. Env are variables as they are.
	Environ []string
	Pass    []string
	Env     map[string]string

	StartTimeout time.Duration // default 30 seconds
	// Grace is how long a call that was asked to stop may take to do so in good order
	// before the plugin is killed. Default 10 minutes.
	Grace time.Duration
	// Processes is how many processes a driver that may be spread (Pooled) is spread over
	// at most. Default: the number of cores.
	Processes int
	// MaxContent is how large an answer, a state or a saved plan may be. Default 256 MiB.
	MaxContent int
	// MaxMemory is what a process and its children may hold, watched where there is a
	// /proc; past it the plugin is killed. Default 4 GiB; negative: not watched.
	MaxMemory int64
	// EventRate is how many events a second a call may send, and LogRate how many bytes a
	// second of standard error are logged; what is past it is left out, and said to be.
	// Defaults 1,000 and 64 KiB.
	EventRate, LogRate int
	TempDir            string       // for the copy and for sockets; default: the system's
	Logger             *slog.Logger // default: none
}

func (o *Options) withDefaults(path string) Options {
	made := Options{}
	if o != nil {
		made = *o
	}
	made.Name = cmp.Or(made.Name, nameOf(path))
	made.StartTimeout = cmp.Or(made.StartTimeout, 30*time.Second)
	made.Grace = cmp.Or(made.Grace, 10*time.Minute)
	made.Processes = cmp.Or(made.Processes, runtime.NumCPU())
	made.MaxContent = cmp.Or(made.MaxContent, 256<<20)
	made.MaxMemory = cmp.Or(made.MaxMemory, 4<<30)
	made.EventRate = cmp.Or(made.EventRate, 1000)
	made.LogRate = cmp.Or(made.LogRate, 64<<10)
	made.Env = maps.Clone(made.Env)
	if made.Logger == nil {
		made.Logger = slog.New(slog.DiscardHandler)
	}
	return made
}

// Driver is a driver in a plugin. Its processes are started when they are needed, kept, and
// started again after they died. It is safe for concurrent use as the driver in it is.
type Driver struct {
	options      Options
	path         string
	copy         *copied
	environment  []string
	capabilities []provisioner.Capability
	pool         pool
}

// Open copies a plugin to a private place, checks that those bytes may run, starts the copy
// and asks what it can do. path is a program, or a folder with a program called plugin. The
// error is a *PinError, a *StartError, or that of reading the files.
//
// Close ends it.
func Open(ctx context.Context, path string, opts *Options) (_ *Driver, err error) {
	if path, err = filepath.Abs(path); err != nil {
		return nil, err
	}
	d := &Driver{options: opts.withDefaults(path), path: path}
	d.pool.open, d.pool.end = context.WithCancel(context.Background())
	removeLeft(d.options.TempDir)
	if d.copy, err = copyOf(path, d.options.TempDir); err != nil {
		return nil, fmt.Errorf("plugin %s: %w", d.options.Name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.Close())
		}
	}()
	if err = d.allowed(ctx); err != nil {
		return nil, err
	}
	d.environment = environ.Of(d.options.Environ, d.options.Pass, nil, d.options.Env)
	p, err := d.launch(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range p.description.GetCapabilities() {
		d.capabilities = append(d.capabilities, provisioner.Capability(c))
	}
	slices.Sort(d.capabilities)
	d.pool.most = min(max(int(p.description.GetProcesses()), 1), d.options.Processes)
	d.pool.shared = d.pool.most == 1
	d.pool.add(p)
	return d, nil
}

// allowed checks the digest of the copy.
func (d *Driver) allowed(ctx context.Context) error {
	o, digest := &d.options, d.copy.digest
	if o.AnyBytes || slices.Contains(o.SHA256, digest) {
		return nil
	}
	refused := &PinError{Name: o.Name, Path: d.path, Digest: digest, Pinned: len(o.SHA256) > 0, LockFile: o.LockFile}
	if o.LockFile == "" {
		return refused
	}
	check := func(lock *Lock) error {
		switch {
		case lock.Allows(o.Name, digest):
			return nil
		case o.TrustFirst && !lock.Knows(o.Name) && !refused.Pinned:
			lock.Pin(o.Name, digest)
			o.Logger.Warn("a plugin is trusted on its first use", "plugin", o.Name, "digest", digest, "lock", o.LockFile)
			return nil
		}
		refused.Pinned = refused.Pinned || lock.Knows(o.Name)
		return refused
	}
	if o.TrustFirst {
		return UpdateLock(ctx, o.LockFile, check)
	}
	lock, err := ReadLock(o.LockFile)
	if err != nil {
		return err
	}
	return check(lock)
}

// Digest is that of the bytes that run.
func (d *Driver) Digest() string { return d.copy.digest }

// Close asks calls that are under way to stop, waits for them as long as Grace, ends the
// processes with all that they started, and removes the copy. Calls after it are ErrClosed.
func (d *Driver) Close() error {
	d.pool.close(d.options.Grace)
	return d.copy.remove()
}

// pool of processes: one for all calls, or one for each call at a time.
type pool struct {
	mu     sync.Mutex
	most   int
	shared bool
	closed bool
	all    []*process // that live or have lived
	idle   []*process
	turn   chan struct{} // closed and made anew when a process becomes free

	open     context.Context // ends with Close
	end      context.CancelFunc
	starting sync.WaitGroup
}

func (p *pool) add(one *process) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all, p.idle = append(p.all, one), append(p.idle, one)
}

// take gives a process for a call.
func (d *Driver) take(ctx context.Context) (*process, error) {
	p := &d.pool
	for {
		p.mu.Lock()
		p.all = slices.DeleteFunc(p.all, (*process).dead)
		p.idle = slices.DeleteFunc(p.idle, (*process).dead)
		if p.turn == nil {
			p.turn = make(chan struct{})
		}
		turn := p.turn
		switch {
		case p.closed:
			p.mu.Unlock()
			return nil, ErrClosed
		case len(p.idle) > 0:
			one := p.idle[0]
			if !p.shared {
				p.idle = p.idle[1:]
			}
			one.calls.Add(1)
			p.mu.Unlock()
			return one, nil
		case len(p.all) < p.most:
			starting := &process{ended: make(chan struct{})}
			p.all = append(p.all, starting) // its place
			p.starting.Add(1)
			p.mu.Unlock()
			one, err := d.relaunch(ctx)
			p.mu.Lock()
			p.all = slices.DeleteFunc(p.all, func(q *process) bool { return q == starting })
			if p.closed {
				if err == nil {
					go one.end(closed)
				}
				err = ErrClosed
			}
			if err == nil {
				p.all = append(p.all, one)
				one.calls.Add(1)
				if p.shared {
					p.idle = append(p.idle, one)
				}
			}
			p.wake()
			p.mu.Unlock()
			p.starting.Done()
			return one, err
		}
		p.mu.Unlock()
		select {
		case <-turn:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// relaunch starts one more process, of the same bytes.
func (d *Driver) relaunch(ctx context.Context) (*process, error) {
	if err := d.copy.check(); err != nil {
		return nil, &StartError{Name: d.options.Name, Path: d.path, Reason: err.Error()}
	}
	launching, cancel := context.WithCancel(ctx)
	defer cancel()
	unhook := context.AfterFunc(d.pool.open, cancel)
	defer unhook()
	return d.launch(launching)
}

func (p *pool) wake() {
	if p.turn != nil {
		close(p.turn)
		p.turn = nil
	}
}

// give a process back after a call.
func (d *Driver) give(one *process) {
	one.calls.Done()
	p := &d.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.shared && !one.dead() {
		p.idle = append(p.idle, one)
	}
	p.wake()
}

func (p *pool) close(grace time.Duration) {
	p.mu.Lock()
	p.closed = true
	all := slices.Clone(p.all)
	p.wake()
	p.mu.Unlock()
	p.end()
	p.starting.Wait()
	var ending sync.WaitGroup
	for _, one := range all {
		ending.Go(func() {
			one.close(grace)
		})
	}
	ending.Wait()
}
