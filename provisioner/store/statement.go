package store

import (
	"context"
	"database/sql"
	"sync"
)

// transaction is one that writes. The statements of this package are few: each is parsed
// once, and not each time.
type transaction struct {
	*sql.Tx
	statements *statements // nil: none is kept
}

func (s *Store) beginWrite(ctx context.Context) (*transaction, error) {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	return &transaction{tx, &s.statements}, nil
}

// ExecContext runs a statement.
func (t *transaction) ExecContext(ctx context.Context, query string, arguments ...any) (sql.Result, error) {
	if prepared := t.statements.get(query); prepared != nil {
		return t.StmtContext(ctx, prepared).ExecContext(ctx, arguments...)
	}
	return t.Tx.ExecContext(ctx, query, arguments...)
}

// QueryContext runs a query.
func (t *transaction) QueryContext(ctx context.Context, query string, arguments ...any) (*sql.Rows, error) {
	if prepared := t.statements.get(query); prepared != nil {
		return t.StmtContext(ctx, prepared).QueryContext(ctx, arguments...)
	}
	return t.Tx.QueryContext(ctx, query, arguments...)
}

// QueryRowContext runs a query of one row.
func (t *transaction) QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row {
	if prepared := t.statements.get(query); prepared != nil {
		return t.StmtContext(ctx, prepared).QueryRowContext(ctx, arguments...)
	}
	return t.Tx.QueryRowContext(ctx, query, arguments...)
}

// statements are those that were run before, by their text. They belong to the one
// connection that writes, so that none can be prepared while a transaction has it.
type statements struct {
	mu       sync.Mutex
	prepared map[string]*sql.Stmt
	wanted   map[string]bool
}

func (s *statements) get(query string) *sql.Stmt {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if prepared, ok := s.prepared[query]; ok {
		return prepared
	}
	if s.wanted == nil {
		s.wanted = map[string]bool{}
	}
	s.wanted[query] = true
	return nil
}

// prepare is called between transactions. What cannot be prepared is run as it is.
func (s *statements) prepare(db *sql.DB) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for query := range s.wanted {
		prepared, err := db.Prepare(query) //nolint:sqlclosecheck // it ends with the store
		if err != nil {
			prepared = nil
		}
		if s.prepared == nil {
			s.prepared = map[string]*sql.Stmt{}
		}
		s.prepared[query] = prepared
		delete(s.wanted, query)
	}
}
