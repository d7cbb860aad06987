package schema

import (
	"strconv"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// shape says what stands below a keyword.
type shape int

const (
	plain      shape = iota // a value
	one                     // a schema
	list                    // a list of schemas
	named                   // schemas by name
	oneOrList               // items before 2020-12
	needs                   // dependencies: by name, a schema or a list of names
	literal                 // a value of the document: no schema in it
	annotation              // a value that decides nothing
)

// keyword is what is known of one.
type keyword struct {
	shape shape
	since int // first draft that checks it; 0 for all
	until int // last draft that checks it; 0 for all
}

// keywords of all drafts from 4 on.
// Source: json-schema.org, validation and core specifications, draft-04 to 2020-12.
var keywords = map[string]keyword{
	"additionalItems":       {shape: one, until: 2019},
	"additionalProperties":  {shape: one},
	"contains":              {shape: one, since: 6},
	"contentSchema":         {shape: one},
	"else":                  {shape: one, since: 7},
	"if":                    {shape: one, since: 7},
	"not":                   {shape: one},
	"propertyNames":         {shape: one, since: 6},
	"then":                  {shape: one, since: 7},
	"unevaluatedItems":      {shape: one, since: 2019},
	"unevaluatedProperties": {shape: one, since: 2019},
	"allOf":                 {shape: list},
	"anyOf":                 {shape: list},
	"oneOf":                 {shape: list},
	"prefixItems":           {shape: list, since: 2020},
	"$defs":                 {shape: named},
	"definitions":           {shape: named},
	"dependentSchemas":      {shape: named, since: 2019},
	"patternProperties":     {shape: named},
	"properties":            {shape: named},
	"items":                 {shape: oneOrList},
	"dependencies":          {shape: needs},
	"const":                 {shape: literal, since: 6},
	"enum":                  {shape: literal},
	"default":               {shape: annotation},
	"examples":              {shape: annotation},
	"$anchor":               {shape: annotation},
	"$comment":              {shape: annotation},
	"$dynamicAnchor":        {shape: annotation},
	"$id":                   {shape: annotation},
	"$recursiveAnchor":      {shape: annotation},
	"$schema":               {shape: annotation},
	"$vocabulary":           {shape: annotation},
	"id":                    {shape: annotation},
	"contentEncoding":       {shape: annotation},
	"contentMediaType":      {shape: annotation},
	"deprecated":            {shape: annotation},
	"description":           {shape: annotation},
	"format":                {shape: annotation},
	"message":               {shape: annotation}, // keyword → text to say instead of ours
	"readOnly":              {shape: annotation},
	"title":                 {shape: annotation},
	"writeOnly":             {shape: annotation},
	"$dynamicRef":           {since: 2020},
	"$recursiveRef":         {since: 2019, until: 2019},
	"$ref":                  {},
	"dependentRequired":     {since: 2019},
	"exclusiveMaximum":      {},
	"exclusiveMinimum":      {},
	"maxContains":           {since: 2019},
	"maxItems":              {},
	"maxLength":             {},
	"maxProperties":         {},
	"maximum":               {},
	"minContains":           {since: 2019},
	"minItems":              {},
	"minLength":             {},
	"minProperties":         {},
	"minimum":               {},
	"multipleOf":            {},
	"pattern":               {},
	"required":              {},
	"type":                  {},
	"uniqueItems":           {},
}

// draftOf gives the draft that $schema names; ok is false for what is none.
func draftOf(address string) (draft int, ok bool) {
	address = strings.TrimSuffix(strings.TrimSuffix(address, "/"), "#")
	address = strings.TrimPrefix(strings.TrimPrefix(address, "http://"), "https://")
	switch address {
	case "json-schema.org/draft-04/schema":
		return 4, true
	case "json-schema.org/draft-06/schema":
		return 6, true
	case "json-schema.org/draft-07/schema":
		return 7, true
	case "json-schema.org/draft/2019-09/schema":
		return 2019, true
	case "json-schema.org/draft/2020-12/schema", "json-schema.org/schema":
		return 2020, true
	}
	return 0, false
}

func draftName(draft int) string {
	switch draft {
	case 2019:
		return "2019-09"
	case 2020:
		return "2020-12"
	}
	return "draft-0" + strconv.Itoa(draft)
}

// lint warns of keywords that do nothing where they stand: beside a $ref up to draft-07,
// of another draft, or spelled wrong.
func (c *compilation) lint(object map[string]any, path tenon.Path) {
	_, refers := object["$ref"].(string)
	for _, name := range sortedKeys(object) {
		known, ok := keywords[name]
		p := tenon.Problem{Severity: tenon.Warning, Path: path.Append(name)}
		switch {
		case !ok:
			if strings.ContainsAny(name, "$:.") || strings.HasPrefix(name, "x-") {
				continue
			}
			p.Rule, p.Message, p.Hint = "unknown-keyword", "unknown keyword "+strconv.Quote(name), tenon.DidYouMean(name, sortedKeys(keywords))
			if p.Hint == "" {
				p.Hint = "what is not JSON Schema starts with x-"
			}
		case refers && c.draft < 2019 && name != "$ref" && name != "definitions" && name != "$defs" && known.shape != annotation:
			p.Rule, p.Message, p.Hint = "ignored-keyword", strconv.Quote(name)+" is ignored next to $ref in "+draftName(c.draft), "put both into allOf"
		case known.since > c.draft:
			p.Rule, p.Message, p.Hint = "ignored-keyword", strconv.Quote(name)+" is ignored in "+draftName(c.draft), "say $schema: https://json-schema.org/draft/2020-12/schema"
		case known.until > 0 && known.until < c.draft:
			p.Rule, p.Message = "ignored-keyword", strconv.Quote(name)+" is ignored in "+draftName(c.draft)
		default:
			continue
		}
		c.problems.Add(p)
	}
}
