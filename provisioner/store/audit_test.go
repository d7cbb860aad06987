package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// audited is a store with five events.
func audited(t *testing.T) (st *store.Store, folder string) {
	t.Helper()
	folder = t.TempDir()
	st = open(t, folder, nil)
	require.NoError(t, st.VerifyAudit(t.Context()), "an empty chain is whole")
	for i := range 5 {
		require.NoError(t, st.Audit(t.Context(), store.AuditEvent{
			Who: "alice", What: "deploy", Address: fmt.Sprintf("shop/dev.i%d", i), Details: map[string]string{"digest": "sha256:x", "bundle": "db"}}))
	}
	require.NoError(t, st.VerifyAudit(t.Context()))
	return st, folder
}

func TestAuditFindsWhatWasDone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		by         []string
		kind, says string
	}{
		"edit":        {[]string{`UPDATE audit SET event = replace(event, 'alice', 'bob') WHERE seq = 3`}, store.AuditEdit, "event 3 was changed after it was written"},
		"edit a hash": {[]string{`UPDATE audit SET hash = 'x' WHERE seq = 2`}, store.AuditEdit, "event 2 was changed"},
		"edit a number": {[]string{`UPDATE audit SET event = replace(event, '"Seq":3', '"Seq":4') WHERE seq = 3`},
			store.AuditEdit, "event 3 was changed"},
		"no JSON":    {[]string{`UPDATE audit SET event = 'x' WHERE seq = 3`}, store.AuditEdit, "event 3 was changed"},
		"gap":        {[]string{`DELETE FROM audit WHERE seq = 2`}, store.AuditGap, "event 2 is missing"},
		"closed gap": {[]string{`DELETE FROM audit WHERE seq = 2`, `UPDATE audit SET seq = seq - 1 WHERE seq > 2`}, store.AuditGap, "event 2 is missing"},
		"reorder": {[]string{`UPDATE audit SET seq = 99 WHERE seq = 2`, `UPDATE audit SET seq = 2 WHERE seq = 3`, `UPDATE audit SET seq = 3 WHERE seq = 99`},
			store.AuditReorder, "event 2 stands in another place, and event 3 in its place"},
		"moved to the end": {[]string{`UPDATE audit SET seq = 99 WHERE seq = 2`}, store.AuditReorder, "event 2 stands in another place"},
		"last moved on":    {[]string{`UPDATE audit SET seq = 99 WHERE seq = 5`}, store.AuditReorder, "event 5 stands in another place"},
		"copied over":      {[]string{`UPDATE audit SET event = (SELECT event FROM audit WHERE seq = 4) WHERE seq = 2`}, store.AuditEdit, "event 2 was changed"},
		"cut at the end":   {[]string{`DELETE FROM audit WHERE seq > 3`}, store.AuditGap, "event 4 is missing"},
		"cut with its head": {[]string{`DELETE FROM audit WHERE seq > 3`, `UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)`},
			store.AuditForged, "event 3 is not what the store wrote last"},
		"put on top":    {[]string{`INSERT INTO audit SELECT seq + 1, event, hash FROM audit WHERE seq = 5`}, store.AuditReorder, "event 6 is event 5 once more"},
		"head replaced": {[]string{`UPDATE audit_head SET mac = 'x'`}, store.AuditForged, "event 5 is not what the store wrote last"},
		"all gone":      {[]string{`DELETE FROM audit`, `DELETE FROM audit_head`}, store.AuditGap, "event 1 and those after it have lost their head"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, folder := audited(t)
			for _, statement := range test.by {
				byHand(t, folder, statement)
			}
			err := st.VerifyAudit(t.Context())
			var broken *store.AuditError
			require.ErrorAs(t, err, &broken)
			require.Equal(t, test.kind, broken.Kind)
			require.ErrorContains(t, err, "verify: audit: "+test.says)
		})
	}
}

// A chain without its head takes no more events: what they are about must not happen.
func TestAuditFailsClosed(t *testing.T) {
	t.Parallel()
	st, folder := audited(t)
	byHand(t, folder, `UPDATE audit_head SET seq = 1`)
	require.ErrorAs(t, st.Audit(t.Context(), store.AuditEvent{What: "reveal"}), new(*store.AuditError))
	require.Equal(t, 5, st.Count(t, `SELECT COUNT(*) FROM audit`))
}
