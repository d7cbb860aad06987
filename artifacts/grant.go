package artifacts

import (
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
