package terraform

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Credentials of a request reach the tool's providers by two files that are generated into
// the root module of the work folder, and that are gone with it:
//
//   - provider blocks, by name and alias, for those that the module does not declare;
//   - an override file with the arguments for those that it does. What the module says of
//     them itself stays, but for the arguments and whole nested blocks that stand here. The
//     tools pass over an argument in it that the provider does not have.
//
// Source: Terraform documentation, "Override Files".
const (
	blocksName      = "zz_tenon_credentials.tf.json"
	credentialsName = "zz_tenon_credentials_override.tf.json"
)

const ruleProvider = "module-provider"

// configured is one provider that a request has credentials for.
type configured struct {
	name, alias string
	declared    bool // the module has a block for it
	arguments   map[string]any
}

// providers gives the arguments for each provider of a request, sorted.
func (t *tree) providers(req *provisioner.Request) ([]configured, tenon.Problems) {
	var list []configured
	var problems tenon.Problems
	for _, key := range slices.Sorted(maps.Keys(req.Providers)) {
		name, alias, _ := strings.Cut(key, ".")
		at := tenon.Problem{Rule: ruleProvider, File: path.Clean(req.Path), Path: tenon.At("providers", key)}
		source, ok := t.sourceOf(name)
		if !ok {
			at.Message = fmt.Sprintf("the module uses no provider with the local name %q", name)
			at.Hint = tenon.DidYouMean(name, t.providerNames())
			problems.Add(at)
			continue
		}
		if t.root.RequiredProviders[name] == nil && source != "hashicorp/"+name {
			at.Message = fmt.Sprintf("only a called module uses provider %s, under the local name %q", source, name)
			at.Hint = "name it in required_providers of the step's own module as well, so that it can be configured there"
			problems.Add(at)
			continue
		}
		arguments, wrong := argumentsOf(source, name, sessionName(req), req.Providers[key])
		if wrong != nil {
			at.Message, at.Hint = wrong.Message, wrong.Hint
			problems.Add(at)
			continue
		}
		c := configured{name, alias, t.root.declares(name, alias), arguments}
		if !c.declared && source == "hashicorp/aws" && len(req.Metadata.Tags) > 0 {
			tags := map[string]any{}
			for key, text := range req.Metadata.Tags {
				tags[key] = text
			}
			c.arguments["default_tags"] = []any{map[string]any{"tags": tags}}
		}
		list = append(list, c)
	}
	return list, problems
}

// sourceOf is the address of the provider with a local name, without its registry:
// hashicorp/aws.
func (t *tree) sourceOf(name string) (string, bool) {
	for _, m := range append([]*module{t.root}, t.modules...) {
		provider, ok := m.RequiredProviders[name]
		if !ok {
			continue
		}
		if provider.Source == "" {
			return "hashicorp/" + name, true
		}
		parts := strings.Split(provider.Source, "/")
		return strings.ToLower(strings.Join(parts[max(0, len(parts)-2):], "/")), true
	}
	return "", false
}

func (t *tree) providerNames() []string {
	var names []string
	for _, m := range t.modules {
		names = slices.AppendSeq(names, maps.Keys(m.RequiredProviders))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// declares says that a module has a block for a provider.
func (m *module) declares(name, alias string) bool {
	for _, file := range m.files {
		for _, block := range blocks(file.body, "provider", "name") {
			if block.Labels[0] == name && literal(block.Body, "alias") == alias {
				return true
			}
		}
	}
	return false
}

// mistake is what is wrong with one provider of a request.
type mistake struct{ Message, Hint string }

// argumentsOf gives a provider's arguments: those that its artifact means, and the settings
// of the step over them.
func argumentsOf(source, name, session string, p provisioner.Provider) (map[string]any, *mistake) {
	kind, _, _ := strings.Cut(p.Type, "@")
	document, _ := p.Data.(map[string]any)
	settings := maps.Clone(p.Settings)
	for reserved, hint := range map[string]string{
		"alias": "the alias stands in the provider's name: " + name + ".dns", "version": "versions stand in required_providers of the module",
		"default_tags": "tags come from the organization, the project and the bundle",
	} {
		if _, ok := settings[reserved]; ok {
			return nil, &mistake{fmt.Sprintf("the setting %q is not one that a step can give", reserved), hint}
		}
	}
	made := map[string]any{}
	if rule := mappingOf(source, kind); rule != nil {
		var wrong *mistake
		if made, wrong = rule(data{document, settings, session}); wrong != nil {
			return nil, wrong
		}
	} else if len(settings) == 0 {
		return nil, &mistake{
			Message: fmt.Sprintf("it is not known how provider %s is configured from an artifact of type %s", source, kind),
			Hint:    "write the provider's arguments as settings",
		}
	}
	maps.Copy(made, settings)
	return made, nil
}

// sessionName is by whom a platform sees its roles assumed.
// Source: AWS STS API reference, AssumeRole, RoleSessionName: 2 to 64 of [\w+=,.@-].
func sessionName(req *provisioner.Request) string {
	text := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_+=,.@-", r) {
			return r
		}
		return '-'
	}, "tenon-"+req.Address)
	return text[:min(len(text), 64)]
}
