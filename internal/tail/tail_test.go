package tail_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/internal/tail"
)

// However a file grows, its lines are the same.
func TestTail(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "said")
	require.NoError(t, tail.Of(path).Read(func([]byte) { t.Error("there is no line in no file") }))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ab\n]{0,30}`).Draw(t, "text")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		require.NoError(t, err)
		defer file.Close()
		var got, want []string
		take := func(line []byte) { got = append(got, string(line)) }
		follow := tail.Of(path)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "n")
			_, err := file.WriteString(rest[:n])
			require.NoError(t, err)
			rest = rest[n:]
			require.NoError(t, follow.Read(take))
		}
		follow.Last(take)
		for line := range strings.Lines(text) {
			want = append(want, strings.TrimSuffix(line, "\n"))
		}
		require.Equal(t, want, got)
		require.EqualValues(t, len(text), follow.Size())
	})
}
