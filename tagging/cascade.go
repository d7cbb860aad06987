package tagging

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// Tag is one tag as somebody wrote it.
type Tag struct {
	Value        string
	Locked       bool   // levels below must not change it
	File         string // where it was written; all may be empty
	Line, Column int
}

// Level is one level of the cascade: the organization, a project, an environment, a
// component, a step.
type Level struct {
	Name string // as people call it: organization acme
	Tags map[string]Tag
}

// Tags are key to value.
type Tags map[string]string

// Keys in order.
func (t Tags) Keys() []string { return slices.Sorted(maps.Keys(t)) }

// DefaultPrefix is that of the system tags.
const DefaultPrefix = "tenon-"

// ManagedBy is the key of the system tag that says who made a resource; its value is
// tenon.
const ManagedBy = "managed-by"

// Scope says whose tags they are. The system tags come from it; an empty part gives none.
type Scope struct {
	Organization, Project, Environment, Component string
	Prefix                                        string // of the system tags: DefaultPrefix when empty
}

func (s Scope) prefix() string {
	if s.Prefix == "" {
		return DefaultPrefix
	}
	return s.Prefix
}

// system are the tags that are always there.
func (s Scope) system() Tags {
	tags := Tags{ManagedBy: "tenon"}
	add := func(key, value string) {
		if value != "" {
			tags[s.prefix()+key] = value
		}
	}
	add("organization", s.Organization)
	add("project", s.Project)
	add("environment", s.Environment)
	add("component", s.Component)
	if s.Component != "" {
		add("instance", s.Project+"/"+s.Environment+"."+s.Component)
	}
	return tags
}

// Cascade lays the levels over each other, outermost first, and adds the system tags. A
// locked key that a level below changes is a problem that names both places (rule
// locked-tag), and so is a key that Tenon sets itself (rule reserved-tag). What holds
// then is what was locked, and the system's.
func Cascade(scope Scope, levels ...Level) (Tags, tenon.Problems) {
	type setting struct {
		Tag
		level string
	}
	var problems tenon.Problems
	set := map[string]setting{}
	for _, level := range levels {
		for _, key := range slices.Sorted(maps.Keys(level.Tags)) {
			tag := level.Tags[key]
			before, exists := set[key]
			switch {
			case scope.reserves(key):
				problems.Add(tag.problem("reserved-tag", fmt.Sprintf("the tag %q of %s is reserved: Tenon sets it", key, level.Name)))
			case !exists || !before.Locked:
				set[key] = setting{tag, level.Name}
			case tag.Value != before.Value:
				problems.Add(tag.problem("locked-tag", fmt.Sprintf("%s must not change the tag %q: %s locked it%s", level.Name, key, before.level, before.place())))
			}
		}
	}
	tags := scope.system()
	for key, s := range set {
		tags[key] = s.Value
	}
	return tags, problems.Sorted()
}

// reserves says that a key is for Tenon to set. Case does not matter: some platforms take
// Managed-By and managed-by for one.
func (s Scope) reserves(key string) bool {
	key = strings.ToLower(key)
	return key == ManagedBy || strings.HasPrefix(key, strings.ToLower(s.prefix()))
}

func (t Tag) problem(rule, message string) tenon.Problem {
	return tenon.Problem{Rule: rule, File: t.File, Line: t.Line, Column: t.Column, Message: message}
}

// place is where the tag was written, for the end of a sentence; empty when not known.
func (t Tag) place() string {
	switch {
	case t.File == "":
		return ""
	case t.Line == 0:
		return " in " + t.File
	}
	return fmt.Sprintf(" in %s:%d", t.File, t.Line)
}
