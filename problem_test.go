package tenon_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/tenon-sdk/tenon"
)

func TestProblemText(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		problem tenon.Problem
		want    string
	}{
		"message alone":    {tenon.Problem{Message: "is wrong"}, "is wrong"},
		"file":             {tenon.Problem{File: "a.yaml", Message: "is wrong"}, "a.yaml: is wrong"},
		"line":             {tenon.Problem{File: "a.yaml", Line: 3, Message: "is wrong"}, "a.yaml:3: is wrong"},
		"column":           {tenon.Problem{File: "a.yaml", Line: 3, Column: 4, Message: "is wrong"}, "a.yaml:3:4: is wrong"},
		"path":             {tenon.Problem{Path: tenon.At("a", 1), Message: "is wrong"}, "a[1]: is wrong"},
		"hint":             {tenon.Problem{Message: "is wrong", Hint: "mend it"}, "is wrong (mend it)"},
		"warning":          {tenon.Problem{File: "a.yaml", Severity: tenon.Warning, Message: "is odd"}, "a.yaml: warning: is odd"},
		"column, no line":  {tenon.Problem{File: "a.yaml", Column: 4, Message: "is wrong"}, "a.yaml: is wrong"},
		"key with a point": {tenon.Problem{Path: tenon.At("a.b", "c"), Message: "is wrong"}, `["a.b"].c: is wrong`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, test.problem.String())
			require.Equal(t, test.want, test.problem.Error())
		})
	}
}

func TestProblemsErr(t *testing.T) {
	t.Parallel()
	var none tenon.Problems
	require.NoError(t, none.Err())
	require.NoError(t, tenon.Problems{{Severity: tenon.Warning, Message: "is odd"}}.Err(), "warnings stop nothing")
	mixed := tenon.Problems{{Severity: tenon.Warning, Message: "is odd"}, {Message: "is wrong"}}
	require.Error(t, mixed.Err())
	require.True(t, mixed.HasErrors())
	require.Len(t, mixed.Warnings(), 1)
}

func TestProblemsOf(t *testing.T) {
	t.Parallel()
	one := tenon.Problem{Message: "is wrong"}
	list := tenon.Problems{one, {Message: "so is this"}}
	require.Nil(t, tenon.ProblemsOf(nil))
	require.Nil(t, tenon.ProblemsOf(errors.New("broken")))
	require.Equal(t, tenon.Problems{one}, tenon.ProblemsOf(fmt.Errorf("x: %w", one)))
	require.Equal(t, list, tenon.ProblemsOf(fmt.Errorf("x: %w", list)))
}

func TestAddError(t *testing.T) {
	t.Parallel()
	var list tenon.Problems
	list.AddError("r", nil)
	require.Empty(t, list)
	list.AddError("r", context.Canceled)
	list.AddError("r", tenon.Problem{Rule: "own", Message: "is wrong"})
	require.Equal(t, tenon.Problems{{Rule: "r", Message: "context canceled"}, {Rule: "own", Message: "is wrong"}}, list)
}

func TestEmptyListInJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(struct{ Problems tenon.Problems }{})
	require.NoError(t, err)
	require.JSONEq(t, `{"Problems": []}`, string(text))
}

// In whatever order problems come, the text is the same, and each stands once.
func TestSortedProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOf(rapid.Custom(func(t *rapid.T) tenon.Problem {
			return tenon.Problem{
				Severity: tenon.Severity(rapid.IntRange(0, 1).Draw(t, "severity")),
				Rule:     rapid.SampledFrom([]string{"a", "b"}).Draw(t, "rule"),
				File:     rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "file"),
				Line:     rapid.IntRange(0, 2).Draw(t, "line"),
				Path:     rapid.SampledFrom([]tenon.Path{{}, tenon.At("k"), tenon.At(0)}).Draw(t, "path"),
				Message:  rapid.SampledFrom([]string{"m", "n"}).Draw(t, "message"),
			}
		})).Draw(t, "list")
		shuffled := rapid.Permutation(list).Draw(t, "shuffled")
		sorted := tenon.Problems(list).Sorted()
		require.ElementsMatch(t, sorted, tenon.Problems(shuffled).Sorted())
		require.Equal(t, sorted.Error(), tenon.Problems(shuffled).Sorted().Error())
		seen := map[tenon.Problem]bool{}
		for _, p := range sorted {
			require.False(t, seen[p])
			seen[p] = true
		}
		require.Len(t, seen, len(sorted))
	})
}
