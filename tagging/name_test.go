package tagging_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon/tagging"
)

// Names are for ever: what is written here must not change with any release.
func TestNamePrefix(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		most  int
		parts []string
		want  string
	}{
		{"as it is", 30, []string{"shop", "dev", "db"}, "shop-dev-db"},
		{"just fits", 12, []string{"shop", "dev", "db1"}, "shop-dev-db1"},
		{"empty parts are left out", 30, []string{"", "shop", "", "dev"}, "shop-dev"},
		{"a character too long", 12, []string{"shop", "dev", "db12"}, "sho-5uedon2f"},
		{"no hyphen before the hash", 14, []string{"shop", "production"}, "shop-45g2d3cd"},
		{"less than 12 counts as 12", 3, []string{"shop", "dev", "db12"}, "sho-5uedon2f"},
		{"capitals", 30, []string{"Shop", "dev"}, "shop-dev-vhk4aeko"},
		{"other letters", 30, []string{"größe"}, "gr-e-5meuefp7"},
		{"a digit first", 30, []string{"2fast"}, "n2fast-kze6lla6"},
		{"nothing that can stand", 30, []string{"日本"}, "n-kjsexef7"},
		{"nothing at all", 30, nil, "n-4oymiquy"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, tagging.NamePrefix(c.most, c.parts...))
		})
	}
}

func TestNamePrefixKeepsDifferentPartsApart(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{
		{"a-b", "c"}, {"a", "b-c"}, {"a", "b", "c"}, {"a-b-c"}, {"A", "b", "c"}, {"a", "b_c"}, {"a", "b c"}, {"a", "b", "c-"},
		{"a\x00b", "c"}, {"a", "b\x00c"}, {"a.b", "c"}, {"abc"},
	} {
		name := tagging.NamePrefix(30, parts...)
		require.NotContains(t, seen, name, "%q and %q", seen[name], parts)
		seen[name] = parts
	}
}

func TestNamePrefixLaws(t *testing.T) {
	t.Parallel()
	valid := regexp.MustCompile(`^[a-z]([a-z0-9]|-[a-z0-9])*$`)
	part := rapid.OneOf(
		rapid.StringMatching(`[a-z][a-z0-9-]{0,20}`),
		rapid.StringMatching(`[a-b-]{1,4}`), // near to each other
		rapid.StringN(0, 12, -1),
	)
	parts := rapid.SliceOfN(part, 0, 5)
	rapid.Check(t, func(t *rapid.T) {
		a, b := parts.Draw(t, "a"), parts.Draw(t, "b")
		most := rapid.IntRange(-1, 70).Draw(t, "most")
		name := tagging.NamePrefix(most, a...)
		if !valid.MatchString(name) {
			t.Fatalf("%q has characters that it must not have", name)
		}
		if len(name) > max(most, 12) {
			t.Fatalf("%q has %d characters, more than %d", name, len(name), most)
		}
		if again := tagging.NamePrefix(most, slices.Clone(a)...); again != name {
			t.Fatalf("%q, and then %q", name, again)
		}
		isEmpty := func(part string) bool { return part == "" }
		if !slices.Equal(slices.DeleteFunc(a, isEmpty), slices.DeleteFunc(b, isEmpty)) && name == tagging.NamePrefix(most, b...) {
			t.Fatalf("%q and %q are both %q", a, b, name)
		}
	})
}

// Over a large estate no two names meet, however short they must be.
func TestNamePrefixOfManyInstances(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for project := range 20 {
		for environment := range 20 {
			for component := range 20 {
				seen[tagging.NamePrefix(16, fmt.Sprintf("project-%d", project), fmt.Sprintf("environment-%d", environment), strings.Repeat("component", 3)+fmt.Sprint(component))] = true
			}
		}
	}
	require.Len(t, seen, 20*20*20)
}
