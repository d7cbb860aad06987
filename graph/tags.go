package graph

import (
	"fmt"
	"maps"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/tagging"
)

// tags decides tags, names and metadata of every instance.
func (r *resolver) tags() {
	org := r.estate.organization
	shared := []tagging.Level{
		level("organization "+org.Name, org.Tags, org.node.Get("tags")),
		level("project "+r.project.Name, r.project.Tags, r.project.node.Get("tags")),
		level("environment "+r.file.Name, r.file.Tags, r.file.node.Get("tags")),
	}
	scope := tagging.Scope{Organization: org.Name, Project: r.project.Name, Environment: r.file.Name, Prefix: org.Naming.TagPrefix}
	tags, found := tagging.Cascade(scope, shared...)
	r.problems.Add(found...)
	r.env.tags = tags
	r.notActedOn(org.node)
	for _, address := range slices.Sorted(maps.Keys(r.env.byAddress)) {
		i := r.env.byAddress[address]
		setNode := r.file.node.Get("instances", i.component)
		levels := append(slices.Clone(shared),
			level("component "+i.component, r.project.Components[i.component].Tags, i.node.Get("tags")),
			level("instance "+i.address, r.file.Instances[i.component].Tags, setNode.Get("tags")))
		scope.Component = i.component
		tags, found := tagging.Cascade(scope, levels...)
		r.problems.Add(found...)
		r.checkTags(i, tags, levels)
		i.metadata = tagging.Metadata{
			Organization: org.Name, Project: r.project.Name, Environment: r.file.Name, Component: i.component, Instance: i.address,
			Account: r.file.Account, Region: r.file.Region, Bundle: i.bundle.Name, Version: i.bundle.Version,
			NamePrefix: tagging.NamePrefix(tagging.MaxNamePrefix, r.project.Name, r.file.Name, i.component), Tags: tags,
		}
	}
}

func level(name string, tags map[string]tag, node *source.Node) tagging.Level {
	l := tagging.Level{Name: name, Tags: make(map[string]tagging.Tag, len(tags))}
	for key, t := range tags {
		at := tagging.Tag{Value: t.Value, Locked: t.Locked}
		if node != nil {
			at.File = node.File
			at.Line, at.Column = node.KeyPlace(key)
		}
		l.Tags[key] = at
	}
	return l
}

// checkTags holds the tags against the organization's policy and the platform's rules. A
// problem stands where the tag was written last.
func (r *resolver) checkTags(i *Instance, tags tagging.Tags, levels []tagging.Level) {
	for n, key := range r.estate.organization.TagPolicy.Required {
		if _, ok := tags[key]; !ok {
			r.add(i.node.Problem("missing-tag", fmt.Sprintf("%s: the tag %q is required", i.address, key), fmt.Sprintf("%s:%d asks for it", r.estate.organization.node.File, r.estate.organization.node.Get("tagPolicy", "required", n).Line)))
		}
	}
	for _, p := range tagging.CheckAWS(tags) {
		steps := p.Path.Steps()
		at := i.node.Problem(p.Rule, p.Message, p.Hint)
		if len(steps) == 1 {
			key, _ := steps[0].(string)
			for _, l := range levels {
				if t, ok := l.Tags[key]; ok && t.File != "" {
					at.File, at.Line, at.Column, at.Path = t.File, t.Line, t.Column, tenon.At("tags", key)
				}
			}
		}
		r.add(at)
	}
}

// notActedOn names what an author may believe in and this version leaves alone.
func (r *resolver) notActedOn(org *source.Node) {
	for _, what := range []struct {
		path    []any
		message string
	}{
		{[]any{"naming", "convention"}, "the naming convention is not applied by this version: names begin with name_prefix"},
		{[]any{"state"}, "modules' backends are not completed by this version: a module without one has its state kept by Tenon"},
		{[]any{"policies"}, "policies are not run by this version"},
	} {
		if node := org.Get(what.path...); node != nil {
			p := node.Problem("not-acted-on", what.message, "")
			p.Severity = tenon.Warning
			r.add(p)
		}
	}
}
