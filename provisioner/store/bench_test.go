package store_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

// An intent and its outcome: two transactions, each synchronised to the disk.
func BenchmarkJournal(b *testing.B) {
	lease := lock(b, open(b, b.TempDir(), nil), "shop/dev")
	b.ReportAllocs()
	for b.Loop() {
		id, err := lease.Intent(b.Context(), store.Entry{Deployment: "d", Address: "shop/dev.db", Step: "main", Action: "apply"})
		require.NoError(b, err)
		require.NoError(b, lease.Outcome(b.Context(), id, "done", ""))
	}
}

func BenchmarkSaveInstance(b *testing.B) {
	lease := lock(b, open(b, b.TempDir(), nil), "shop/dev")
	b.ReportAllocs()
	for b.Loop() {
		require.NoError(b, lease.SaveInstance(b.Context(), full("shop/dev.db")))
	}
}

// Opening a store and reading all it holds.
func BenchmarkOpen(b *testing.B) {
	for _, size := range []int{0, 100, 1000} {
		b.Run(fmt.Sprintf("instances=%d", size), func(b *testing.B) {
			folder := b.TempDir()
			st, err := store.Open(b.Context(), folder, nil)
			require.NoError(b, err)
			lease := lock(b, st, "shop/dev")
			for i := range size {
				require.NoError(b, lease.SaveInstance(b.Context(), full(fmt.Sprintf("shop/dev.i%d", i))))
			}
			require.NoError(b, st.Close())
			b.ReportAllocs()
			for b.Loop() {
				st, err := store.Open(b.Context(), folder, nil)
				require.NoError(b, err)
				instances, err := st.Instances(b.Context(), "")
				require.NoError(b, err)
				require.Len(b, instances, size)
				require.NoError(b, st.Close())
			}
		})
	}
}

func BenchmarkMAC(b *testing.B) {
	st := open(b, b.TempDir(), nil)
	for _, size := range []int{100, 10_000} {
		document := make([]byte, size)
		b.Run(fmt.Sprintf("bytes=%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				st.MAC("shop", document)
			}
		})
	}
}
