package store

import "fmt"

// What AuditError.Kind can be.
const (
	AuditEdit    = "edit"    // the event is there, but it is not what was written
	AuditGap     = "gap"     // the event is missing
	AuditReorder = "reorder" // the event stands in another place, or twice
	AuditForged  = "forged"  // the chain fits together, but the store's key has not signed its head
)

// AuditError is an audit that is not as it was written.
type AuditError struct {
	Seq    int64  // the first event that is not as it was
	Kind   string // AuditEdit, AuditGap, AuditReorder or AuditForged
	Reason string // in words
}

// Error names the event and says what is wrong with it.
func (e *AuditError) Error() string { return fmt.Sprintf("audit: event %d %s", e.Seq, e.Reason) }

// AuditHead is where a chain ends. Who keeps it elsewhere can tell later that nothing
// before it was rewritten.
type AuditHead struct {
	Seq  int64  `json:"seq"`  // of the last event; 0: there is none
	Hash string `json:"hash"` // of the last event; empty: there is none
}

// auditCheck follows a chain event by event, in the order in which they lie. The first
// break decides. The events after it are looked through only to tell an edit from a gap
// and from a reorder: every event says inside which number it has.
type auditCheck struct {
	head   AuditHead // the last event that is as it was
	broken *auditBreak
}

// auditBreak is the first place where something else lies than what was written there.
type auditBreak struct {
	missing int64 // the number of the event that should lie there
	claims  int64 // the number in the event that does; 0: none
	again   bool  // it is the event before once more
	whole   bool  // it is the right one, under another number

	sawMissing, sawClaims bool // an event with that number lies further on
}

// event takes the next one: the number under which it lies, its text and the hash beside it.
func (c *auditCheck) event(at int64, text []byte, claimed string) {
	var record auditRecord
	if decode(text, &record) != nil {
		record.Seq = 0
	}
	if b := c.broken; b != nil {
		b.sawMissing = b.sawMissing || record.Seq == b.missing
		b.sawClaims = b.sawClaims || record.Seq == b.claims
		return
	}
	next := AuditHead{Seq: c.head.Seq + 1, Hash: chain(c.head.Hash, text)}
	fits := record.Seq == next.Seq && next.Hash == claimed
	if fits && at == next.Seq {
		c.head = next
		return
	}
	c.broken = &auditBreak{
		missing: next.Seq, claims: record.Seq, whole: fits,
		again: record.Seq == c.head.Seq && claimed == c.head.Hash,
	}
}

// err says what the first bad event is; nil where there is none.
func (c *auditCheck) err() error {
	b := c.broken
	if b == nil {
		return nil
	}
	e := &AuditError{Seq: b.missing, Kind: AuditEdit, Reason: "was changed after it was written"}
	switch {
	case b.whole:
		e.Kind, e.Reason = AuditReorder, "stands in another place"
	case b.again:
		e.Kind, e.Reason = AuditReorder, fmt.Sprintf("is event %d once more", b.claims)
	case b.claims == b.missing:
	case b.sawMissing:
		e.Kind, e.Reason = AuditReorder, fmt.Sprintf("stands in another place, and event %d in its place", b.claims)
	case b.claims > b.missing && !b.sawClaims:
		e.Kind, e.Reason = AuditGap, "is missing"
	}
	return e
}
