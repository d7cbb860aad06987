package deploy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// What store.Instance.Status and store.Step.Status can be.
const (
	deployed  = "deployed"
	failed    = "failed"
	unknown   = "unknown"
	destroyed = "destroyed"
	done      = "done" // of a step
)

// session is a run or a plan over an environment, under its lock.
type session struct {
	*Engine
	env       *graph.Environment // nil where only the records count
	address   string
	project   string
	lease     *store.Lease
	snapshots snapshots
	chosen    selected // what it is about
	forced    selected // what is done again though it has not changed

	mu      sync.Mutex
	records map[string]*store.Instance // by address
	stored  map[string]fs.FS           // bundle files from the records, by digest
}

// open locks an environment and reads its records.
func (e *Engine) open(ctx context.Context, address, what string) (*session, error) {
	lease, err := e.lock(ctx, address, what)
	if err != nil {
		return nil, err
	}
	s := &session{Engine: e, address: address, project: projectOf(address), lease: lease, forced: selected{}, stored: map[string]fs.FS{}}
	if err := s.load(ctx); err != nil {
		s.close()
		return nil, err
	}
	if dead := lease.TookOver(); dead != nil {
		e.send(Event{Type: Log, Message: fmt.Sprintf("took over the lock of %s (pid %d on host %s), which died", dead.Who, dead.PID, dead.Host)})
	}
	return s, nil
}

func (s *session) load(ctx context.Context) error {
	list, err := s.store.Instances(ctx, s.address)
	if err != nil {
		return err
	}
	s.records = make(map[string]*store.Instance, len(list))
	for n := range list {
		s.records[list[n].Address] = &list[n]
	}
	return nil
}

// close gives the lock back. A lock that somebody took over meanwhile is theirs.
func (s *session) close() { _ = s.lease.Release() }

func (s *session) record(address string) *store.Instance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records[address]
}

func (s *session) remember(record *store.Instance) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records[record.Address] = record
}

func (s *session) forget(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.records, address)
}

// addresses of the records, in order.
func (s *session) addresses() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.records))
}

// filesOf gives the files of a bundle back from the records.
func (s *session) filesOf(ctx context.Context, digest string) (fs.FS, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if known, ok := s.stored[digest]; ok {
		return known, nil
	}
	found, err := s.store.Files(ctx, digest)
	if err == nil {
		s.stored[digest] = found
	}
	return found, err
}

// workDir is the private folder of a step.
func (s *session) workDir(address, step string) string {
	sum := sha256.Sum256([]byte(address + "\x00" + step))
	return filepath.Join(s.store.WorkDir(), hex.EncodeToString(sum[:16]))
}

// state is where the driver of a step keeps what it must remember.
type state struct {
	store         *store.Store
	lease         *store.Lease // nil: it may only be read
	address, step string
}

func (s state) Read(ctx context.Context) ([]byte, error) {
	return s.store.State(ctx, s.address, s.step)
}

// Write keeps the state also after a cancel: what was made must be known.
func (s state) Write(ctx context.Context, data []byte) error {
	if s.lease == nil {
		return fmt.Errorf("%s %s: %w: a plan does not write state", s.address, s.step, provisioner.ErrUnsupported)
	}
	return s.lease.SaveState(context.WithoutCancel(ctx), s.address, s.step, data)
}

// newID is the id of a deployment: it sorts by time, and no two are equal.
func (e *Engine) newID() string {
	return e.options.Now().UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:8])
}
