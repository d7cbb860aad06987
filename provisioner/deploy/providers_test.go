package deploy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// A step's providers take their accounts from connections: for apply and destroy with the
// credentials of that time, which are nowhere in the records, plans and events.
func TestProviders(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	asked := map[string]map[string]provisioner.Provider{}
	var fail error
	f := &fn{
		plan: func(context.Context, *provisioner.Request) (*provisioner.Plan, error) {
			return &provisioner.Plan{Changes: []provisioner.Change{{Address: "x", Action: provisioner.Create}}}, nil
		},
		apply: func(_ context.Context, req *provisioner.Request) (*provisioner.Result, error) {
			asked[string(req.Mode)+" "+req.Address] = maps.Clone(req.Providers)
			if fail != nil {
				return &provisioner.Result{Outcome: provisioner.Failed}, fmt.Errorf("the key %v was refused: %w", req.Providers["cloud"].Data.(map[string]any)["token"], fail)
			}
			result := &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{"size": {Value: 1}}}
			if req.Mode == provisioner.Destroy {
				result.Outputs = nil
				return result, req.State.Write(context.Background(), nil)
			}
			return result, req.State.Write(context.Background(), []byte("made"))
		},
		rec: func(context.Context, *provisioner.Request) (*provisioner.Result, error) { return nil, nil },
	}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 1}}\n  b: {bundle: taker}\nlinks:\n  - a.thing -> b.thing\n")
	s.write("bundles/taker/bundle.yaml", strings.Replace(wares["bundles/taker/bundle.yaml"], "driver: memory,", `driver: fn, providers: {cloud: {connection: thing, region: '"eu" + "-1"'}, cloud.far: {connection: thing}},`, 1))

	plan, err := s.engine.Plan(t.Context(), s.resolve(t))
	require.NoError(t, err)
	for _, i := range plan.Instances {
		require.Equal(t, i.ID == "shop/dev.b", i.Action == deploy.Deferred, "%s waits for the account", i.ID)
	}
	s.deploy(t)
	account := func(token string) map[string]provisioner.Provider {
		data := map[string]any{"id": "of a", "size": json.Number("1"), "token": token}
		return map[string]provisioner.Provider{
			"cloud":     {Type: "thing", Data: data, Secret: []string{"/token"}, Settings: map[string]any{"region": "eu-1"}},
			"cloud.far": {Type: "thing", Data: data, Secret: []string{"/token"}, Settings: map[string]any{}},
		}
	}
	require.Equal(t, account("t0k3n-0f-the-maker"), asked["apply shop/dev.b"])
	record, err := s.store.Instance(t.Context(), "shop/dev.b")
	require.NoError(t, err)
	require.Equal(t, "shop/dev.a.thing", record.Steps[0].Providers["cloud"].From)
	require.NotContains(t, fmt.Sprintf("%+v", record.Steps[0]), "t0k3n-0f-the-maker")

	// Another key for the same account makes nothing anew; another account does.
	asked = map[string]map[string]provisioner.Provider{}
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 1, token: an0ther-t0ken}}\n  b: {bundle: taker}\nlinks:\n  - a.thing -> b.thing\n")
	s.deploy(t)
	require.NotContains(t, asked, "apply shop/dev.b")
	s.write("project.yaml", "project: shop\ncomponents:\n  a: {bundle: maker, params: {size: 2, token: an0ther-t0ken}}\n  b: {bundle: taker}\nlinks:\n  - a.thing -> b.thing\n")
	s.deploy(t)
	require.Contains(t, asked, "apply shop/dev.b")

	fail = errors.New("expired")
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.ErrorContains(t, err, "was refused: expired")
	require.NotContains(t, err.Error(), "an0ther-t0ken")
	require.Equal(t, "an0ther-t0ken", asked["destroy shop/dev.b"]["cloud"].Data.(map[string]any)["token"], "the key of now")
	fail = nil
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
}

// An import is in no record of its own: a destroy without the files still has its account.
func TestProviderOfImport(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	var last map[string]provisioner.Provider
	f := &fn{apply: func(_ context.Context, req *provisioner.Request) (*provisioner.Result, error) {
		last = req.Providers
		if req.Mode == provisioner.Destroy {
			return &provisioner.Result{Outcome: provisioner.Done}, req.State.Write(context.Background(), nil)
		}
		return &provisioner.Result{Outcome: provisioner.Done, Outputs: map[string]provisioner.Output{"size": {Value: 1}}}, req.State.Write(context.Background(), []byte("made"))
	}}
	with(s, f)
	s.write("project.yaml", "project: shop\ncomponents:\n  b: {bundle: taker}\n")
	s.write("environments/dev.yaml", "environment: dev\nimports: [account]\ninstances:\n  b: {connections: {thing: {ref: 'imported:account'}}}\n")
	s.write("imports/account.yaml", "import: account\ntype: thing@1\ndata: {id: by-hand, size: 3, token: t0k3n-by-hand}\n")
	s.write("bundles/taker/bundle.yaml", strings.Replace(wares["bundles/taker/bundle.yaml"], "driver: memory,", `driver: fn, providers: {cloud: {connection: thing}},`, 1))
	s.deploy(t)
	made := last["cloud"]
	require.Equal(t, "t0k3n-by-hand", made.Data.(map[string]any)["token"])
	require.Equal(t, []string{"/token"}, made.Secret)
	_, err := s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Equal(t, made, last["cloud"])
}
