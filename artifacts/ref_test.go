package artifacts_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/artifacts"
)

func TestVersionsSideBySide(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", simple("thing", "1.2.0"), "b.yaml", simple("thing", "1.10.0"), "deep/c.json", `{"artifact":"thing","version":"2.0.0","title":"T","schema":{"type":"object"},"examples":[{}]}`,
		".hidden/d.yaml", "not: read\n", "readme.md", "nor this"))
	for text, want := range map[string]string{
		"thing": "2.0.0", "thing@1": "1.10.0", "thing@^1.2": "1.10.0", "thing@~1.2": "1.2.0", "thing@1.2.0": "1.2.0", "thing@>=1.2 <1.5": "1.2.0", "thing@1.10": "1.10.0",
	} {
		found, err := catalog.Lookup(ref(t, text))
		require.NoError(t, err)
		require.Equal(t, want, found.Version(), text)
	}
	_, err := catalog.Lookup(ref(t, "thing@3"))
	require.EqualError(t, err, `no version of artifact type "thing" is in the range of "thing@3" (there is 1.2.0, 1.10.0, 2.0.0)`)
	_, err = catalog.Lookup(ref(t, "thingy"))
	require.EqualError(t, err, `unknown artifact type "thingy" (did you mean "thing"?)`)
	require.Len(t, catalog.Types(), 3)
	require.Nil(t, catalog.Version("thing", "9.9.9"))
}

// A version that is not released yet is nobody's choice unless it is asked for.
func TestEarlyVersions(t *testing.T) {
	t.Parallel()
	catalog := load(t, files("a.yaml", simple("thing", "1.0.0"), "b.yaml", simple("thing", "2.0.0-rc.1"), "c.yaml", simple("new", "0.1.0-a"), "d.yaml", simple("new", "0.1.0-b")))
	for text, want := range map[string]string{"thing": "1.0.0", "thing@*": "1.0.0", "thing@>=1.0.0-0": "2.0.0-rc.1", "thing@2.0.0-rc.1": "2.0.0-rc.1", "new": "0.1.0-b"} {
		found, err := catalog.Lookup(ref(t, text))
		require.NoError(t, err)
		require.Equal(t, want, found.Version(), text)
	}
}

func TestBuildMetadataHasOneOrder(t *testing.T) {
	t.Parallel()
	a, b := simple("thing", "1.0.0+a"), simple("thing", "1.0.0+b")
	for _, fsys := range []fstest.MapFS{files("1.yaml", a, "2.yaml", b), files("1.yaml", b, "2.yaml", a)} {
		found, err := load(t, fsys).Lookup(ref(t, "thing"))
		require.NoError(t, err)
		require.Equal(t, "1.0.0+b", found.Version())
	}
}

// What a range accepts, said without the library that reads ranges.
func TestRangesProperty(t *testing.T) {
	t.Parallel()
	var fsys = fstest.MapFS{}
	for n := range 4 * 4 * 4 {
		text := fmt.Sprintf("%d.%d.%d", n/16, n/4%4, n%4)
		fsys[text+".yaml"] = &fstest.MapFile{Data: []byte(simple("thing", text))}
	}
	catalog := load(t, fsys)
	type version struct{ major, minor, patch int }
	less := func(a, b version) bool {
		return a.major < b.major || a.major == b.major && (a.minor < b.minor || a.minor == b.minor && a.patch < b.patch)
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.IntRange(0, 3)
		want := version{draw.Draw(t, "major"), draw.Draw(t, "minor"), draw.Draw(t, "patch")}
		accepts := map[string]func(v version) bool{
			fmt.Sprintf("%d", want.major):                               func(v version) bool { return v.major == want.major },
			fmt.Sprintf("%d.%d", want.major, want.minor):                func(v version) bool { return v.major == want.major && v.minor == want.minor },
			fmt.Sprintf("%d.%d.%d", want.major, want.minor, want.patch): func(v version) bool { return v == want },
			fmt.Sprintf("~%d.%d.%d", want.major, want.minor, want.patch): func(v version) bool {
				anything := want == version{} // ~0.0.0 is how the library writes any version
				return anything || v.major == want.major && v.minor == want.minor && v.patch >= want.patch
			},
			fmt.Sprintf("^%d.%d.%d", want.major, want.minor, want.patch): func(v version) bool {
				switch { // the first number that is not 0 stays
				case want.major > 0:
					return v.major == want.major && !less(v, want)
				case want.minor > 0:
					return v.major == 0 && v.minor == want.minor && v.patch >= want.patch
				}
				return v == want
			},
			fmt.Sprintf(">=%d.%d.%d", want.major, want.minor, want.patch): func(v version) bool { return !less(v, want) },
		}
		for text, accept := range accepts {
			r, err := artifacts.ParseRef("thing@" + text)
			require.NoError(t, err)
			var highest *artifacts.Type
			for _, typ := range catalog.Types() { // ascending
				var v version
				_, err := fmt.Sscanf(typ.Version(), "%d.%d.%d", &v.major, &v.minor, &v.patch)
				require.NoError(t, err)
				require.Equal(t, accept(v), r.Accepts(typ), "%s of %s", typ, r)
				if accept(v) {
					highest = typ
				}
			}
			found, err := catalog.Lookup(r)
			require.NoError(t, err, text)
			require.Same(t, highest, found, text)
		}
	})
}

func TestParseRefWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":         `"" is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions`,
		"a":        `"a" is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions`,
		"Queue@1":  `"Queue@1" is not a type: a name has 2 to 100 of a-z, 0-9 and -, then @ and a range of versions`,
		"queue@":   `"queue@": "" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0`,
		"queue@-":  `"queue@-": "-" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0`,
		"queue@v":  `"queue@v": "v" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0`,
		"queue@1@": `"queue@1@": "1@" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0`,
	} {
		r, err := artifacts.ParseRef(text)
		require.EqualError(t, err, want)
		require.True(t, r.IsZero())
	}
}

func TestRefAsText(t *testing.T) {
	t.Parallel()
	var read struct{ Ref artifacts.Ref }
	require.NoError(t, json.Unmarshal([]byte(`{"ref": "queue@^1.2"}`), &read))
	require.Equal(t, "queue", read.Ref.Name())
	require.Equal(t, "queue@^1.2", read.Ref.String())
	written, err := json.Marshal(read)
	require.NoError(t, err)
	require.Equal(t, `{"Ref":"queue@^1.2"}`, string(written))
	require.Error(t, json.Unmarshal([]byte(`{"ref": "Queue"}`), &read))
	var zero artifacts.Ref
	require.True(t, zero.IsZero())
	require.False(t, zero.Accepts(loaded(t)))
	require.False(t, read.Ref.Accepts(nil))
}
