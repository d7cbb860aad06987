package terraform

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/hashicorp/terraform-config-inspect/tfconfig"
	"github.com/zclconf/go-cty/cty"

	"github.com/tenon-sdk/tenon/tagging"
)

// The tags of the metadata reach every AWS resource as default tags of its provider, by
// files that are generated into the work folder:
//
//   - an override file in every module folder that has provider blocks: overriding a
//     block replaces its whole default_tags, so the module's own are merged in, and each
//     alias is a block of its own;
//   - a plain file where the module uses the provider without a block: an override needs
//     one to merge into.
//
// Source: Terraform documentation, "Override Files"; AWS provider documentation,
// "default_tags Configuration Block".
const (
	overrideName = "zz_tenon_override.tf" // the last by name wins
	plainName    = "zz_tenon_providers.tf"
)

// tagged is one provider block that gets tags.
type tagged struct {
	name, alias string
	own         string // the module's expression for its tags; empty: none
}

// writeProviders writes what is generated for the providers of the modules: tags, and the
// credentials of the root module.
func (w *work) writeProviders(t *tree, tags tagging.Tags, list []configured) error {
	if len(tags) > 0 {
		missing, err := w.overrideTags(t, tags)
		if err != nil {
			return err
		}
		missing = slices.DeleteFunc(missing, func(b tagged) bool { // it comes with its tags
			return slices.ContainsFunc(list, func(c configured) bool { return b.name == c.name && b.alias == c.alias })
		})
		if len(missing) > 0 {
			if err := w.writeBlocks(t.root.Path, plainName, missing, tags); err != nil {
				return err
			}
		}
	}
	return w.writeCredentials(t.root.Path, list)
}

// overrideTags adds tags to the provider blocks that the modules have, and names those that
// the root module uses without a block.
func (w *work) overrideTags(t *tree, tags tagging.Tags) (missing []tagged, err error) {
	used := false
	for _, m := range t.modules {
		names := m.awsNames()
		used = used || len(names) > 0
		if blocks := m.awsBlocks(names); len(blocks) > 0 {
			if err := w.writeBlocks(m.Path, overrideName, blocks, tags); err != nil {
				return nil, err
			}
		}
	}
	names := t.root.awsNames()
	if used && len(names) == 0 {
		names = []string{"aws"} // a called module inherits it under this name
	}
	for _, name := range names {
		has := slices.ContainsFunc(t.root.awsBlocks(names), func(b tagged) bool { return b.name == name && b.alias == "" })
		if !has {
			missing = append(missing, tagged{name: name})
		}
	}
	return missing, nil
}

// awsNames are the local names of the AWS provider in a module, sorted.
func (m *module) awsNames() []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.RequiredProviders)) {
		if isAWS(name, m.RequiredProviders[name]) {
			names = append(names, name)
		}
	}
	return names
}

func isAWS(name string, provider *tfconfig.ProviderRequirement) bool {
	if provider.Source == "" {
		return name == "aws"
	}
	return provider.Source == "hashicorp/aws" || strings.HasSuffix(provider.Source, "/hashicorp/aws")
}

// awsBlocks are the provider blocks of these names, by name and alias. Files come with
// overrides last, as the tool merges them.
func (m *module) awsBlocks(names []string) []tagged {
	type key struct{ name, alias string }
	found := map[key]tagged{}
	for _, file := range m.inOrder() {
		for _, block := range blocks(file.body, "provider", "name") {
			if !slices.Contains(names, block.Labels[0]) {
				continue
			}
			k := key{name: block.Labels[0], alias: literal(block.Body, "alias")}
			merged := found[k]
			merged.name, merged.alias = k.name, k.alias
			if own := file.ownTags(block.Body); own != "" {
				merged.own = own
			}
			found[k] = merged
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b tagged) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.alias, b.alias))
	})
}

// inOrder gives the files with the module's own overrides last.
func (m *module) inOrder() []configFile {
	isOverride := func(name string) int {
		stem, _, _ := strings.Cut(path.Base(name), ".")
		if stem == "override" || strings.HasSuffix(stem, "_override") {
			return 1
		}
		return 0
	}
	return slices.SortedStableFunc(slices.Values(m.files), func(a, b configFile) int {
		return isOverride(a.name) - isOverride(b.name)
	})
}

// ownTags is the text of the module's expression for its default tags. It is taken over
// as it stands: it may read variables, and JSON is HCL here.
func (f configFile) ownTags(provider hcl.Body) string {
	for _, block := range blocks(provider, "default_tags") {
		if text := f.expression(block.Body, "tags"); text != "" {
			return text
		}
	}
	for _, block := range blocks(provider, "dynamic", "type") {
		if block.Labels[0] != "default_tags" {
			continue
		}
		iterator := cmp.Or(f.expression(block.Body, "iterator"), "default_tags")
		for _, content := range blocks(block.Body, "content") {
			if text := f.expression(content.Body, "tags"); text != "" {
				return fmt.Sprintf("merge([for %s in [for k, v in %s : {key = k, value = v}] : %s]...)",
					iterator, f.expression(block.Body, "for_each"), text)
			}
		}
	}
	return ""
}

// expression is the source text of an attribute; empty where there is none.
func (f configFile) expression(body hcl.Body, name string) string {
	attribute := attributeOf(body, name)
	if attribute == nil {
		return ""
	}
	return string(attribute.Expr.Range().SliceBytes(f.text))
}

// literal is the value of an attribute that is a plain text.
func literal(body hcl.Body, name string) string {
	attribute := attributeOf(body, name)
	if attribute == nil {
		return ""
	}
	v, _ := attribute.Expr.Value(nil)
	if v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return ""
	}
	return v.AsString()
}

func attributeOf(body hcl.Body, name string) *hcl.Attribute {
	content, _, _ := body.PartialContent(&hcl.BodySchema{Attributes: []hcl.AttributeSchema{{Name: name}}})
	if content == nil {
		return nil
	}
	return content.Attributes[name]
}

// writeBlocks writes one file of provider blocks with default tags into a module's folder.
// Where a key stands in both, the metadata's tag holds: it is what everything else of the
// instance carries.
func (w *work) writeBlocks(folder, name string, providers []tagged, tags tagging.Tags) error {
	values := map[string]cty.Value{}
	for key, text := range tags {
		values[key] = cty.StringVal(text)
	}
	given := string(hclwrite.TokensForValue(cty.ObjectVal(values)).Bytes())
	var b strings.Builder
	for _, p := range providers {
		fmt.Fprintf(&b, "provider %q {\n", p.name)
		if p.alias != "" {
			fmt.Fprintf(&b, "alias = %q\n", p.alias)
		}
		b.WriteString("default_tags {\ntags = ")
		if p.own != "" {
			fmt.Fprintf(&b, "merge(%s, %s)", p.own, given)
		} else {
			b.WriteString(given)
		}
		b.WriteString("\n}\n}\n")
	}
	path := filepath.Join(w.inFiles(folder), name)
	return os.WriteFile(path, hclwrite.Format([]byte(b.String())), 0o600)
}
