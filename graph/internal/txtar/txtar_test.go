package txtar_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

func TestArchive(t *testing.T) {
	t.Parallel()
	text := "What it is about.\n-- a/b.yaml --\none\n\ntwo\n-- empty --\n-- c --\nthree\n"
	a := txtar.Parse([]byte(text))
	require.Equal(t, "What it is about.\n", a.Comment)
	require.Equal(t, []txtar.File{{Name: "a/b.yaml", Text: "one\n\ntwo\n"}, {Name: "empty"}, {Name: "c", Text: "three\n"}}, a.Files)
	require.Equal(t, text, string(a.Bytes()))

	a.Set("c", "four\n")
	a.Set("d", "five\n")
	require.Equal(t, "four\n", a.Get("c"))
	data, err := a.FS().ReadFile("d")
	require.NoError(t, err)
	require.Equal(t, "five\n", string(data))
}
