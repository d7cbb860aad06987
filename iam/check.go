package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Check gives what CheckGrant gives for every grant of a catalog.
func Check(catalog *artifacts.Catalog) tenon.Problems { return check(catalog.Types()) }

// CheckNew is Check of the types that no test has proven yet: see artifacts.Load.
func CheckNew(catalog *artifacts.Catalog) tenon.Problems {
	return check(slices.DeleteFunc(catalog.Types(), (*artifacts.Type).Proven))
}

func check(types []*artifacts.Type) tenon.Problems {
	var problems tenon.Problems
	for _, t := range types {
		for _, grant := range t.Grants() {
			for _, p := range CheckGrant(t, grant) {
				p.Path = tenon.At("grants", grant.Name).Join(p.Path)
				problems.Add(p)
			}
		}
	}
	return problems.Sorted()
}

// CheckGrant gives what is wrong with a grant on artifacts of type t beyond what reading
// it refuses: a template over a sensitive field, which would write a secret into a policy
// (rule sensitive-field), and a condition operator that AWS does not have (rule
// unknown-operator). Warnings, as the author of a type may mean it: nothing for any
// platform (rule empty-grant), an action with a star (rule broad-action), a resource whose
// star reaches beyond the artifact (rule broad-resource). Path is in the grant.
func CheckGrant(t *artifacts.Type, grant artifacts.Grant) tenon.Problems {
	c := checking{sensitive: t.Sensitive()}
	if len(grant.Platforms()) == 0 {
		c.warn("empty-grant", tenon.Path{}, fmt.Sprintf("the grant %q gives nothing on any platform", grant.Name), "")
	}
	for i, statement := range grant.AWS {
		c.statement(tenon.At("aws", i), statement)
	}
	for platform, data := range map[string]any{"azure": grant.Azure, "gcp": grant.GCP, "kubernetes": grant.Kubernetes, "sql": grant.SQL} {
		value.Walk(data, func(path tenon.Path, leaf any) {
			if text, ok := leaf.(string); ok {
				if template, err := artifacts.ParseTemplate(text); err == nil {
					c.template(tenon.At(platform).Join(path), template)
				}
			}
		})
	}
	for i := range c.problems {
		c.problems[i].File, c.problems[i].Line, c.problems[i].Column = grant.File, grant.Line, grant.Column
	}
	return c.problems.Sorted()
}

type checking struct {
	sensitive []tenon.Path
	problems  tenon.Problems
}

func (c *checking) warn(rule string, at tenon.Path, message, hint string) {
	c.problems.Add(tenon.Problem{Severity: tenon.Warning, Rule: rule, Path: at, Message: message, Hint: hint})
}

func (c *checking) statement(at tenon.Path, statement artifacts.AWSStatement) {
	for i, action := range statement.Actions {
		if strings.Contains(action, "*") {
			c.warn("broad-action", at.Append("actions", i), fmt.Sprintf("%q allows more than can be seen", action), "name the actions")
		}
	}
	for i, resource := range statement.Resources {
		here := at.Append("resources", i)
		c.template(here, resource)
		switch before, after, isField := strings.Cut(resource.String(), "{{"); {
		case strings.Contains(before, "*"):
			c.warn("broad-resource", here, fmt.Sprintf("the star of %q does not stand behind a field of the artifact", resource), "")
		case isField && strings.Contains(after, "}}*"):
			c.warn("broad-resource", here, fmt.Sprintf("the star of %q reaches everything whose name only begins like the field", resource), "put a / or a : before it")
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(statement.Conditions)) {
		if !isOperator(operator) {
			c.problems.Add(tenon.Problem{
				Rule: "unknown-operator", Path: at.Append("conditions", operator),
				Message: fmt.Sprintf("AWS has no condition operator %q", operator), Hint: tenon.DidYouMean(operator, operators),
			})
		}
		for key, templates := range statement.Conditions[operator] {
			for i, template := range templates {
				c.template(at.Append("conditions", operator, key, i), template)
			}
		}
	}
}

func (c *checking) template(at tenon.Path, template artifacts.Template) {
	for _, field := range template.Fields() {
		if slices.ContainsFunc(c.sensitive, func(pattern tenon.Path) bool { return value.Overlaps(field, pattern) }) {
			c.problems.Add(tenon.Problem{Rule: "sensitive-field", Path: at, Message: fmt.Sprintf("%s would write the field %s, which is sensitive, into a policy", template, field)})
		}
	}
}

// operators of conditions.
// Source: IAM user guide, "IAM JSON policy elements: Condition operators" (2026-11).
var operators = []string{
	"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike",
	"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals",
	"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals",
	"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike", "Null",
}

// isOperator knows the operators with what may stand around them: one of two quantifiers
// before, IfExists behind (not behind Null).
func isOperator(text string) bool {
	for _, quantifier := range []string{"ForAllValues:", "ForAnyValue:"} {
		if rest, ok := strings.CutPrefix(text, quantifier); ok {
			text = rest
			break
		}
	}
	if rest, ok := strings.CutSuffix(text, "IfExists"); ok && rest != "Null" {
		text = rest
	}
	return slices.Contains(operators, text)
}
