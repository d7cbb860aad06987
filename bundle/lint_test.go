package bundle_test

import (
	"bufio"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/standard"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/iam/aws"
)

func catalog(t testing.TB) *artifacts.Catalog {
	t.Helper()
	c, err := artifacts.Load(standard.FS())
	require.NoError(t, err)
	return c
}

var testBundles = os.DirFS("testdata/bundles")

// expected gives the patterns that stand on each line of a file behind "# want", each
// quoted as in Go.
func expected(t *testing.T, name string) map[int][]string {
	t.Helper()
	file, err := testBundles.Open(name)
	require.NoError(t, err)
	defer file.Close()
	wants := map[int][]string{}
	lines := bufio.NewScanner(file)
	for line := 1; lines.Scan(); line++ {
		_, rest, found := strings.Cut(lines.Text(), "# want ")
		for rest = strings.TrimSpace(rest); found && rest != ""; rest = strings.TrimSpace(rest) {
			quoted, err := strconv.QuotedPrefix(rest)
			require.NoError(t, err, "%s:%d: %s", name, line, rest)
			pattern, err := strconv.Unquote(quoted)
			require.NoError(t, err)
			wants[line] = append(wants[line], pattern)
			rest = rest[len(quoted):]
		}
	}
	require.NoError(t, lines.Err())
	return wants
}

// compare says what was found and not wanted, and what was wanted and not found.
func compare(wants map[int][]string, found tenon.Problems) []string {
	var wrong []string
	for _, p := range found {
		text := p.Rule + ": " + p.Message
		if p.Hint != "" {
			text += " (" + p.Hint + ")"
		}
		n := slices.IndexFunc(wants[p.Line], func(pattern string) bool { return regexp.MustCompile(pattern).MatchString(text) })
		if n < 0 {
			wrong = append(wrong, fmt.Sprintf("line %d: surplus: %s", p.Line, text))
			continue
		}
		wants[p.Line] = slices.Delete(wants[p.Line], n, n+1)
	}
	for line, patterns := range wants {
		for _, pattern := range patterns {
			wrong = append(wrong, fmt.Sprintf("line %d: missing: %s", line, pattern))
		}
	}
	slices.Sort(wrong)
	return wrong
}

// Every finding is wanted on its line, and every one that is wanted is found.
func TestCheck(t *testing.T) {
	t.Parallel()
	types := catalog(t)
	entries, err := os.ReadDir("testdata/bundles")
	require.NoError(t, err)
	rules := map[string]bool{}
	for _, entry := range entries {
		found := bundle.Check(testBundles, entry.Name(), types)
		for _, p := range found {
			rules[p.Rule] = true
			require.Equal(t, path.Join(entry.Name(), bundle.FileName), p.File)
		}
		t.Run(entry.Name(), func(t *testing.T) {
			t.Parallel()
			require.Empty(t, compare(expected(t, path.Join(entry.Name(), bundle.FileName)), found))
			require.Equal(t, found, bundle.Check(testBundles, entry.Name(), types), "the same twice")
		})
	}
	for _, rule := range bundle.Rules() {
		require.True(t, rules[rule.ID], "no test bundle breaks the rule %s", rule.ID)
	}
}

// The comparison itself sees both kinds of mistake.
func TestCompare(t *testing.T) {
	t.Parallel()
	found := tenon.Problems{{Rule: "a", Line: 1, Message: "one"}, {Rule: "b", Line: 2, Message: "two"}, {Rule: "b", Line: 2, Message: "two"}}
	require.Empty(t, compare(map[int][]string{1: {"a: one"}, 2: {"two", "two"}}, found))
	require.Equal(t, []string{"line 1: surplus: a: one", "line 2: surplus: b: two", "line 3: missing: one"}, compare(map[int][]string{2: {"two"}, 3: {"one"}}, found))
}

func TestRules(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, rule := range bundle.Rules() {
		ids = append(ids, rule.ID)
		require.NotEmpty(t, rule.Doc)
	}
	require.True(t, slices.IsSorted(ids))
	require.Equal(t, ids, slices.Compact(slices.Clone(ids)))
	bundle.Rules()[0].ID = "changed"
	require.Equal(t, ids[0], bundle.Rules()[0].ID)
}

// Warnings do not stop anything; mistakes do.
func TestSeverity(t *testing.T) {
	t.Parallel()
	types := catalog(t)
	require.NoError(t, bundle.Check(testBundles, "later", types).Err())
	require.NoError(t, bundle.Check(testBundles, "good", types).Err())
	for _, name := range []string{"collisions", "grants", "presets", "required", "steps", "types", "values", "fields"} {
		require.Error(t, bundle.Check(testBundles, name, types).Err(), name)
	}
}

// What lint knows of .access is what expressions get.
func TestAccessFields(t *testing.T) {
	t.Parallel()
	var inputs strings.Builder
	for name := range (&aws.Rendered{}).Expression() {
		fmt.Fprintf(&inputs, "      %s: .access.aws.%s\n", name, name)
	}
	b := parse(t, "steps:\n  - name: main\n    path: src\n    driver: terraform\n    inputs:\n"+inputs.String())
	for _, p := range bundle.Lint(b, catalog(t)) {
		require.NotEqual(t, "unknown-field", p.Rule, p.Message)
	}
}
