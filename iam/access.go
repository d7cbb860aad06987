package iam

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/tenon-sdk/tenon/artifacts"
)

// Identity is what kind of workload takes the access. Empty: none, so no trust policy.
type Identity string

// The kinds of workload.
const (
	Container  Identity = "container"
	Function   Identity = "function"
	Kubernetes Identity = "kubernetes"
	VM         Identity = "vm"
)

// Identities are the kinds of workload, sorted.
func Identities() []Identity { return []Identity{Container, Function, Kubernetes, VM} }

// Binding is a grant that a consumer chose on a connection, and where.
type Binding struct {
	Slot         string // connection of the consumer
	Producer     string // address of the artifact: shop/dev.events.queue, imported:name
	Type         string // of the artifact: aws-sqs-queue@1.0.0
	Grant        artifacts.Grant
	File         string // where it was chosen
	Line, Column int
}

// MarshalJSON writes where the binding comes from and the grant's name; the grant's
// statements are the type's.
func (b Binding) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Slot     string `json:"slot"`
		Producer string `json:"producer"`
		Type     string `json:"type"`
		Grant    string `json:"grant"`
		File     string `json:"file,omitempty"`
		Line     int    `json:"line,omitempty"`
		Column   int    `json:"column,omitempty"`
	}{b.Slot, b.Producer, b.Type, b.Grant.Name, b.File, b.Line, b.Column})
}

// Access of an instance: who it is, and everything that its bindings add up to.
type Access struct {
	Instance string
	Identity Identity
	Bindings []Binding
	Boundary string // AWS permissions boundary (ARN) of the organization; may be empty
	Path     string // IAM path of the organization's roles; may be empty
}

// Sorted gives the access with its bindings by slot, then grant, then where they come
// from.
func (a Access) Sorted() Access {
	a.Bindings = slices.Clone(a.Bindings)
	slices.SortStableFunc(a.Bindings, func(x, y Binding) int {
		return cmp.Or(
			cmp.Compare(x.Slot, y.Slot), cmp.Compare(x.Grant.Name, y.Grant.Name),
			cmp.Compare(x.Producer, y.Producer), cmp.Compare(x.Type, y.Type),
			cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column),
		)
	})
	return a
}

// MarshalJSON writes the access Sorted; bindings is [] where there are none.
func (a Access) MarshalJSON() ([]byte, error) {
	bindings := a.Sorted().Bindings
	if bindings == nil {
		bindings = []Binding{}
	}
	return json.Marshal(struct {
		Instance string    `json:"instance"`
		Identity Identity  `json:"identity,omitempty"`
		Bindings []Binding `json:"bindings"`
		Boundary string    `json:"boundary,omitempty"`
		Path     string    `json:"path,omitempty"`
	}{a.Instance, a.Identity, bindings, a.Boundary, a.Path})
}
