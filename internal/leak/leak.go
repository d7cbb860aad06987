// Package leak finds planted secrets where they must not be: a test writes them wherever
// the library takes a secret, and then scans everything that it has left behind.
//
//	require.Empty(t, leak.InFolder(t, folder, "S3CRET-password"))
package leak

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// InText says which secrets stand in a text and how: plain, as JSON, hex, or base64 from
// any byte on. Secrets of fewer than 8 bytes are found by accident: they are refused.
func InText(t testing.TB, text []byte, secrets ...string) (found []string) {
	t.Helper()
	for _, secret := range secrets {
		if len(secret) < 8 {
			t.Fatalf("%q is too short to be looked for", secret)
		}
		for _, s := range spellings(secret) {
			if bytes.Contains(text, s.text) {
				found = append(found, fmt.Sprintf("%s (%s)", secret, s.how))
				break
			}
		}
	}
	return found
}

// InFolder does the same with the names and contents of all files of a folder.
func InFolder(t testing.TB, folder string, secrets ...string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		text := []byte(name)
		if !entry.IsDir() {
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = append(text, content...)
		}
		for _, one := range InText(t, text, secrets...) {
			found = append(found, name+": "+one)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

type spelling struct {
	how  string
	text []byte
}

func spellings(secret string) []spelling {
	quoted, err := json.Marshal(secret)
	if err != nil {
		panic(err) // a string has no other form
	}
	inHex := hex.EncodeToString([]byte(secret))
	list := []spelling{
		{"plain", []byte(secret)}, {"JSON", quoted[1 : len(quoted)-1]},
		{"hex", []byte(inHex)}, {"hex", []byte(strings.ToUpper(inHex))},
	}
	// In base64 a text looks different at each of the three places in a group of bytes
	// where it may begin; the letters that its neighbours have a part in are left out.
	for before := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			letters := encoding.EncodeToString(append(make([]byte, before), secret...))
			list = append(list, spelling{"base64", []byte(letters[(before*8+5)/6 : len(letters)-2])})
		}
	}
	return list
}
