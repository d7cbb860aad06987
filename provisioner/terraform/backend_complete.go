package terraform

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// backend is what a module says about its state, completed from the options: a block that
// is empty or lacks settings gets them for the step of a request. What the module says
// itself holds.
func (d *Driver) backend(m *module, req *provisioner.Request) (backend, tenon.Problems) {
	found, problems := m.declaredBackend()
	if found.kind == "" {
		return found, problems
	}
	settings := d.options.Backend[found.kind]
	keys := stateKeys[found.kind]
	fail := func(message, hint string) {
		problems.Add(tenon.Problem{Rule: ruleSettings, File: found.file, Line: found.line, Message: message, Hint: hint})
	}
	values := map[string]cty.Value{}
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if slices.Contains(found.said, name) {
			continue
		}
		if slices.Contains(keys, name) && !apart(settings[name]) {
			fail(fmt.Sprintf("the setting %s of backend %s would give many instances one state", name, found.kind),
				"write {step}, and {instance} or all of {project}, {environment} and {component} into it")
			continue
		}
		text, unknown := placeholders(settings[name], req)
		if unknown != "" {
			fail(fmt.Sprintf("the setting %s of backend %s asks for %s, which this instance has not", name, found.kind, unknown),
				"there are {organization}, {project}, {environment}, {component}, {instance} and {step}")
			continue
		}
		values[name] = cty.StringVal(text)
	}
	placed := len(keys) == 0 || slices.ContainsFunc(keys, func(key string) bool {
		_, given := values[key]
		return given || slices.Contains(found.said, key)
	})
	if found.kind != "local" && !placed && !problems.HasErrors() {
		fail(fmt.Sprintf("the backend has no %s, by which the states of instances are told apart", keys[0]),
			"give the driver settings for backend "+found.kind+", or remove the block, and the state is kept by Tenon, one for each instance")
	}
	if len(values) > 0 {
		found.own = true
		file := hclwrite.NewEmptyFile()
		for _, name := range slices.Sorted(maps.Keys(values)) {
			file.Body().SetAttributeValue(name, values[name])
		}
		found.config = file.Bytes()
	}
	return found, problems
}

var placeholder = regexp.MustCompile(`\{(\w+)\}`)

// placeholders puts what is known of the instance into a setting. unknown is the first one
// that it has nothing for.
func placeholders(text string, req *provisioner.Request) (filled, unknown string) {
	m := req.Metadata
	known := map[string]string{
		"organization": m.Organization, "project": m.Project, "environment": m.Environment, "component": m.Component,
		"instance": req.Address, "step": req.Step,
	}
	filled = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		value := known[strings.Trim(match, "{}")]
		if value == "" && unknown == "" {
			unknown = match
		}
		return value
	})
	return filled, unknown
}

// apart says that a setting is another one for each step of each instance.
func apart(text string) bool {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !strings.Contains(text, "{"+name+"}") })
	}
	return has("step") && (has("instance") || has("project", "environment", "component"))
}

// backendSecrets are the settings of backends that are never shown.
func (o *Options) backendSecrets() []string {
	var found []string
	for _, settings := range o.Backend {
		for name, value := range settings {
			if telltale.MatchString(name) || tellingKey.MatchString(name) || name == "conn_str" {
				found = append(found, value)
			}
		}
	}
	slices.Sort(found)
	return found
}
