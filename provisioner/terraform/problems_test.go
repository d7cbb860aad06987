package terraform_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/terraform"
)

// What a person did wrong is a problem with file and line, before the tool is asked where
// that can be, in its own words else.
func TestProblems(t *testing.T) {
	t.Parallel()
	const names = "variable \"name\" {\n  type = string\n}\n"
	for _, test := range []struct {
		name   string
		files  fstest.MapFS
		inputs map[string]any
		change func(*provisioner.Request)
		want   string
	}{
		{
			name: "grammar", files: bundle("src/main.tf", "resource \"terraform_data\" \"a\" {\n  input = \n}\n"),
			want: "src/main.tf:2:11: Invalid expression: Expected the start of an expression, but found an invalid expression token.",
		},
		{
			name: "no folder", files: bundle("other/main.tf", ""),
			want: "src: there is no such folder in the bundle",
		},
		{
			name: "no module", files: bundle("src/readme.md", ""),
			want: "src: there is no TOOL module in this folder (a module has at least one file whose name ends with .tf)",
		},
		{
			name: "outside", files: bundle("src/main.tf", ""), change: func(r *provisioner.Request) { r.Path = "../src" },
			want: "../src: the folder of a step lies inside its bundle",
		},
		{
			name: "undeclared input", files: bundle("src/main.tf", names), inputs: map[string]any{"name": "x", "naem": "y"},
			want: `src: inputs.naem: the module declares no variable "naem" (did you mean "name"?)`,
		},
		{
			name: "missing input", files: bundle("src/main.tf", names),
			want: `src/main.tf:1: inputs.name: the variable "name" has no value (add it to the inputs of the step, or give it a default)`,
		},
		{
			name: "missing param", files: bundle("src/main.tf", names), change: func(r *provisioner.Request) { r.Implicit = true },
			want: `src/main.tf:1: inputs.name: the variable "name" has no value (name a param or a connection so, give the step inputs, or give it a default)`,
		},
		{
			name: "shared state", files: bundle("src/main.tf", "terraform {\n  backend \"s3\" {\n    bucket = \"b\"\n    key    = \"state\"\n  }\n}\n"),
			want: "src/main.tf:4:5: the backend's key is a fixed text, so that all instances of the bundle would share one state (remove the backend block, and the state is kept by Tenon, one for each instance)",
		},
		{
			name: "unknown name", files: bundle("src/main.tf", "resource \"terraform_data\" \"a\" {\n  input = var.nothing\n}\n"),
			want: `src/main.tf:2:11: Reference to undeclared input variable: An input variable with the name "nothing" has not been declared.`,
		},
		{
			name:  "in a called module",
			files: bundle("src/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n}\n", "modules/m/main.tf", "locals {\n  x = 1\n}\noutput \"x\" {\n  value = local.y\n}\n"),
			want:  `modules/m/main.tf:5:11: Reference to undeclared local value: A local value with the name "y" has not been declared.`,
		},
		{
			name: "type of an input", files: bundle("src/main.tf", names), inputs: map[string]any{"name": []any{"x"}},
			want: "src/main.tf:1:1: Invalid value for input variable: The given value is not suitable for var.name declared at main.tf:1,1-16: string required",
		},
		{
			name: "rule of an input", inputs: map[string]any{"name": "x"},
			files: bundle("src/main.tf", "variable \"name\" {\n  validation {\n    condition     = length(var.name) > 2\n    error_message = \"Too short.\"\n  }\n}\n"),
			want:  "src/main.tf:PLACE: Invalid value for variable: Too short. This was checked by the validation rule at main.tf:2,3-13.",
		},
		{
			name:   "precondition",
			files:  bundle("src/main.tf", "variable \"name\" {}\nresource \"terraform_data\" \"a\" {\n  lifecycle {\n    precondition {\n      condition     = var.name == 2\n      error_message = \"Never.\"\n    }\n  }\n}\n"),
			inputs: map[string]any{"name": 1},
			want:   "src/main.tf:5:23: Resource precondition failed: Never.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			eachTool(t, func(t *testing.T, which terraform.Tool) {
				req := request(t, test.files, test.inputs)
				if test.change != nil {
					test.change(req)
				}
				place := map[terraform.Tool]string{terraform.Terraform: "2:3", terraform.OpenTofu: "1:1"} // of a validation
				want := strings.NewReplacer("TOOL", title(which), "PLACE", place[which]).Replace(test.want)
				plan, err := newDriver(which).Plan(t.Context(), req, provisioner.Discard)
				require.Nil(t, plan)
				requireLine(t, err, want)
				var problems tenon.Problems
				require.ErrorAs(t, err, &problems)
				requireEmpty(t, req.WorkDir)

				result, err := newDriver(which).Apply(t.Context(), req, provisioner.Discard)
				requireLine(t, err, want)
				require.Equal(t, provisioner.Failed, result.Outcome)
				require.Nil(t, req.State.(*memo).text)
				requireEmpty(t, req.WorkDir)
			})
		})
	}
}

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	files := bundle("src/main.tf", "variable \"a\" {}\nvariable \"b\" {}\nterraform {\n  backend \"local\" {\n    path = \"x\"\n  }\n}\n")
	driver := terraform.New(&terraform.Options{Path: fakeTool(t, "exit 1")})
	_, err := driver.Plan(t.Context(), request(t, files, map[string]any{"c": 1}), provisioner.Discard)
	require.Equal(t, []string{
		`src: inputs.c: the module declares no variable "c"`,
		`src/main.tf:1: inputs.a: the variable "a" has no value (add it to the inputs of the step, or give it a default)`,
		`src/main.tf:2: inputs.b: the variable "b" has no value (add it to the inputs of the step, or give it a default)`,
		`src/main.tf:5:5: the backend's path is a fixed text, so that all instances of the bundle would share one state (remove the backend block, and the state is kept by Tenon, one for each instance)`,
	}, lines(err))
}

