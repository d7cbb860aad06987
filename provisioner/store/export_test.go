package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// LimitPages is a disk with room for so many pages, or for those that there are.
func (s *Store) LimitPages(t testing.TB, pages int) {
	t.Helper()
	_, err := s.write.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, max(pages, 1)))
	require.NoError(t, err)
}
