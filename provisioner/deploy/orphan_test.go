package deploy_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// What is forgotten is not destroyed, and is made anew where the files still have it.
func TestOrphan(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	seen := len(s.driver.Calls())
	_, err := s.only("d").Orphan(t.Context(), "shop/dev", " ")
	require.ErrorContains(t, err, "only for a reason")
	_, err = s.only("b").Orphan(t.Context(), "shop/dev", "moved away")
	require.ErrorContains(t, err, "shop/dev.b is to go, and shop/dev.c uses it")
	_, err = s.only("x").Orphan(t.Context(), "shop/dev", "moved away")
	require.ErrorContains(t, err, `no instance "x"`)

	forgotten, err := s.engine.Only(deploy.Selection{Targets: []string{"b"}, Users: true}).Orphan(t.Context(), "shop/dev", "moved away")
	require.NoError(t, err)
	require.Equal(t, ids("b", "c"), forgotten)
	require.Len(t, s.driver.Calls(), seen, "no driver is asked")
	left, err := s.store.Instances(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Len(t, left, 2)
	state, err := s.store.State(t.Context(), "shop/dev.b", "main")
	require.NoError(t, err)
	require.Empty(t, state)
	var audit bytes.Buffer
	_, err = s.store.ExportAudit(t.Context(), &audit, nil)
	require.NoError(t, err)
	require.Equal(t, 2, strings.Count(audit.String(), "moved away"))

	require.Equal(t, ids("b", "c"), s.deploy(t).Applied)
	require.Equal(t, map[string]int{"b": 1, "c": 1}, s.calls(seen, memory.Apply))
}

// All of an environment, and once.
func TestOrphanAll(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	all, err := s.engine.Orphan(t.Context(), "shop/dev", "the account is closed")
	require.NoError(t, err)
	require.Equal(t, ids("a", "b", "c", "d"), all)
	again, err := s.engine.Orphan(t.Context(), "shop/dev", "the account is closed")
	require.NoError(t, err)
	require.Empty(t, again)
}

// What other environments use is neither forgotten nor destroyed; what they do not use is,
// beside it.
func TestPartsInUseOutside(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for _, environment := range []string{"shop/dev", "user/dev"} {
		_, err := s.engine.Deploy(t.Context(), s.resolveIn(t, s.two(), environment))
		require.NoError(t, err)
	}
	var used *deploy.InUseError
	_, err := s.engine.Orphan(t.Context(), "shop/dev", "moved away")
	require.ErrorAs(t, err, &used)
	_, err = s.engine.Only(deploy.Selection{Targets: []string{"a"}, Users: true}).Destroy(t.Context(), "shop/dev", nil)
	require.ErrorAs(t, err, &used)
	run, err := s.only("c").Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Equal(t, ids("c"), run.Applied)
	forgotten, err := s.only("d").Orphan(t.Context(), "shop/dev", "moved away")
	require.NoError(t, err)
	require.Equal(t, ids("d"), forgotten)
}