func TestToolMissing(t *testing.T) {
	t.Parallel()
	nowhere := t.TempDir()
	for _, test := range []struct {
		name string
		opts terraform.Options
		want string
	}{
		{
			"terraform", terraform.Options{Environ: []string{"PATH=" + nowhere}},
			"Terraform is not on this machine (install Terraform so that terraform is on PATH, or give the driver the path of its binary)",
		},
		{
			"tofu", terraform.Options{Tool: terraform.OpenTofu, Environ: []string{"HOME=" + nowhere}},
			"OpenTofu is not on this machine (install OpenTofu so that tofu is on PATH, or give the driver the path of its binary)",
		},
		{
			"path", terraform.Options{Path: "/nowhere/terraform"},
			"Terraform is not on this machine (there is no program at /nowhere/terraform)",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			driver := terraform.New(&test.opts)
			req := request(t, bundle("src/main.tf", ""), nil)
			_, err := driver.Plan(t.Context(), req, provisioner.Discard)
			require.EqualError(t, err, test.want)
			require.ErrorIs(t, err, provisioner.ErrToolMissing)
			result, err := driver.Apply(t.Context(), req, provisioner.Discard)
			require.EqualError(t, err, test.want)
			require.Equal(t, provisioner.Failed, result.Outcome)
			_, err = driver.Identity(t.Context(), "")
			require.EqualError(t, err, test.want)
			_, _, err = driver.Version(t.Context(), "")
			require.EqualError(t, err, test.want)
			req.Mode = provisioner.Destroy
			result, err = driver.Apply(t.Context(), req, provisioner.Discard)
			require.NoError(t, err, "destroying nothing needs no tool")
			require.Equal(t, provisioner.Done, result.Outcome)
		})
	}
}

func TestVersionWanted(t *testing.T) {
	t.Parallel()
	asked := filepath.Join(t.TempDir(), "asked")
	path := script(t, "echo asked >> "+asked+"; echo Terraform v1.11.4")
	driver := terraform.New(&terraform.Options{Path: path})
	for _, want := range []string{"", "1", "1.11", "1.11.4", "v1.11"} {
		name, version, err := driver.Version(t.Context(), want)
		require.NoError(t, err)
		require.Equal(t, "terraform 1.11.4", name+" "+version)
	}
	for _, want := range []string{"1.1", "1.10", "1.11.40", "2"} {
		_, _, err := driver.Version(t.Context(), want)
		require.EqualError(t, err, "Terraform "+want+" is wanted, but 1.11.4 is here "+
			"(install Terraform "+want+", or change the driver of the step to terraform:1.11.4)")
	}
	req := request(t, bundle("src/main.tf", ""), nil)
	req.Version = "1.10"
	_, err := driver.Plan(t.Context(), req, provisioner.Discard)
	require.ErrorIs(t, err, provisioner.ErrToolMissing)
	require.Len(t, made(t, asked), 1, "an unchanged binary is asked once")

	before, err := driver.Identity(t.Context(), "")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\necho Terraform v1.12.0\n"), 0o700))
	after, err := driver.Identity(t.Context(), "")
	require.NoError(t, err)
	require.NotEqual(t, before, after)
	_, version, err := driver.Version(t.Context(), "1.12")
	require.NoError(t, err)
	require.Equal(t, "1.12.0", version)
}

// requireLine looks for a problem that begins so: what a tool adds differs by version.
func requireLine(t *testing.T, err error, want string) {
	t.Helper()
	require.True(t, slices.ContainsFunc(lines(err), func(line string) bool { return strings.HasPrefix(line, want) }),
		"want %s\ngot  %v", want, err)
}
