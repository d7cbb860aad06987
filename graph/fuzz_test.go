package graph_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/graph/internal/txtar"
)

// Whatever stands in the files of a project: no panic, and either an environment without
// mistakes, or problems that each say which file.
func FuzzProject(f *testing.F) {
	cases, err := filepath.Glob("testdata/mistakes/*.txtar")
	require.NoError(f, err)
	for _, name := range cases {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		estate := with(f, txtar.Parse(data).Files...)
		f.Add(estate.Get("organization.yaml"), estate.Get(shopFile), estate.Get(devFile), estate.Get("projects/shop/imports/office.yaml"))
	}
	f.Fuzz(func(t *testing.T, organization, project, environment, imported string) {
		files := with(t,
			txtar.File{Name: "organization.yaml", Text: organization}, txtar.File{Name: shopFile, Text: project},
			txtar.File{Name: devFile, Text: environment}, txtar.File{Name: "projects/shop/imports/office.yaml", Text: imported})
		estate, err := graph.Load(files.FS(), nil)
		if err != nil {
			require.Nil(t, estate)
			told(t, err)
			return
		}
		for _, address := range estate.Environments() {
			env, err := graph.Resolve(estate, address, nil)
			require.NotNil(t, env)
			data, broken := json.Marshal(env)
			require.NoError(t, broken)
			_, again := graph.Resolve(estate, address, nil)
			if err != nil {
				told(t, err)
				require.EqualError(t, again, err.Error())
				continue
			}
			require.NoError(t, again)
			require.Len(t, env.Order(), len(env.Instances()))
			require.True(t, json.Valid(data))
			place := map[string]int{}
			for n, i := range env.Instances() {
				place[i.Address()] = n
				require.Empty(t, i.Missing())
				for _, producer := range i.DependsOn() {
					before, there := place[producer]
					require.True(t, there && before < n, "%s before %s", producer, i.Address())
				}
			}
		}
	})
}

func told(t *testing.T, err error) {
	t.Helper()
	var problems tenon.Problems
	require.ErrorAs(t, err, &problems)
	require.NotEmpty(t, problems)
	for _, p := range problems {
		require.NotEmpty(t, p.Rule)
		require.NotEmpty(t, p.File, p.Message)
		require.NotEmpty(t, strings.TrimSpace(p.Message))
	}
}
