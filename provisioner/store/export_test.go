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

// Patience is how long a write waits for those of other processes, in milliseconds.
func (s *Store) Patience(t testing.TB, milliseconds int) {
	t.Helper()
	_, err := s.write.Exec(fmt.Sprintf(`PRAGMA busy_timeout = %d`, milliseconds))
	require.NoError(t, err)
}

// ParseKey reads a key file and seals and opens a value with it.
func ParseKey(text []byte) error {
	sealer, err := parseKey(text)
	if err != nil {
		return err
	}
	sealed, err := sealer.Encrypt([]byte("value"), []byte("place"))
	if err != nil {
		return err
	}
	if plain, err := sealer.Decrypt(sealed, []byte("place")); err != nil || string(plain) != "value" {
		panic("what was sealed does not open")
	}
	if _, err := sealer.Decrypt(sealed, []byte("other place")); err == nil {
		panic("opens in another place")
	}
	return nil
}

// Unseal opens bytes that anybody may have written.
func (s *Store) Unseal(envelope []byte) ([]byte, error) {
	return s.unseal("state", "shop/dev.db main", envelope)
}

// Count asks the database for one number.
func (s *Store) Count(t testing.TB, query string) (count int) {
	t.Helper()
	require.NoError(t, s.read.QueryRow(query).Scan(&count))
	return count
}
