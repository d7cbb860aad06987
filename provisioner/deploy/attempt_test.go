package deploy_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/memory"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// told gives attempts as INSTANCE BUNDLE@VERSION ACTION STATUS, oldest first.
func (s *shop) told(t *testing.T, q store.AttemptQuery) (lines []string) {
	t.Helper()
	list, err := s.store.Attempts(t.Context(), q)
	require.NoError(t, err)
	for _, a := range list {
		require.False(t, a.Finished.Before(a.Started))
		lines = append([]string{a.Instance + " " + a.Bundle + "@" + a.Version + " " + a.Action + " " + a.Status}, lines...)
	}
	return lines
}

// One failing use of a bundle stands beside those that work.
func TestAttemptsOfRuns(t *testing.T) {
	t.Parallel()
	fails := true
	s := newShop(t, &memory.Options{Fail: func(operation memory.Operation, req *provisioner.Request) error {
		if fails && req.Address == "shop/dev.b" {
			return tenon.Problems{{Rule: "quota", Message: "no room"}}
		}
		return nil
	}})
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.ElementsMatch(t, []string{
		"shop/dev.a maker@1.0.0 apply succeeded", "shop/dev.b taker@1.0.0 apply failed", "shop/dev.d maker@1.0.0 apply succeeded",
	}, s.told(t, store.AttemptQuery{}), "what was blocked was not tried")
	found, err := s.store.Attempts(t.Context(), store.AttemptQuery{Diagnostic: "quota"})
	require.NoError(t, err)
	require.Len(t, found, 1)
	require.Equal(t, "new", found[0].Reason)
	require.Equal(t, "quota", found[0].Problems[0].Rule)

	fails = false
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Equal(t, []string{"shop/dev.b taker@1.0.0 apply failed", "shop/dev.b taker@1.0.0 apply succeeded", "shop/dev.c taker@1.0.0 apply succeeded"},
		s.told(t, store.AttemptQuery{Bundle: "taker"}))
	before := len(s.told(t, store.AttemptQuery{}))
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	require.Len(t, s.told(t, store.AttemptQuery{}), before, "what is skipped is no attempt")

	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	require.Equal(t, []string{"shop/dev.c taker@1.0.0 apply succeeded", "shop/dev.c taker@1.0.0 destroy succeeded"}, s.told(t, store.AttemptQuery{Instance: "c"}))
}

// What a new version of a bundle breaks is told of the new version.
func TestAttemptsNameTheVersionThatWasTried(t *testing.T) {
	t.Parallel()
	fails := false
	s := newShop(t, &memory.Options{Fail: func(memory.Operation, *provisioner.Request) error {
		if fails {
			return errors.New("no")
		}
		return nil
	}})
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	fails = true
	replaceIn(s, "bundles/maker/bundle.yaml", "version: 1.0.0", "version: 1.1.0")
	replaceIn(s, "bundles/maker/bundle.yaml", "default: none", "default: some")
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Equal(t, []string{"shop/dev.d maker@1.0.0 apply succeeded", "shop/dev.d maker@1.1.0 apply failed"}, s.told(t, store.AttemptQuery{Instance: "d"}))
}

// An instance that cannot be begun has been tried, and so has one that a cancel stopped.
func TestAttemptsThatDidNotGetFar(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := newShop(t, &memory.Options{Fail: func(_ memory.Operation, req *provisioner.Request) error {
		if req.Address != "shop/dev.a" {
			return nil
		}
		cancel()
		return ctx.Err()
	}})
	_, err := s.engine.Deploy(ctx, s.resolve(t))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, []string{"shop/dev.a maker@1.0.0 apply canceled"}, s.told(t, store.AttemptQuery{Instance: "a"}))

	s = newShop(t, nil)
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	replaceIn(s, "bundles/maker/bundle.yaml", "default: z1", "default: z2") // must not change
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	require.Equal(t, []string{"shop/dev.d maker@1.0.0 apply failed"}, s.told(t, store.AttemptQuery{Diagnostic: "immutable-param", Instance: "d"}))
}

func replaceIn(s *shop, name, from, to string) {
	s.write(name, strings.Replace(string(s.files[name].Data), from, to, 1))
}
