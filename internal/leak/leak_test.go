package leak_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/internal/leak"
)

const secret = `S3CRET<"pass&word">\`

func TestFound(t *testing.T) {
	t.Parallel()
	quoted, err := json.Marshal(map[string]string{"key": secret})
	require.NoError(t, err)
	texts := map[string]string{
		"plain": "a " + secret + " b", "JSON": string(quoted), "hex": hex.EncodeToString([]byte(". " + secret)),
		"capitals": strings.ToUpper(hex.EncodeToString([]byte(secret))),
	}
	for before := range 4 {
		for after := range 4 {
			text := []byte(strings.Repeat("x", before) + secret + strings.Repeat("x", after))
			texts["base64 "+string(text)] = base64.StdEncoding.EncodeToString(text)
			texts["base64 for addresses "+string(text)] = base64.URLEncoding.EncodeToString(text)
		}
	}
	for name, text := range texts {
		require.NotEmpty(t, leak.InText(t, []byte(text), secret), name)
		require.Empty(t, leak.InText(t, []byte(text), "another secret"), name)
	}
	require.Equal(t, []string{secret + " (plain)"}, leak.InText(t, []byte(secret), "not there", secret))
}

func TestFoundInFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "a"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a", "file"), []byte("S3CRET-1"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a", "S3CRET-2"), nil, 0o600))
	require.Equal(t, []string{"a/S3CRET-2: S3CRET-2 (plain)", "a/file: S3CRET-1 (plain)"}, leak.InFolder(t, folder, "S3CRET-1", "S3CRET-2", "S3CRET-3"))
}
