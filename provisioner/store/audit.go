package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
)

// AuditEvent is something that was done, or a value that was shown to a person.
type AuditEvent struct {
	Who, What, Address, Reason string
	Details                    map[string]string // digests and names, never values
}

// auditRecord is an event as it lies in the store.
type auditRecord struct {
	Seq  int64  // from 1, without gaps
	Time string // RFC 3339, UTC
	AuditEvent
}

// Audit appends an event to the hash chain: the hash of each covers the one before, and
// the head of the chain is signed with a key of the store. Where it is an error, what the
// event is about must not happen.
func (s *Store) Audit(ctx context.Context, e AuditEvent) error {
	return s.update(ctx, "audit "+e.What, func(tx *transaction) error {
		seq, hash, err := s.auditHead(ctx, tx)
		if err != nil {
			return err
		}
		event, err := encode(auditRecord{Seq: seq + 1, Time: timeText(s.now()), AuditEvent: e})
		if err != nil {
			return err
		}
		next := chain(hash, event)
		if _, err := tx.ExecContext(ctx, `INSERT INTO audit (seq, event, hash) VALUES ($1, $2, $3)`, seq+1, string(event), next); err != nil {
			return err
		}
		return writeAuditHead(ctx, tx, s.vault, seq+1, next)
	})
}

// VerifyAudit reads the whole chain: *AuditError where an event was changed, is missing or
// stands in another place, at the end, too, or where the chain was written anew without
// the store's key.
func (s *Store) VerifyAudit(ctx context.Context) error {
	_, err := s.CheckAudit(ctx)
	return err
}

// CheckAudit is VerifyAudit, and gives the last event up to which the chain is as it was
// written.
func (s *Store) CheckAudit(ctx context.Context) (AuditHead, error) {
	if s.vault == nil {
		return AuditHead{}, fmt.Errorf("audit: %w", withoutKey())
	}
	tx, err := s.read.BeginTx(ctx, nil) // one moment for chain and head
	if err != nil {
		return AuditHead{}, s.failed(ctx, "audit", err)
	}
	defer tx.Rollback() //nolint:errcheck // it only reads
	var check auditCheck
	rows, err := tx.QueryContext(ctx, `SELECT seq, event, hash FROM audit ORDER BY seq`)
	err = each(rows, err, func(rows *sql.Rows) error {
		var at int64
		var event, claimed string
		if err := rows.Scan(&at, &event, &claimed); err != nil {
			return err
		}
		check.event(at, []byte(event), claimed)
		return nil
	})
	if err != nil {
		return check.head, s.failed(ctx, "verify", err)
	}
	if err := check.err(); err != nil {
		return check.head, s.failed(ctx, "verify", err)
	}
	last, expected, err := s.auditHead(ctx, tx)
	switch {
	case err != nil:
		return check.head, s.failed(ctx, "verify", err)
	case check.head.Seq < last:
		return check.head, s.failed(ctx, "verify", &AuditError{Seq: check.head.Seq + 1, Kind: AuditGap, Reason: "is missing"})
	case check.head.Seq > last || check.head.Hash != expected:
		return check.head, s.failed(ctx, "verify", &AuditError{Seq: min(check.head.Seq, last+1), Kind: AuditForged, Reason: "was not written by this store"})
	}
	return check.head, nil
}

func chain(before string, event []byte) string {
	sum := sha256.Sum256(append([]byte(before+"\n"), event...))
	return hex.EncodeToString(sum[:])
}

func headMAC(v *vault, seq int64, hash string) string {
	return v.mac("audit head", fmt.Appendf(nil, "%d %s", seq, hash))
}

// rowQuerier is a transaction, of the one that writes or of one that reads.
type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, arguments ...any) *sql.Row
}

func writeAuditHead(ctx context.Context, tx *transaction, v *vault, seq int64, hash string) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO audit_head (one, seq, hash, mac) VALUES (1, $1, $2, $3)
		ON CONFLICT (one) DO UPDATE SET seq = excluded.seq, hash = excluded.hash, mac = excluded.mac`, seq, hash, headMAC(v, seq, hash))
	return err
}

func (s *Store) auditHead(ctx context.Context, tx rowQuerier) (seq int64, hash string, err error) {
	var mac string
	err = tx.QueryRowContext(ctx, `SELECT seq, hash, mac FROM audit_head WHERE one = 1`).Scan(&seq, &hash, &mac)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, "", &AuditError{Seq: 1, Kind: AuditGap, Reason: "and those after it have lost their head"}
	case err == nil && !hmac.Equal([]byte(mac), []byte(headMAC(s.vault, seq, hash))):
		return 0, "", &AuditError{Seq: max(seq, 1), Kind: AuditForged, Reason: "is not what the store wrote last"}
	}
	return seq, hash, err
}
