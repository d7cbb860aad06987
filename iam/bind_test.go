package iam_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
)

func TestBind(t *testing.T) {
	t.Parallel()
	grants := map[string]artifacts.Grant{
		"read":  {Name: "read", SQL: map[string]any{"privileges": []any{"SELECT"}}},
		"write": {Name: "write", SQL: map[string]any{"privileges": []any{"INSERT"}}},
		"idle":  {Name: "idle", Description: "nothing yet"},
	}
	for _, c := range []struct {
		name    string
		exposed map[string]artifacts.Grant
		wants   []string
		bound   []string
		words   string
	}{
		{"none", grants, nil, nil, "no problems"},
		{"by name, each once", grants, []string{"write", "read", "write"}, []string{"read", "write"}, "no problems"},
		{
			"not exposed", grants, []string{"admin", "read"}, []string{"read"},
			`connections.db: shop/dev.db.database (postgresql@1.2.0) does not expose the grant "admin" (it exposes read (sql), write (sql))`,
		},
		{
			"nearly", grants, []string{"reed"}, nil,
			`connections.db: shop/dev.db.database (postgresql@1.2.0) does not expose the grant "reed" (it exposes read (sql), write (sql); did you mean "read"?)`,
		},
		{
			"nothing exposed", nil, []string{"read"}, nil,
			`connections.db: shop/dev.db.database (postgresql@1.2.0) does not expose the grant "read" (it exposes none)`,
		},
		{
			"nothing in it", grants, []string{"idle"}, nil,
			`connections.db: the grant "idle" of shop/dev.db.database (postgresql@1.2.0) gives nothing on any platform (it exposes read (sql), write (sql))`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bindings, problems := iam.Bind("db", "shop/dev.db.database", "postgresql@1.2.0", c.exposed, c.wants)
			require.Equal(t, c.words, problems.Error())
			var bound []string
			for _, binding := range bindings {
				require.Equal(t, iam.Binding{Slot: "db", Producer: "shop/dev.db.database", Type: "postgresql@1.2.0", Grant: grants[binding.Grant.Name]}, binding)
				bound = append(bound, binding.Grant.Name)
			}
			require.Equal(t, c.bound, bound)
		})
	}
}

func TestBindEveryMistake(t *testing.T) {
	t.Parallel()
	_, problems := iam.Bind("db", "imported:db", "postgresql@1.2.0", nil, []string{"write", "read"})
	require.EqualError(t, problems.Err(), `connections.db: imported:db (postgresql@1.2.0) does not expose the grant "read" (it exposes none)
connections.db: imported:db (postgresql@1.2.0) does not expose the grant "write" (it exposes none)`)
}

func TestAccessIsSorted(t *testing.T) {
	t.Parallel()
	binding := func(slot, grant, file string, line int) iam.Binding {
		return iam.Binding{Slot: slot, Grant: artifacts.Grant{Name: grant}, File: file, Line: line}
	}
	sorted := []iam.Binding{
		binding("a", "read", "a.yaml", 1), binding("a", "read", "a.yaml", 2), binding("a", "write", "a.yaml", 1), binding("b", "read", "a.yaml", 1),
	}
	reversed := slices.Clone(sorted)
	slices.Reverse(reversed)
	given := slices.Clone(reversed)
	access := iam.Access{Instance: "shop/dev.api", Bindings: given}
	require.Equal(t, sorted, access.Sorted().Bindings)
	require.Equal(t, reversed, given, "what was given stays as it was")

	text, err := json.Marshal(access)
	require.NoError(t, err)
	same, err := json.Marshal(iam.Access{Instance: "shop/dev.api", Bindings: sorted})
	require.NoError(t, err)
	require.Equal(t, string(same), string(text))
}

func TestAccessJSONWithoutBindings(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(iam.Access{Instance: "shop/dev.db"})
	require.NoError(t, err)
	require.Equal(t, `{"instance":"shop/dev.db","bindings":[]}`, string(text))
}
