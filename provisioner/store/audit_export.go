package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io"
	"strconv"
)

// auditType begins the type of every exported event; what was done follows.
const auditType = "io.github.tenon-sdk.audit."

// exportBatch is how many events are read at a time: a reader of the export that is slow
// must not keep a transaction open.
const exportBatch = 500

// cloudEvent is an event of the audit as a CloudEvent in JSON. Everything in it but the
// source follows from Data, Hash and PreviousHash.
// Source: https://github.com/cloudevents/spec, v1.0.2: spec.md and formats/json-format.md.
type cloudEvent struct {
	SpecVersion     string          `json:"specversion"`
	ID              string          `json:"id"`     // the number of the event
	Source          string          `json:"source"` // with the id, unique
	Type            string          `json:"type"`
	Time            string          `json:"time"`
	Subject         string          `json:"subject,omitempty"` // the address
	DataContentType string          `json:"datacontenttype"`
	PreviousHash    string          `json:"previoushash,omitempty"` // extension; the first event has none
	Hash            string          `json:"hash"`                   // extension
	Data            json.RawMessage `json:"data"`                   // the event as it lies in the store
}

func cloudEventOf(source string, record auditRecord, text []byte, previous, hash string) cloudEvent {
	return cloudEvent{
		SpecVersion: "1.0", ID: strconv.FormatInt(record.Seq, 10), Source: source, Type: auditType + record.What, Time: record.Time,
		Subject: record.Address, DataContentType: "application/json", PreviousHash: previous, Hash: hash, Data: text,
	}
}

// AuditExport are the options of ExportAudit; nil is the zero value.
type AuditExport struct {
	// From is the number of the first event to write; default 1. It is one more than what
	// was shipped last.
	From int64
	// Source is the source attribute of the events, a URI reference. Source and number are
	// unique together, so stores that ship to one place need one each. Default: made from
	// the first event of the chain, which no two stores share.
	Source string
}

// ExportAudit writes the events of the audit as CloudEvents 1.0, a JSON document a line, in
// the order in which they lie in the store, and gives the number of the last one that was
// written in full: the one before From where there is none. It needs no key and checks
// nothing: what was tampered with is written as it is, and VerifyAudit and
// VerifyAuditExport find it.
func (s *Store) ExportAudit(ctx context.Context, w io.Writer, opts *AuditExport) (last int64, err error) {
	var o AuditExport
	if opts != nil {
		o = *opts
	}
	o.From = max(o.From, 1)
	if o.Source == "" {
		if o.Source, err = s.auditSource(ctx); err != nil {
			return o.From - 1, s.failed(ctx, "export of the audit", err)
		}
	}
	last = o.From - 1
	for {
		lines, err := s.exportAfter(ctx, last, o.Source)
		if err != nil {
			return last, s.failed(ctx, "export of the audit", err)
		}
		for _, line := range lines {
			if _, err := w.Write(line.text); err != nil {
				return last, err
			}
			last = line.seq
		}
		if len(lines) < exportBatch {
			return last, nil
		}
	}
}

type exportLine struct {
	seq  int64
	text []byte
}

func (s *Store) exportAfter(ctx context.Context, last int64, source string) (lines []exportLine, err error) {
	rows, err := s.read.QueryContext(ctx, `
		SELECT seq, event, hash, COALESCE((SELECT hash FROM audit AS before WHERE before.seq = audit.seq - 1), '')
		FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`, last, exportBatch)
	err = each(rows, err, func(rows *sql.Rows) error {
		var at int64
		var event, hash, previous string
		if err := rows.Scan(&at, &event, &hash, &previous); err != nil {
			return err
		}
		var record auditRecord
		if decode([]byte(event), &record) != nil {
			return &AuditError{Seq: at, Kind: AuditEdit, Reason: "was changed after it was written"} // it cannot be told
		}
		text, err := encode(cloudEventOf(source, record, []byte(event), previous, hash))
		lines = append(lines, exportLine{at, append(text, '\n')})
		return err
	})
	return lines, err
}

// auditSource names a store by the first event of its chain.
func (s *Store) auditSource(ctx context.Context) (string, error) {
	var hash string
	err := s.read.QueryRowContext(ctx, `SELECT hash FROM audit ORDER BY seq LIMIT 1`).Scan(&hash)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil // there is nothing to write either
	}
	return "tenon/audit/" + hash[:min(16, len(hash))], err
}
