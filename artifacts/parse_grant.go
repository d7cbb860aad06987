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

var validAction = regexp.MustCompile(`^[a-z0-9-]+:[A-Za-z0-9*]+$`)

// ParseGrants reads a block of grants (name → grant, decoded) of a type or of a bundle's
// ownGrants. declares says whether the artifact's schema names a field: a template over
// one that it does not is a problem. Paths of problems are relative to the block.
func ParseGrants(block any, declares func(tenon.Path) bool) (map[string]Grant, tenon.Problems) {
	var problems tenon.Problems
	block, err := value.Normal(block)
	if err != nil {
		return nil, tenon.Problems{{Rule: "bad-grant", Message: err.Error()}}
	}
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

// parsing is one grant on its way in.
type parsing struct {
	grant    Grant
	problems tenon.Problems
}

type grantFile struct {
	Description string    `json:"description"`
	AWS         []awsFile `json:"aws"`
}

type awsFile struct {
	Actions     []string                       `json:"actions"`
	Resources   []string                       `json:"resources"`
	AnyResource bool                           `json:"anyResource"`
	When        *string                        `json:"when"`
	Conditions  map[string]map[string][]string `json:"conditions"`
}

func parseGrant(name string, document any, declares func(tenon.Path) bool) (Grant, tenon.Problems) {
	p := &parsing{grant: Grant{Name: name}}
	var file grantFile
	if err := json.Unmarshal(value.Canonical(document), &file); err != nil {
		p.bad(tenon.Path{}, err.Error(), "")
		return p.grant, p.problems
	}
	p.grant.Description = file.Description
	if object, ok := document.(map[string]any); ok { // in the one form, numbers kept
		p.grant.GCP, p.grant.Azure, p.grant.Kubernetes, p.grant.SQL = object["gcp"], object["azure"], object["kubernetes"], object["sql"]
	}
	for i, statement := range file.AWS {
		p.aws(tenon.At("aws", i), statement)
	}
	templates, found := p.grant.templates()
	p.problems.Add(found...)
	for _, t := range templates {
		for _, field := range t.template.Fields() {
			if declares != nil && !declares(field) {
				p.problems.Add(tenon.Problem{Rule: "unknown-field", Path: t.path, Message: fmt.Sprintf("%s names the field %s, which the schema does not have", t.template, field)})
			}
		}
	}
	return p.grant, p.problems
}

func (p *parsing) bad(at tenon.Path, message, hint string) {
	p.problems.Add(tenon.Problem{Rule: "bad-grant", Path: at, Message: message, Hint: hint})
}

func (p *parsing) template(at tenon.Path, text string) Template {
	template, err := ParseTemplate(text)
	if err != nil {
		p.problems.Add(tenon.Problem{Rule: "bad-template", Path: at, Message: err.Error()})
	}
	return template
}

func (p *parsing) aws(at tenon.Path, file awsFile) {
	statement := AWSStatement{Actions: file.Actions, AnyResource: file.AnyResource}
	if len(file.Actions) == 0 {
		p.bad(at.Append("actions"), "a statement needs at least one action", "")
	}
	for i, action := range file.Actions {
		if !validAction.MatchString(action) {
			p.bad(at.Append("actions", i), fmt.Sprintf("%q is not an action such as sqs:SendMessage", action), "")
		}
	}
	switch {
	case len(file.Resources) == 0 && !file.AnyResource:
		p.bad(at.Append("resources"), "a statement needs resources", "say anyResource: true where the actions have no resource type")
	case len(file.Resources) > 0 && file.AnyResource:
		p.bad(at, "names resources and anyResource: one of the two holds", "")
	}
	for i, text := range file.Resources {
		here := at.Append("resources", i)
		switch text {
		case "":
			p.bad(here, "is empty", "")
		case "*":
			p.bad(here, "a star alone allows everything", "name the resource, or say anyResource: true where the actions have no resource type")
		}
		statement.Resources = append(statement.Resources, p.template(here, text))
	}
	if file.When != nil {
		when := p.template(at.Append("when"), *file.When)
		statement.When = &when
	}
	for operator, keys := range file.Conditions {
		if statement.Conditions == nil {
			statement.Conditions = map[string]map[string][]Template{}
		}
		statement.Conditions[operator] = map[string][]Template{}
		for key, texts := range keys {
			values := make([]Template, len(texts))
			for i, text := range texts {
				values[i] = p.template(at.Append("conditions", operator, key, i), text)
			}
			statement.Conditions[operator][key] = values
		}
	}
	p.grant.AWS = append(p.grant.AWS, statement)
}
