package aws

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/iam"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Rendered is the access of one instance on AWS.
type Rendered struct {
	Policy   *Document // what it may do; nil where no binding has anything for AWS
	Trust    *Document // who may take the role; nil without an identity
	Identity iam.Identity
	Boundary string   // permissions boundary (ARN); may be empty
	Path     string   // IAM path; may be empty
	Origins  []Origin // which edge brought which statement of Policy
}

// Origin says which binding a statement of the policy came from, and where that was
// chosen. A statement that several bindings brought has one for each.
type Origin struct {
	Statement            int // index in Policy.Statement
	Slot, Producer, Type string
	Grant                string
	File                 string
	Line, Column         int
}

// Render fills the statements of the bindings with the documents of the artifacts: slot →
// plain document. Statements that differ only in their actions become one. Bindings whose
// grant has nothing for AWS are left out.
//
// The error is tenon.Problems, each with the place where the grant was bound: a value that
// would break out of its field (rule unsafe-value), a field without a value (rule
// missing-value), an identity that there is not (rule unknown-identity). Values do not
// stand in them.
func Render(access iam.Access, data map[string]any) (*Rendered, error) {
	var problems tenon.Problems
	if access.Identity != "" && !slices.Contains(iam.Identities(), access.Identity) {
		problems.Add(tenon.Problem{
			Rule: "unknown-identity", Path: tenon.At("app", "identity"),
			Message: fmt.Sprintf("unknown kind of identity %q", access.Identity), Hint: fmt.Sprintf("there are %v", iam.Identities()),
		})
	}
	var parts []part
	for _, binding := range access.Sorted().Bindings {
		document, err := value.Normal(data[binding.Slot])
		if err != nil {
			problems.Add(located(binding, tenon.Problem{Rule: "not-json", Message: err.Error()}))
			continue
		}
		for _, declared := range binding.Grant.AWS {
			if declared.When != nil && !holds(*declared.When, document) {
				continue
			}
			f := filling{document: document}
			parts = append(parts, part{f.statement(declared), binding})
			for _, p := range f.problems {
				problems.Add(located(binding, p))
			}
		}
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	rendered := &Rendered{Identity: access.Identity, Boundary: access.Boundary, Path: access.Path}
	rendered.Policy, rendered.Origins = merge(parts)
	rendered.Trust = trust(access.Identity, rendered.Policy.partition())
	return rendered, nil
}

// located is a problem at the place where a grant was bound.
func located(binding iam.Binding, p tenon.Problem) tenon.Problem {
	p.File, p.Line, p.Column, p.Path = binding.File, binding.Line, binding.Column, tenon.At("connections", binding.Slot)
	p.Message = fmt.Sprintf("the grant %q on %s (%s) cannot be rendered: %s", binding.Grant.Name, binding.Producer, binding.Type, p.Message)
	return p
}

// holds says that every field of a when has a value that says yes: not null, not false,
// not empty.
func holds(when artifacts.Template, document any) bool {
	return !slices.ContainsFunc(when.Fields(), func(field tenon.Path) bool {
		v, _ := field.Get(document)
		switch v := v.(type) {
		case nil:
			return true
		case bool:
			return !v
		case string:
			return v == ""
		case []any:
			return len(v) == 0
		case map[string]any:
			return len(v) == 0
		}
		return false
	})
}

// filling puts the fields of one document into statements.
type filling struct {
	document any
	problems tenon.Problems
}

func (f *filling) statement(declared artifacts.AWSStatement) Statement {
	s := Statement{Effect: "Allow", Action: sortedSet(declared.Actions)}
	switch {
	case declared.AnyResource:
		s.Resource = []string{"*"}
	case len(declared.Resources) == 0:
		f.problem("missing-value", "a statement names no resources")
	default:
		s.Resource = f.texts(declared.Resources, resourceValue)
		for _, resource := range s.Resource {
			parsed, err := parseARN(resource)
			if err != nil || strings.ContainsAny(parsed.partition+parsed.service, "*?") {
				f.problem("unsafe-value", "a resource must be an ARN with its partition and service named")
			}
		}
	}
	for _, operator := range slices.Sorted(maps.Keys(declared.Conditions)) {
		keys := map[string][]string{}
		for _, key := range slices.Sorted(maps.Keys(declared.Conditions[operator])) {
			keys[key] = f.texts(declared.Conditions[operator][key], conditionValue)
		}
		if s.Condition == nil {
			s.Condition = map[string]map[string][]string{}
		}
		s.Condition[operator] = keys
	}
	return s
}

func (f *filling) texts(templates []artifacts.Template, escape func(string, tenon.Path, string) (string, error)) []string {
	var texts []string
	for _, template := range templates {
		text, complete, err := template.Render(f.document, escape)
		switch {
		case err != nil:
			f.problem("unsafe-value", err.Error())
		case !complete:
			f.problem("missing-value", fmt.Sprintf("%q needs %s", template, f.missing(template)))
		default:
			texts = append(texts, text)
		}
	}
	return sortedSet(texts)
}

// missing names the fields of a template that have no value.
func (f *filling) missing(template artifacts.Template) string {
	var names []string
	for _, field := range template.Fields() {
		if v, _ := field.Get(f.document); v == nil || v == "" {
			names = append(names, field.String())
		}
	}
	return "a value in " + strings.Join(names, ", ")
}

func (f *filling) problem(rule, message string) {
	f.problems.Add(tenon.Problem{Rule: rule, Message: message})
}

func sortedSet(texts []string) []string { return slices.Compact(slices.Sorted(slices.Values(texts))) }
