package deploy

import (
	"context"
	"errors"
	"strings"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// Orphan forgets instances without destroying what they made: what there is stays, and
// nobody knows of it here any more; a deploy makes those that are still in the files anew. It
// is for what was deleted by hand, or is looked after elsewhere from now on. Only says which;
// without targets it is all of the environment, protected or not. Those who use them must be
// forgotten with them (tenon.Problems; *InUseError for other environments). It gives the
// addresses that were forgotten, also with an error. Each is in the audit with the reason
// before it is forgotten, and driver states are gone with the records: keep a copy.
func (e *Engine) Orphan(ctx context.Context, environment, reason string) ([]string, error) {
	if strings.TrimSpace(reason) == "" {
		return nil, errors.New("instances are forgotten only for a reason")
	}
	s, err := e.open(ctx, environment, "orphan")
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.choose(e.only); err != nil {
		return nil, err
	}
	if err := s.unusedOutside(ctx); err != nil {
		return nil, err
	}
	records := s.remains()
	if err := s.closed(records); err != nil {
		return nil, err
	}
	if err := s.abandonSteps(ctx); err != nil {
		return nil, err
	}
	var forgotten []string
	for _, record := range records {
		event := store.AuditEvent{
			Who: e.options.RequestedBy, What: "orphan", Address: record.Address, Reason: reason,
			Details: map[string]string{"bundle": record.Bundle + "@" + record.Version, "status": record.Status},
		}
		if err := s.store.Audit(ctx, event); err != nil {
			return forgotten, err
		}
		if err := s.lease.Forget(ctx, record.Address); err != nil {
			return forgotten, err
		}
		forgotten = append(forgotten, record.Address)
	}
	return forgotten, nil
}

// abandonSteps closes what is open in the journal of what is to be forgotten. A tool that
// is still at work is waited for, where its driver can.
func (s *session) abandonSteps(ctx context.Context) error {
	open, err := s.store.Unfinished(ctx, s.address)
	if err != nil {
		return err
	}
	for _, entry := range open {
		if !s.chosen.has(entry.Address) {
			continue
		}
		outcome, message, err := s.recover(ctx, entry)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || outcome == string(provisioner.Unknown) {
			outcome, message = failed, "nobody knows how it ended, and it was forgotten with its instance"
		}
		if err := s.lease.Outcome(ctx, entry.ID, outcome, message); err != nil {
			return err
		}
	}
	return nil
}
