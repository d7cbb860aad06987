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
		by   []string
		says string
	}{
		"edit":        {[]string{`UPDATE audit SET event = replace(event, 'alice', 'bob') WHERE seq = 3`}, "event 3 was changed after it was written, or stood in another place"},
		"edit a hash": {[]string{`UPDATE audit SET hash = 'x' WHERE seq = 2`}, "event 2 was changed"},
		"gap":         {[]string{`DELETE FROM audit WHERE seq = 2`}, "event 2 is missing"},
		"closed gap":  {[]string{`DELETE FROM audit WHERE seq = 2`, `UPDATE audit SET seq = seq - 1 WHERE seq > 2`}, "event 2 was changed"},
		"reorder": {[]string{`UPDATE audit SET seq = 99 WHERE seq = 2`, `UPDATE audit SET seq = 2 WHERE seq = 3`, `UPDATE audit SET seq = 3 WHERE seq = 99`},
			"event 2 was changed after it was written, or stood in another place"},
		"cut at the end": {[]string{`DELETE FROM audit WHERE seq > 3`}, "event 4 is missing"},
		"cut with its head": {[]string{`DELETE FROM audit WHERE seq > 3`, `UPDATE audit_head SET seq = 3, hash = (SELECT hash FROM audit WHERE seq = 3)`},
			"event 3 is not what the store wrote last"},
		"put on top":    {[]string{`INSERT INTO audit SELECT seq + 1, event, hash FROM audit WHERE seq = 5`}, "event 6 was changed"},
		"head replaced": {[]string{`UPDATE audit_head SET mac = 'x'`}, "event 5 is not what the store wrote last"},
		"all gone":      {[]string{`DELETE FROM audit`, `DELETE FROM audit_head`}, "event 1 and those after it have lost their head"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			st, folder := audited(t)
			for _, statement := range test.by {
				byHand(t, folder, statement)
			}
			err := st.VerifyAudit(t.Context())
			require.ErrorAs(t, err, new(*store.AuditError))
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
