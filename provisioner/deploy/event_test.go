package deploy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// Whoever follows a run learns that it has ended, also where the records could not be told.
func TestEveryRunTellsItsEnd(t *testing.T) {
	t.Parallel()
	var s *shop
	s = newShop(t, &memory.Options{Fail: func(operation memory.Operation, _ *provisioner.Request) error {
		if operation == memory.Apply {
			return s.store.Close()
		}
		return nil
	}})
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.Error(t, err)
	last := s.events[len(s.events)-1]
	require.Equal(t, deploy.RunFinished, last.Type)
	require.Equal(t, "failed", last.Message)
	require.Equal(t, "its end could not be recorded", last.Reason)
}

// Events say what an instance is made of and what runs its steps, to the end of a destroy.
func TestEventsNameWhatTheyAreAbout(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	_, err := s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	_, err = s.engine.Deploy(t.Context(), s.resolve(t))
	require.NoError(t, err)
	_, err = s.engine.Destroy(t.Context(), "shop/dev", nil)
	require.NoError(t, err)
	for _, e := range s.events {
		switch e.Type {
		case deploy.RunStarted, deploy.RunFinished:
			require.Equal(t, "shop/dev", e.Environment)
		case deploy.InstanceStarted, deploy.InstanceFinished, deploy.InstanceSkipped:
			require.Contains(t, []string{"maker@1.0.0", "taker@1.0.0"}, e.Bundle, e.Type)
		case deploy.StepStarted:
			require.Equal(t, "memory", e.Driver)
		}
	}
}
