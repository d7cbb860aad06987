package standard_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/iam/aws"
	"github.com/tenon-sdk/tenon/internal/need"
)

// Actions are AWS's own, spelled as it spells them; those without a type of resource stand
// in a statement that says so.
func TestActionsAreReal(t *testing.T) {
	t.Parallel()
	folder := need.Env(t, "iam-data", "TENON_IAM_DATA")
	type action struct {
		Name          string `json:"name"`
		ResourceTypes []any  `json:"resourceTypes"`
	}
	services := map[string]map[string]action{}
	checked := 0
	for _, typ := range load(t).Types() {
		for _, grant := range typ.Grants() {
			for _, statement := range grant.AWS {
				for _, text := range statement.Actions {
					service, name, _ := strings.Cut(text, ":")
					if services[service] == nil {
						data, err := os.ReadFile(filepath.Join(folder, "data", "actions", service+".json"))
						require.NoError(t, err, "%s: %s", typ, text)
						actions := map[string]action{}
						require.NoError(t, json.Unmarshal(data, &actions))
						services[service] = actions
					}
					known, ok := services[service][strings.ToLower(name)]
					require.True(t, ok, "%s, grant %s: there is no action %s", typ, grant.Name, text)
					require.Equal(t, known.Name, name, "%s, grant %s", typ, grant.Name)
					require.False(t, len(known.ResourceTypes) == 0 && !statement.AnyResource, "%s, grant %s: %s has no type of resource", typ, grant.Name, text)
					checked++
				}
			}
		}
	}
	require.Greater(t, checked, 10)
}

// Roles of Google Cloud and Azure are among those that there are; of Azure name and id belong
// together.
func TestRolesAreReal(t *testing.T) {
	t.Parallel()
	folder := need.Env(t, "reference", "TENON_REFERENCE")
	google := table(t, filepath.Join(folder, "gcp_predefined_roles.txt"), "\t")
	azure := table(t, filepath.Join(folder, "azure_builtin_roles.txt"), " ")
	for _, typ := range load(t).Types() {
		for _, grant := range typ.Grants() {
			walk(grant.GCP, func(object map[string]any) {
				if role, ok := object["role"].(string); ok {
					require.Contains(t, google, role, "%s, grant %s", typ, grant.Name)
				}
			})
			walk(grant.Azure, func(object map[string]any) {
				if id, ok := object["roleId"].(string); ok {
					require.Equal(t, azure[id], object["role"], "%s, grant %s", typ, grant.Name)
				}
			})
		}
	}
}

// table reads a file of lines, the first field of each to the rest of it.
func table(t *testing.T, file, separator string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	rows := map[string]string{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		first, rest, _ := strings.Cut(lines.Text(), separator)
		rows[first] = strings.TrimSpace(rest)
	}
	return rows
}

// walk visits the objects in a document.
func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		visit(v)
		for _, element := range v {
			walk(element, visit)
		}
	case []any:
		for _, element := range v {
			walk(element, visit)
		}
	}
}

// How much there is: what the documentation of the catalog promises.
func TestExtent(t *testing.T) {
	t.Parallel()
	types, granted, complete := 0, 0, 0
	platforms := map[string]int{}
	for _, typ := range load(t).Types() {
		types++
		all := map[string]bool{}
		for _, grant := range typ.Grants() {
			for _, platform := range grant.Platforms() {
				all[platform] = true
			}
		}
		for platform := range all {
			platforms[platform]++
		}
		if len(all) > 0 {
			granted++
		}
		if len(all) > 0 && len(typ.Harvests()) > 0 {
			complete++
		}
	}
	said := fmt.Sprintf("%d types, %d with grants %v, %d of them harvested", types, granted, platforms, complete)
	require.GreaterOrEqual(t, types, 180, said)
	require.GreaterOrEqual(t, granted, 70, said)
	require.GreaterOrEqual(t, complete, 60, said)
	for _, platform := range []string{"aws", "azure", "gcp", "kubernetes", "sql"} {
		require.Positive(t, platforms[platform], said)
	}
	t.Log(said)
}

// Every grant with statements for AWS gives a policy over at least one example.
func TestGrantsRender(t *testing.T) {
	t.Parallel()
	for _, typ := range load(t).Types() {
		for _, grant := range typ.Grants() {
			if len(grant.AWS) == 0 {
				continue
			}
			rendered := false
			var why error
			for _, example := range typ.Examples() {
				bindings, problems := iam.Bind("it", "shop/dev.x.it", typ.String(), map[string]artifacts.Grant{grant.Name: grant}, []string{grant.Name})
				require.Empty(t, problems)
				access, err := aws.Render(iam.Access{Bindings: bindings}, map[string]any{"it": example})
				if err != nil {
					why = err
				}
				rendered = rendered || err == nil && access.Policy != nil
			}
			require.True(t, rendered, "%s, grant %s: %v", typ, grant.Name, why)
		}
	}
}
