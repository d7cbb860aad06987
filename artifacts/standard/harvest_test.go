package standard_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/need"
)

// sample is a resource as its provider writes it into a state. Attributes are those that the
// provider's documentation, named in source, has and that are read; nested ones with dots.
type sample struct {
	Source     string
	Attributes []string
	Sample     map[string]any
}

// samples of the resources of a type: one for each kind of thing that it may be.
func samples(t *testing.T, resource string) []sample {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "resources", resource+".yaml"))
	require.NoError(t, err, "a resource that something is harvested from needs a sample")
	defer file.Close()
	var list []sample
	for decoder := yaml.NewDecoder(file); ; {
		var s sample
		err := decoder.Decode(&s)
		if errors.Is(err, io.EOF) {
			require.NotEmpty(t, list, resource)
			return list
		}
		require.NoError(t, err, resource)
		require.NotEmpty(t, s.Source, "%s: the page that says so", resource)
		list = append(list, s)
	}
}

func state(t *testing.T, resource string, attributes map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"version": 4, "resources": []any{map[string]any{
		"mode": "managed", "type": resource, "name": "this", "instances": []any{map[string]any{"attributes": attributes}},
	}}})
	require.NoError(t, err)
	return text
}

// What is harvested from a resource is an artifact of the type, for one of its samples at
// least; no sample makes the expression fail.
func TestHarvestIsValid(t *testing.T) {
	t.Parallel()
	catalog := load(t)
	valid, all := map[string]bool{}, map[string]bool{}
	why := map[string]string{}
	resources := map[string]bool{}
	for _, typ := range catalog.Types() {
		for _, resource := range typ.Harvests() {
			all[typ.Name()+" from "+resource] = true
			resources[resource] = true
		}
	}
	for resource := range resources {
		for _, s := range samples(t, resource) {
			found, err := catalog.FromState(t.Context(), state(t, resource, s.Sample))
			require.NoError(t, err)
			for _, f := range found {
				key := f.Type.Name() + " from " + resource
				if f.Valid() {
					valid[key] = true
					continue
				}
				require.NotEqual(t, "harvest-failed", f.Problems[0].Rule, "%s: %s", key, f.Problems)
				why[key] = f.Problems.Error()
			}
		}
	}
	for key := range all {
		require.True(t, valid[key], "%s: no sample makes one: %s", key, why[key])
	}
	files, err := filepath.Glob("testdata/resources/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(resources), "every sample is of a resource that something is harvested from")
}

// Attributes that expressions over AWS resources read are the provider's own: its schema is
// the proof.
func TestHarvestReadsRealAttributes(t *testing.T) {
	t.Parallel()
	schemas := providerSchemas(t, need.Tool(t, "terraform"), need.Env(t, "aws-mirror", "TENON_TF_MIRROR"))
	checked := 0
	each(t, func(typ *artifacts.Type, resource string, names []string) {
		if !strings.HasPrefix(resource, "aws_") {
			return
		}
		require.Contains(t, schemas, resource)
		require.True(t, schemas[resource].Block.has(names), "%s from %s reads %v, which the provider does not have", typ, resource, names)
		checked++
	})
	require.Greater(t, checked, 10)
}

// Of the other providers the attributes stand in the sample's file, as their documentation
// has them.
func TestHarvestReadsDocumentedAttributes(t *testing.T) {
	t.Parallel()
	each(t, func(typ *artifacts.Type, resource string, names []string) {
		if strings.HasPrefix(resource, "aws_") {
			return
		}
		path := strings.Join(names, ".")
		require.True(t, slices.ContainsFunc(samples(t, resource), func(s sample) bool {
			return slices.ContainsFunc(s.Attributes, func(a string) bool {
				return a == path || strings.HasPrefix(path, a+".") || strings.HasPrefix(a, path+".") || path == ""
			})
		}), "%s from %s reads %s, which is not among its attributes", typ, resource, path)
	})
}

// each visits what each expression reads of each resource.
func each(t *testing.T, visit func(typ *artifacts.Type, resource string, names []string)) {
	t.Helper()
	for _, typ := range load(t).Types() {
		for _, resource := range typ.Harvests() {
			for _, path := range typ.HarvestReads(resource) {
				visit(typ, resource, plainSteps(path))
			}
		}
	}
}

// plainSteps are the names of a path, without indexes.
func plainSteps(path tenon.Path) []string {
	var names []string
	for _, step := range path.Steps() {
		if name, ok := step.(string); ok && name != "*" {
			names = append(names, name)
		}
	}
	return names
}

type providerSchema struct {
	Block block `json:"block"`
}

type block struct {
	Attributes map[string]struct {
		Type any `json:"type"`
	} `json:"attributes"`
	BlockTypes map[string]providerSchema `json:"block_types"`
}

func (b block) has(names []string) bool {
	if len(names) == 0 {
		return true
	}
	if attribute, ok := b.Attributes[names[0]]; ok {
		return typeHas(attribute.Type, names[1:])
	}
	nested, ok := b.BlockTypes[names[0]]
	return ok && nested.Block.has(names[1:])
}

// typeHas follows names into a type as Terraform writes it: ["list", ["object", {…}]].
func typeHas(typ any, names []string) bool {
	if len(names) == 0 {
		return true
	}
	list, ok := typ.([]any)
	if !ok || len(list) != 2 {
		return false
	}
	switch list[0] {
	case "list", "set":
		return typeHas(list[1], names)
	case "map":
		return true
	case "object":
		fields, _ := list[1].(map[string]any)
		field, ok := fields[names[0]]
		return ok && typeHas(field, names[1:])
	}
	return false
}

// providerSchemas asks the AWS provider for its resources.
func providerSchemas(t *testing.T, terraform, mirror string) map[string]providerSchema {
	t.Helper()
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	write("main.tf", "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n")
	config := write("cli.tfrc", fmt.Sprintf("provider_installation {\n  filesystem_mirror { path = %q }\n}\n", mirror))
	run := func(arguments ...string) []byte {
		command := exec.CommandContext(t.Context(), terraform, append([]string{"-chdir=" + folder}, arguments...)...)
		command.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "CHECKPOINT_DISABLE=1")
		output, err := command.Output()
		require.NoError(t, err, string(output))
		return output
	}
	run("init", "-input=false", "-no-color")
	var schemas struct {
		Providers map[string]struct {
			Resources map[string]providerSchema `json:"resource_schemas"`
		} `json:"provider_schemas"`
	}
	require.NoError(t, json.Unmarshal(run("providers", "schema", "-json"), &schemas))
	for _, provider := range schemas.Providers {
		return provider.Resources
	}
	t.Fatal("the provider says nothing")
	return nil
}
