package terraform

import (
	"fmt"
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"

	"github.com/tenon-sdk/tenon"
)

// stateKeys are the settings by which a backend tells one state from another.
// Source: Terraform documentation, "Backend Configuration", the page of each backend.
var stateKeys = map[string][]string{
	"local":      {"path"},
	"s3":         {"key"},
	"gcs":        {"prefix"},
	"azurerm":    {"key"},
	"http":       {"address"},
	"consul":     {"path"},
	"cos":        {"prefix", "key"},
	"oss":        {"prefix", "key"},
	"pg":         {"schema_name"},
	"kubernetes": {"secret_suffix"},
}

// backend is what a module says about its state.
type backend struct {
	declared bool // init is needed
	own      bool // the module keeps its state itself
	kind     string
	file     string // where the block stands
	line     int
	said     []string // the settings of it that the module has, sorted
	config   []byte   // what completes it, as the file for init; nil: nothing
}

// declaredBackend reads the backend or cloud block of a module. A place that is written in the
// module as a fixed text would be shared by every instance of the bundle: a problem.
func (m *module) declaredBackend() (backend, tenon.Problems) {
	var found backend
	var problems tenon.Problems
	refuse := func(file configFile, attribute *hcl.Attribute, what string) {
		if attribute == nil || len(attribute.Expr.Variables()) > 0 {
			return
		}
		at := attribute.NameRange.Start
		problems.Add(tenon.Problem{
			Rule: ruleBackend, File: file.name, Line: at.Line, Column: at.Column,
			Message: fmt.Sprintf("the backend's %s is a fixed text, so that all instances of the bundle would share one state", what),
			Hint:    "remove the backend block, and the state is kept by Tenon, one for each instance",
		})
	}
	for _, file := range m.files {
		for _, terraform := range blocks(file.body, "terraform") {
			workspaces := blocks(terraform.Body, "cloud")
			found.declared = found.declared || len(workspaces) > 0
			found.own = found.own || len(workspaces) > 0
			for _, block := range blocks(terraform.Body, "backend", "type") {
				kind := block.Labels[0]
				found.declared, found.kind = true, kind
				found.file, found.line = file.name, block.DefRange.Start.Line
				attributes, _ := block.Body.JustAttributes()
				found.said = slices.Sorted(maps.Keys(attributes))
				// A local backend without a path is where the state lies anyway.
				found.own = found.own || kind != "local" || attributes["path"] != nil
				for _, key := range stateKeys[kind] {
					refuse(file, attributeOf(block.Body, key), key)
				}
				if kind == "remote" {
					workspaces = append(workspaces, block)
				}
			}
			for _, block := range workspaces {
				for _, inner := range blocks(block.Body, "workspaces") {
					refuse(file, attributeOf(inner.Body, "name"), "workspace")
				}
			}
		}
	}
	return found, problems
}
