package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func TestManyWriteAtATime(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	const writers = 50
	failed := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			address := fmt.Sprintf("shop/dev.i%02d", i)
			id, err := lease.Intent(ctx, store.Entry{Deployment: "d", Address: address, Step: "main"})
			record := full(address)
			failed[i] = errors.Join(err,
				lease.SaveState(ctx, address, "main", []byte(address)),
				lease.SaveInstance(ctx, record),
				lease.Outcome(ctx, id, "done", ""),
				st.Audit(ctx, store.AuditEvent{What: "deploy", Address: address}),
				st.PutFiles(ctx, "sha256:same", fstest.MapFS{"x": {Data: []byte("x")}}),
			)
			read, err := st.Instance(ctx, address)
			if err == nil && (read == nil || read.Steps[0].Inputs["password"] != secret("input")) {
				err = errors.New("a write that returned is not seen")
			}
			if st.MAC(fmt.Sprint(i%3), nil) == "" {
				err = errors.Join(err, errors.New("no digest"))
			}
			failed[i] = errors.Join(failed[i], err)
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(failed...))
	instances, err := st.Instances(ctx, "shop/dev")
	require.NoError(t, err)
	require.Len(t, instances, writers)
	require.NoError(t, st.VerifyAudit(ctx))
	unfinished, err := st.Unfinished(ctx, "shop/dev")
	require.NoError(t, err)
	require.Empty(t, unfinished)
}

// What is written together fails alone.
func TestOneOfManyFails(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	lease := lock(t, st, "shop/dev")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	const writers = 60
	failed := make([]error, writers)
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			ctx, address := t.Context(), fmt.Sprintf("shop/dev.i%02d", i)
			switch i % 6 {
			case 1:
				ctx = canceled
			case 2:
				address = "shop/other.i"
			}
			failed[i] = lease.SaveState(ctx, address, "main", []byte(address))
		})
	}
	group.Wait()
	for i, err := range failed {
		address := fmt.Sprintf("shop/dev.i%02d", i)
		state, readErr := st.State(t.Context(), address, "main")
		require.NoError(t, readErr)
		switch i % 6 {
		case 1:
			require.ErrorIs(t, err, context.Canceled)
			require.Nil(t, state)
		case 2:
			require.ErrorContains(t, err, "is not in environment shop/dev")
		default:
			require.NoError(t, err)
			require.Equal(t, address, string(state))
		}
	}
}

// Two open stores of one folder are two processes to the database.
func TestTwoStoresWriteAtATime(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	failed := make([]error, 2)
	var group sync.WaitGroup
	for i := range failed {
		st := open(t, folder, nil)
		lease := lock(t, st, fmt.Sprintf("shop/e%d", i))
		group.Go(func() {
			for n := range 50 {
				failed[i] = errors.Join(failed[i],
					lease.SaveState(t.Context(), fmt.Sprintf("shop/e%d.i%d", i, n), "main", []byte("x")),
					st.Audit(t.Context(), store.AuditEvent{What: "deploy"}))
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(failed...))
	st := open(t, folder, nil)
	require.NoError(t, st.VerifyAudit(t.Context()))
	require.Equal(t, 100, st.Count(t, `SELECT COUNT(*) FROM states`))
}
