package store

import (
	"context"
	"fmt"
	"sync"
)

// writes are the changes that wait for their turn. A commit costs a write to the disk,
// however much is in it: whatever comes while one goes on is committed together after it.
type writes struct {
	turn sync.Mutex // held while changes are written

	mu      sync.Mutex
	waiting []*write
}

// write is one change.
type write struct {
	ctx    context.Context
	change func(*transaction) error
	done   bool
	err    error
}

// update does one change; its commit is on the disk when it returns nil. Either all of it
// is kept or nothing. doing says what it is for in errors. change may be called more than
// once.
func (s *Store) update(ctx context.Context, doing string, change func(*transaction) error) error {
	if s.vault == nil {
		return fmt.Errorf("%s: %w", doing, withoutKey())
	}
	w := &write{ctx: ctx, change: change}
	s.writes.mu.Lock()
	s.writes.waiting = append(s.writes.waiting, w)
	s.writes.mu.Unlock()

	s.writes.turn.Lock()
	defer s.writes.turn.Unlock()
	if !w.done { // nobody has taken it along
		s.writes.mu.Lock()
		batch := s.writes.waiting
		s.writes.waiting = nil
		s.writes.mu.Unlock()
		s.commit(batch)
		s.statements.prepare(s.write)
	}
	return s.failed(ctx, doing, w.err)
}

// commit writes changes in one transaction. Where one of them fails nothing of it is kept,
// and each is written alone: a mistake of one is nobody else's, and a database that has
// rolled back by itself has forgotten them all.
// Source: https://www.sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction".
func (s *Store) commit(batch []*write) {
	if len(batch) > 1 && s.together(batch) == nil {
		for _, w := range batch {
			w.done = true
		}
		return
	}
	for _, w := range batch {
		w.done, w.err = true, s.alone(w)
	}
}

func (s *Store) together(batch []*write) error {
	tx, err := s.beginWrite(context.Background()) // of several callers none speaks for all
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // no harm after a commit
	for _, w := range batch {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.change(tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *Store) alone(w *write) error {
	tx, err := s.beginWrite(w.ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // no harm after a commit
	if err := w.change(tx); err != nil {
		return err
	}
	return tx.Commit()
}
