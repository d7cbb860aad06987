package drivertest

import (
	"bytes"
	"context"
	"errors"
	"sync"
)

// memo is a provisioner.State in memory. As a real one it keeps nothing for a context that
// has ended: what was made must be handed over also then.
type memo struct {
	mu            sync.Mutex
	text          []byte
	reads, writes int
	failRead      bool
	failWrites    bool
	goodWrites    int // that succeed before they fail
}

var (
	errRead  = errors.New("drivertest: the state cannot be read now")
	errWrite = errors.New("drivertest: the state cannot be written now")
)

func (m *memo) Read(ctx context.Context) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.reads++
	if m.failRead {
		return nil, errRead
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return bytes.Clone(m.text), nil
}

func (m *memo) Write(ctx context.Context, text []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failWrites {
		if m.goodWrites == 0 {
			return errWrite
		}
		m.goodWrites--
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	m.writes++
	m.text = bytes.Clone(text)
	return nil
}

func (m *memo) bytes() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.text)
}

func (m *memo) put(text []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = text
}

// breakWrites lets writes fail after some good ones.
func (m *memo) breakWrites(good int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failWrites, m.goodWrites = true, good
}

func (m *memo) breakReads() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failRead = true
}

// mend lets everything succeed again.
func (m *memo) mend() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failRead, m.failWrites = false, false
}

func (m *memo) written() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.writes
}
