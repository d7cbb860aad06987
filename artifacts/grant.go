package artifacts

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Grant is a named permission that an artifact can expose, as data; package iam and its
// platforms give it a meaning.
type Grant struct {
	Name         string
	Description  string
	AWS          []AWSStatement
	GCP          any // as written, like the next three
	Azure        any
	Kubernetes   any
	SQL          any
	File         string // where it was declared
	Line, Column int
}

// AWSStatement is one statement of a grant: what may be done to which resources. The
// templates read fields of the artifact.
type AWSStatement struct {
	Actions   []string   `json:"actions"`
	Resources []Template `json:"resources,omitempty"`
	// AnyResource says that the actions have no resource type, so that AWS takes only "*".
	AnyResource bool `json:"anyResource,omitempty"`
	// When leaves the statement out where one of its fields is missing, empty or false.
	When *Template `json:"when,omitempty"`
	// Conditions: operator → condition key → values.
	Conditions map[string]map[string][]Template `json:"conditions,omitempty"`
}

// Platforms that the grant has something for, sorted: aws, azure, gcp, kubernetes, sql.
func (g Grant) Platforms() []string {
	var platforms []string
	if len(g.AWS) > 0 {
		platforms = append(platforms, "aws")
	}
	for _, p := range []struct {
		name string
		data any
	}{{"azure", g.Azure}, {"gcp", g.GCP}, {"kubernetes", g.Kubernetes}, {"sql", g.SQL}} {
		if p.data != nil {
			platforms = append(platforms, p.name)
		}
	}
	return platforms
}

// Templates of the grant, on every platform, with their place in the grant.
func (g Grant) templates() ([]placedTemplate, tenon.Problems) {
	var found []placedTemplate
	var problems tenon.Problems
	for i, statement := range g.AWS {
		at := tenon.At("aws", i)
		for j, resource := range statement.Resources {
			found = append(found, placedTemplate{at.Append("resources", j), resource})
		}
		if statement.When != nil {
			found = append(found, placedTemplate{at.Append("when"), *statement.When})
		}
		for operator, keys := range statement.Conditions {
			for key, values := range keys {
				for j, v := range values {
					found = append(found, placedTemplate{at.Append("conditions", operator, key, j), v})
				}
			}
		}
	}
	for name, data := range map[string]any{"azure": g.Azure, "gcp": g.GCP, "kubernetes": g.Kubernetes, "sql": g.SQL} {
		value.Walk(data, func(path tenon.Path, leaf any) {
			text, ok := leaf.(string)
			if !ok {
				return
			}
			template, err := ParseTemplate(text)
			if err != nil {
				problems.Add(tenon.Problem{Rule: "bad-template", Path: tenon.At(name).Join(path), Message: err.Error()})
				return
			}
			found = append(found, placedTemplate{tenon.At(name).Join(path), template})
		})
	}
	return found, problems
}

type placedTemplate struct {
	path     tenon.Path
	template Template
}

type grantFile struct {
	Description string         `json:"description"`
	AWS         []AWSStatement `json:"aws"`
	GCP         any            `json:"gcp"`
	Azure       any            `json:"azure"`
	Kubernetes  any            `json:"kubernetes"`
	SQL         any            `json:"sql"`
}

var validAction = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*]+$`)

// ParseGrants reads a block of grants (name → grant, decoded) of a type or of a bundle's
// ownGrants. declares says whether the artifact's schema names a field: a template over
// one that it does not is a problem. Paths of problems are relative to the block.
func ParseGrants(block any, declares func(tenon.Path) bool) (map[string]Grant, tenon.Problems) {
	var problems tenon.Problems
	object, ok := block.(map[string]any)
	if !ok {
		if block != nil {
			problems.Add(tenon.Problem{Rule: "bad-grant", Message: "grants are an object of names, got " + value.Describe(block)})
		}
		return nil, problems
	}
	grants := make(map[string]Grant, len(object))
	for _, name := range slices.Sorted(maps.Keys(object)) {
		grant, found := parseGrant(name, object[name], declares)
		for _, p := range found {
			p.Path = tenon.At(name).Join(p.Path)
			problems.Add(p)
		}
		grants[name] = grant
	}
	return grants, problems.Sorted()
}

func parseGrant(name string, document any, declares func(tenon.Path) bool) (Grant, tenon.Problems) {
	var problems tenon.Problems
	var file grantFile
	if err := json.Unmarshal(value.Canonical(document), &file); err != nil {
		problems.Add(tenon.Problem{Rule: "bad-grant", Message: err.Error()})
		return Grant{Name: name}, problems
	}
	grant := Grant{Name: name, Description: file.Description, AWS: file.AWS}
	if object, ok := document.(map[string]any); ok { // in the one form, numbers kept
		grant.GCP, grant.Azure, grant.Kubernetes, grant.SQL = object["gcp"], object["azure"], object["kubernetes"], object["sql"]
	}
	for i, statement := range grant.AWS {
		at := tenon.At("aws", i)
		if len(statement.Actions) == 0 {
			problems.Add(tenon.Problem{Rule: "bad-grant", Path: at.Append("actions"), Message: "a statement needs at least one action"})
		}
		for j, action := range statement.Actions {
			if !validAction.MatchString(action) {
				problems.Add(tenon.Problem{Rule: "bad-grant", Path: at.Append("actions", j), Message: fmt.Sprintf("%q is not an action such as sqs:SendMessage", action)})
			}
		}
		if len(statement.Resources) == 0 && !statement.AnyResource {
			problems.Add(tenon.Problem{Rule: "bad-grant", Path: at.Append("resources"), Message: "a statement needs resources", Hint: "say anyResource: true where the actions have no resource type"})
		}
		if len(statement.Resources) > 0 && statement.AnyResource {
			problems.Add(tenon.Problem{Rule: "bad-grant", Path: at, Message: "names resources and anyResource: one of the two holds"})
		}
		for j, resource := range statement.Resources {
			if resource.text == "*" {
				problems.Add(tenon.Problem{Rule: "bad-grant", Path: at.Append("resources", j), Message: "a star alone allows everything", Hint: "name the resource, or say anyResource: true where the actions have no resource type"})
			}
		}
	}
	templates, found := grant.templates()
	problems.Add(found...)
	for _, t := range templates {
		for _, field := range t.template.Fields() {
			if declares != nil && !declares(field) {
				problems.Add(tenon.Problem{Rule: "unknown-field", Path: t.path, Message: fmt.Sprintf("%s names the field %s, which the schema does not have", t.template, field)})
			}
		}
	}
	return grant, problems
}
