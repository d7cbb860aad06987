package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/store"
)

func TestRename(t *testing.T) {
	t.Parallel()
	st := open(t, t.TempDir(), nil)
	ctx := t.Context()
	shop, bank := lock(t, st, "shop/dev"), lock(t, st, "bank/dev")
	want := full("shop/dev.db")
	require.NoError(t, shop.SaveInstance(ctx, want))
	require.NoError(t, shop.SaveState(ctx, "shop/dev.db", "main", []byte("state")))
	require.NoError(t, shop.SavePlan(ctx, "p", "shop/dev.db", "main", []byte("x")))
	require.NoError(t, shop.SaveInstance(ctx, store.Instance{Address: "shop/dev.db2", Environment: "shop/dev"}))
	user := store.Instance{Address: "bank/dev.api", Environment: "bank/dev", Deployment: "d-bank",
		DependsOn: []string{"shop/dev.db", "shop/dev.db2"}, Uses: []string{"shop/dev.db.database", "shop/dev.db2.x"}}
	require.NoError(t, bank.SaveInstance(ctx, user))

	require.ErrorContains(t, shop.Rename(ctx, "shop/dev.db", "shop/dev.db2"), "rename shop/dev.db to shop/dev.db2: there is an instance at shop/dev.db2")
	require.ErrorContains(t, shop.Rename(ctx, "shop/dev.db", "bank/dev.db"), `"bank/dev.db" is not in environment shop/dev, whose lock this is`)
	require.ErrorContains(t, shop.Rename(ctx, "shop/dev.no", "shop/dev.data"), "there is no instance at shop/dev.no")
	id, err := shop.Intent(ctx, store.Entry{Address: "shop/dev.db", Step: "main"})
	require.NoError(t, err)
	require.ErrorContains(t, shop.Rename(ctx, "shop/dev.db", "shop/dev.data"), "nobody knows yet how its step main ended (resume first)")
	require.ErrorContains(t, shop.RenameStep(ctx, "shop/dev.db", "main", "first"), "nobody knows yet how its step main ended (resume first)")
	require.NoError(t, shop.Outcome(ctx, id, "done", ""))

	require.NoError(t, shop.Rename(ctx, "shop/dev.db", "shop/dev.data"))
	require.NoError(t, shop.RenameStep(ctx, "shop/dev.data", "main", "first"))
	require.ErrorContains(t, shop.RenameStep(ctx, "shop/dev.data", "main", "x"), "rename step main of shop/dev.data to x: it has no step main")
	require.ErrorContains(t, shop.RenameStep(ctx, "shop/dev.data", "first", "second"), "it has a step second")

	want.Address, want.Component, want.Steps[0].Name = "shop/dev.data", "data", "first"
	list, err := st.Instances(ctx, "shop/dev")
	require.NoError(t, err)
	require.Equal(t, want, list[0])
	require.Equal(t, "shop/dev.db2", list[1].Address)
	state, err := st.State(ctx, "shop/dev.data", "first")
	require.NoError(t, err)
	require.Equal(t, "state", string(state))
	gone, err := st.State(ctx, "shop/dev.db", "main")
	require.NoError(t, err)
	require.Nil(t, gone)
	artifacts, err := st.Artifacts(ctx)
	require.NoError(t, err)
	require.Contains(t, artifacts, "shop/dev.data.database")
	require.NotContains(t, artifacts, "shop/dev.db.database")

	refers, err := st.Instance(ctx, "bank/dev.api")
	require.NoError(t, err)
	require.Equal(t, []string{"shop/dev.data", "shop/dev.db2"}, refers.DependsOn)
	require.Equal(t, []string{"shop/dev.data.database", "shop/dev.db2.x"}, refers.Uses)
	users, err := st.Users(ctx, "shop/dev")
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"bank/dev.api": {"shop/dev.data.database", "shop/dev.db2.x"}}, users)
	left, err := st.Deployed(ctx, "d-bank")
	require.NoError(t, err)
	require.Equal(t, []store.Instance{user}, left, "history keeps the names of its time")
}
