package terraform

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// inputsName is the file by which the inputs reach the module.
const inputsName = "tenon.auto.tfvars.json"

// variables gives the text of the inputs file: what the module declares, of what it is
// given. Conversions (a number for a string variable) are the tool's, which knows the
// whole of the type language. What has no value is told apart: it may not be known yet.
func (m *module) variables(req *provisioner.Request) (file []byte, problems, missing tenon.Problems) {
	declared := slices.Sorted(maps.Keys(m.Variables))
	values := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(req.Inputs)) {
		if m.Variables[name] != nil {
			values[name] = req.Inputs[name]
			continue
		}
		if !req.Implicit {
			problems.Add(tenon.Problem{
				Rule: ruleInput, File: path.Clean(req.Path), Path: tenon.At("inputs", name),
				Message: fmt.Sprintf("the module declares no variable %q", name),
				Hint:    tenon.DidYouMean(name, declared),
			})
		}
	}
	for _, name := range declared {
		variable := m.Variables[name]
		if _, given := values[name]; given || !variable.Required {
			continue
		}
		hint := "add it to the inputs of the step, or give it a default"
		if req.Implicit {
			hint = "name a param or a connection so, give the step inputs, or give it a default"
		}
		missing.Add(tenon.Problem{
			Rule: ruleInput, File: m.file(variable.Pos.Filename), Line: variable.Pos.Line, Path: tenon.At("inputs", name),
			Message: fmt.Sprintf("the variable %q has no value", name), Hint: hint,
		})
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(values); err != nil {
		problems.Add(tenon.Problem{Rule: ruleInput, File: path.Clean(req.Path), Message: "the inputs are not JSON documents"})
	}
	return text.Bytes(), problems, missing
}

// file is the name in the bundle of a file that the module reader names.
func (m *module) file(name string) string {
	for _, file := range m.files {
		if file.name == name || tofuName(name) == file.name {
			return file.name
		}
	}
	return name
}
