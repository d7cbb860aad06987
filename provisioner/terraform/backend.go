package terraform

import (
	"fmt"

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

// ownState says that the module keeps its state itself. A place that is written in the
// module would be shared by every instance of the bundle: that is a problem.
func (m *module) ownState() (bool, tenon.Problems) {
	var problems tenon.Problems
	own := false
	for _, file := range m.files {
		for _, terraform := range blocks(file.body, "terraform") {
			if len(blocks(terraform.Body, "cloud")) > 0 {
				own = true
			}
			for _, backend := range blocks(terraform.Body, "backend", "type") {
				own = true
				attributes, _ := backend.Body.JustAttributes()
				for _, key := range stateKeys[backend.Labels[0]] {
					attribute := attributes[key]
					if attribute == nil || len(attribute.Expr.Variables()) > 0 {
						continue
					}
					at := attribute.NameRange.Start
					problems.Add(tenon.Problem{
						Rule: ruleBackend, File: file.name, Line: at.Line, Column: at.Column,
						Message: fmt.Sprintf("the backend's %s is a fixed text, so that all instances of the bundle would share one state", key),
						Hint:    "remove the backend block, and the state is kept by Tenon, one for each instance",
					})
				}
			}
		}
	}
	return own, problems
}
