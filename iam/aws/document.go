package aws

import (
	"bytes"
	"encoding/json"
)

// Version is that of the policy language.
// Source: IAM user guide, "IAM JSON policy elements: Version".
const Version = "2012-10-17"

// Document is a policy document.
type Document struct {
	Version   string      `json:"Version"`
	Statement []Statement `json:"Statement"`
}

// Statement of a policy document.
type Statement struct {
	Sid       string                         `json:"Sid,omitempty"`
	Effect    string                         `json:"Effect"`
	Principal map[string][]string            `json:"Principal,omitempty"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:"Resource,omitempty"`
	Condition map[string]map[string][]string `json:"Condition,omitempty"`
}

// String is the document as compact JSON; "" for nil.
func (d *Document) String() string {
	if d == nil {
		return ""
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		panic(err) // texts only: a mistake of the program
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
