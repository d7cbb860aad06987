package store_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
	"github.com/tenon-sdk/tenon/tagging"
)

// at is a moment, in the form in which times come back.
func at(second int64) time.Time { return time.Unix(second, 5).UTC() }

// ticking is a clock that goes on a second with each call.
func ticking() *store.Options {
	var second int64
	return &store.Options{Now: func() time.Time { second++; return at(second) }}
}

func TestInstanceComesBack(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	want := full("shop/dev.db")
	want.Metadata = tagging.Metadata{Project: "shop", Instance: "shop/dev.db", NamePrefix: "shop-dev-db", Tags: tagging.Tags{"team": "a"}}
	require.NoError(t, lease.SaveInstance(ctx, want))
	got, err := st.Instance(ctx, "shop/dev.db")
	require.NoError(t, err)
	require.Equal(t, &want, got)
	require.Equal(t, json.Number("12345678901234567890"), got.Steps[0].Inputs["size"])

	bare := store.Instance{Address: "shop/dev.a", Environment: "shop/dev"}
	require.NoError(t, lease.SaveInstance(ctx, bare))
	list, err := st.Instances(ctx, "shop/dev")
	require.NoError(t, err)
	require.Equal(t, []store.Instance{bare, want}, list)
	all, err := st.Instances(ctx, "")
	require.NoError(t, err)
	require.Equal(t, list, all)
	none, err := st.Instance(ctx, "shop/dev.x")
	require.NoError(t, err)
	require.Nil(t, none)

	left, err := st.Deployed(ctx, "d-1")
	require.NoError(t, err)
	require.Equal(t, []store.Instance{want}, left)
	changed := want
	changed.Deployment, changed.Version = "d-2", "2.0.0"
	require.NoError(t, lease.SaveInstance(ctx, changed))
	left, err = st.Deployed(ctx, "d-1")
	require.NoError(t, err)
	require.Equal(t, []store.Instance{want}, left, "what a deployment left is kept")
}

func TestArtifacts(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), ticking())
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	i := full("shop/dev.db")
	const address = "shop/dev.db.database"
	require.NoError(t, lease.SaveInstance(ctx, i))
	require.NoError(t, lease.SaveInstance(ctx, i)) // nothing new for the history
	a, err := st.Artifact(ctx, address)
	require.NoError(t, err)
	require.Equal(t, i.Artifacts["database"], *a)

	i.Deployment = "d-2"
	i.Artifacts = map[string]store.Artifact{"database": {Type: "postgresql", Version: "1.0.0", Data: map[string]any{"password": "new"}}}
	require.NoError(t, lease.SaveInstance(ctx, i))
	all, err := st.Artifacts(ctx)
	require.NoError(t, err)
	require.Equal(t, map[string]store.Artifact{address: i.Artifacts["database"]}, all)

	i.Artifacts = nil
	require.NoError(t, lease.SaveInstance(ctx, i))
	a, err = st.Artifact(ctx, address)
	require.NoError(t, err)
	require.Nil(t, a)

	history, err := st.ArtifactHistory(ctx, address)
	require.NoError(t, err)
	require.Len(t, history, 2)
	require.Equal(t, "d-1", history[0].Deployment)
	require.Equal(t, full("").Artifacts["database"], history[0].Artifact)
	require.Equal(t, map[string]any{"password": "new"}, history[1].Data)
	require.True(t, history[1].Recorded.After(history[0].Recorded))
}

func TestForget(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	st := open(t, folder, nil)
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	require.NoError(t, lease.SaveInstance(ctx, full("shop/dev.db")))
	require.NoError(t, lease.SaveState(ctx, "shop/dev.db", "main", []byte("x")))
	require.NoError(t, lease.SavePlan(ctx, "p", "shop/dev.db", "main", []byte("x")))
	require.NoError(t, lease.Forget(ctx, "shop/dev.db"))
	for _, table := range []string{"instances", "artifacts", "states", "plans", "uses"} {
		require.Zero(t, st.Count(t, `SELECT COUNT(*) FROM `+table), table)
	}
	for _, table := range []string{"deployed", "artifact_history"} {
		require.Equal(t, 1, st.Count(t, `SELECT COUNT(*) FROM `+table), table)
	}
	require.NoError(t, lease.Forget(ctx, "shop/dev.db"))
}

func TestUsers(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	shop, bank := lock(t, st, "shop/dev"), lock(t, st, "bank/dev")
	require.NoError(t, shop.SaveInstance(ctx, full("shop/dev.db")))
	require.NoError(t, bank.SaveInstance(ctx, store.Instance{
		Address: "bank/dev.api", DependsOn: []string{"shop/dev.db"}, Uses: []string{"shop/dev.db.database", "platform/shared.network.network", "imported:dns"}}))
	for environment, want := range map[string]map[string][]string{
		"platform/shared": {"shop/dev.db": {"platform/shared.network.network"}, "bank/dev.api": {"platform/shared.network.network"}},
		"shop/dev":        {"bank/dev.api": {"shop/dev.db.database"}},
		"bank/dev":        {},
	} {
		users, err := st.Users(ctx, environment)
		require.NoError(t, err)
		require.Equal(t, want, users, environment)
	}
}

func TestStateAndPlans(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	lease := lock(t, st, "shop/dev")
	big := []byte(strings.Repeat("state ", 1<<20))
	require.NoError(t, lease.SaveState(ctx, "shop/dev.db", "main", big))
	state, err := st.State(ctx, "shop/dev.db", "main")
	require.NoError(t, err)
	require.Equal(t, big, state)
	require.NoError(t, lease.SaveState(ctx, "shop/dev.db", "main", nil))
	state, err = st.State(ctx, "shop/dev.db", "main")
	require.NoError(t, err)
	require.Nil(t, state)

	require.NoError(t, lease.SavePlan(ctx, "p1", "shop/dev.db", "main", []byte("one")))
	require.NoError(t, lease.SavePlan(ctx, "p2", "shop/dev.db", "main", []byte("two")))
	require.NoError(t, st.DropPlan(ctx, "p1"))
	for plan, want := range map[string][]byte{"p1": nil, "p2": []byte("two")} {
		data, err := st.SavedPlan(ctx, plan, "shop/dev.db", "main")
		require.NoError(t, err)
		require.Equal(t, want, data)
	}
}

func TestToolVersion(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	_, _, ok, err := st.ToolVersion(ctx, "inode 1")
	require.NoError(t, err)
	require.False(t, ok)
	require.NoError(t, st.SaveToolVersion(ctx, "inode 1", "terraform", "1.11.3"))
	require.NoError(t, st.SaveToolVersion(ctx, "inode 1", "terraform", "1.11.4"))
	name, version, ok, err := st.ToolVersion(ctx, "inode 1")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "terraform 1.11.4", name+" "+version)
}
