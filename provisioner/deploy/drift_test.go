package deploy_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// drifting tells drift of some instances.
type drifting struct {
	*memory.Driver
	of map[string]error // nil: it has drifted
}

func (d drifting) Drift(ctx context.Context, req *provisioner.Request, _ provisioner.Sink) (*provisioner.Drift, error) {
	if err := req.State.Write(ctx, nil); !errors.Is(err, provisioner.ErrUnsupported) {
		return nil, fmt.Errorf("the state could be written: %w", err)
	}
	err, drifted := d.of[req.Address]
	if err != nil {
		return nil, err
	}
	drift := &provisioner.Drift{}
	if drifted {
		drift.Changes = []provisioner.Change{{Address: req.Step, Action: provisioner.Update, Attributes: []provisioner.Attribute{
			{Path: "size", Before: req.Inputs["size"], After: 9}, {Path: "token", Before: req.Inputs["token"]},
		}}}
	}
	return drift, nil
}

func TestDrift(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.deploy(t)
	drift, err := s.engine.Drift(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.False(t, drift.Found())
	require.Len(t, drift.Instances, 4)
	require.Equal(t, deploy.Unlooked, drift.Instances[0].Status, "the driver cannot tell")
	require.Empty(t, drift.Problems)

	driver := drifting{s.driver, map[string]error{}}
	s.drive(driver)
	drift, err = s.engine.Drift(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Equal(t, deploy.Same, drift.Instances[0].Status)

	driver.of["shop/dev.a"], driver.of["shop/dev.b"], driver.of["shop/dev.c"] = nil, errors.New("no way there"), provisioner.ErrUnsupported
	before := len(s.driver.Calls())
	drift, err = s.engine.Drift(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.True(t, drift.Found())
	var statuses []string
	for _, i := range drift.Instances {
		statuses = append(statuses, i.Status)
	}
	require.Equal(t, []string{deploy.Drifted, deploy.Unlooked, deploy.Unlooked, deploy.Same}, statuses)
	require.EqualError(t, drift.Problems, "shop/dev.b: main: no way there")
	attributes := drift.Instances[0].Steps[0].Changes[0].Attributes
	require.Equal(t, 9, attributes[0].After)
	require.True(t, attributes[1].Sensitive, "secrets stay secret")
	require.Nil(t, attributes[1].Before)
	require.Len(t, s.driver.Calls(), before, "nothing was run")

	// Nobody else works on it meanwhile, and what is gone is not looked at.
	lease, err := s.store.Lock(t.Context(), "shop/dev", "deploy of bob")
	require.NoError(t, err)
	_, err = s.engine.Drift(t.Context(), "shop/dev")
	require.ErrorContains(t, err, "locked by deploy of bob")
	require.NoError(t, lease.Release())
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	drift, err = s.engine.Drift(t.Context(), "shop/dev")
	require.NoError(t, err)
	require.Empty(t, drift.Instances)
}
