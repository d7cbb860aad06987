package terraform

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-config-inspect/tfconfig"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Inspect gives the variables and outputs that a module declares. It starts no process. A
// module that cannot be read is tenon.Problems.
func (d *Driver) Inspect(_ context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	found, err := d.load(files, path)
	if err != nil {
		return nil, err
	}
	module := &provisioner.Module{}
	for _, name := range slices.Sorted(maps.Keys(found.Variables)) {
		v := found.Variables[name]
		module.Inputs = append(module.Inputs, provisioner.Variable{
			Name: name, Type: v.Type, Description: v.Description, Required: v.Required, Sensitive: v.Sensitive,
		})
	}
	for _, name := range slices.Sorted(maps.Keys(found.Outputs)) {
		o := found.Outputs[name]
		module.Outputs = append(module.Outputs, provisioner.Variable{
			Name: name, Description: o.Description, Sensitive: o.Sensitive,
		})
	}
	return module, nil
}

// Rules of the problems that are found before the tool is asked.
const (
	ruleFolder  = "step-folder"
	ruleModule  = "module"
	ruleInput   = "module-input"
	ruleBackend = "module-backend"
	// What completes a backend is the driver's: no mistake of a module.
	ruleSettings = "backend-settings"
)

// module is what a folder declares, with its parsed files.
type module struct {
	*tfconfig.Module
	files []configFile
}

// load reads the module in a folder of files.
func (d *Driver) load(files fs.FS, folder string) (*module, error) {
	folder = path.Clean(folder)
	if info, err := fs.Stat(files, folder); err != nil || !info.IsDir() {
		return nil, tenon.Problems{{
			Rule: ruleFolder, File: folder, Message: "there is no such folder in the bundle",
		}}
	}
	view := d.dialect(files)
	system := tfconfig.WrapFS(view)
	if !tfconfig.IsModuleDirOnFilesystem(system, folder) {
		return nil, tenon.Problems{{
			Rule: ruleFolder, File: folder, Message: "there is no " + d.options.Tool.title() + " module in this folder",
			Hint: "a module has at least one file whose name ends with .tf",
		}}
	}
	parsed, problems := parseFolder(view, folder)
	if problems.HasErrors() { // before the module reader tries the grammar of older days
		return nil, problems.Err()
	}
	config, diagnostics := tfconfig.LoadModuleFromFilesystem(system, folder)
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity != tfconfig.DiagError {
			continue
		}
		problem := tenon.Problem{Rule: ruleModule, File: folder, Message: sentence(diagnostic.Summary, diagnostic.Detail)}
		if diagnostic.Pos != nil {
			problem.File, problem.Line = original(files, diagnostic.Pos.Filename), diagnostic.Pos.Line
		}
		problems.Add(problem)
	}
	return &module{Module: config, files: parsed}, problems.Err()
}

// tree is a module with the local modules it calls.
type tree struct {
	root    *module
	modules []*module // all of them, by folder
	foreign bool      // it needs providers or modules that are not here
}

// loadTree follows the local calls of a module.
func (d *Driver) loadTree(files fs.FS, folder string) (*tree, error) {
	root, err := d.load(files, folder)
	if err != nil {
		return nil, err
	}
	t := &tree{root: root}
	seen := map[string]*module{}
	var visit func(m *module, folder string)
	visit = func(m *module, folder string) {
		seen[folder] = m
		for name, provider := range m.RequiredProviders {
			if !builtIn(name, provider) {
				t.foreign = true
			}
		}
		for _, call := range m.ModuleCalls {
			t.foreign = true // also a local call is only known after init
			if !isLocal(call.Source) {
				continue
			}
			child := path.Join(folder, call.Source)
			if seen[child] != nil || strings.HasPrefix(child, "../") {
				continue
			}
			// What is wrong with a called module the tool says, with the place of the call.
			if called, err := d.load(files, child); err == nil {
				visit(called, child)
			}
		}
	}
	visit(root, path.Clean(folder))
	for _, folder := range slices.Sorted(maps.Keys(seen)) {
		t.modules = append(t.modules, seen[folder])
	}
	return t, nil
}

func isLocal(source string) bool {
	return strings.HasPrefix(source, "./") || strings.HasPrefix(source, "../")
}

// builtIn says that the provider is part of the tool's binary.
func builtIn(name string, provider *tfconfig.ProviderRequirement) bool {
	const source = "terraform.io/builtin/terraform"
	return provider.Source == source || provider.Source == "" && name == "terraform"
}

// sentence is a diagnostic on one line.
func sentence(summary, detail string) string {
	summary, detail = strings.Join(strings.Fields(summary), " "), strings.Join(strings.Fields(detail), " ")
	switch {
	case detail == "":
		return summary
	case summary == "" || strings.HasPrefix(detail, strings.TrimSuffix(summary, ".")):
		return detail
	}
	return strings.TrimSuffix(summary, ".") + ": " + detail
}
