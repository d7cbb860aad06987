package deploy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// What is read as a plan is what was written: nothing that was changed by hand is taken.
func FuzzReadPlan(f *testing.F) {
	s := newShop(f, nil)
	plan := s.plan(f)
	text, err := json.Marshal(plan)
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"digest":"sha256:0","environment":"shop/dev","instances":[{"id":"shop/dev.a"}]}`))
	f.Add([]byte(`{"environment":"shop/dev","instances":null,"problems":[{"severity":"warning","path":"a.b"}]}`))
	env := s.resolve(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		read, err := deploy.ReadPlan(data, env)
		if err != nil {
			require.Nil(t, read)
			return
		}
		again, err := json.Marshal(read)
		require.NoError(t, err)
		second, err := deploy.ReadPlan(again, env)
		require.NoError(t, err)
		require.Equal(t, read.Digest, second.Digest)
		require.Equal(t, len(read.Problems), len(second.Problems))
	})
}
