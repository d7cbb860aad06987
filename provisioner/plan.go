package provisioner

import (
	"slices"

	"github.com/tenon-sdk/tenon"
)

// Action is what happens to a resource.
type Action string

const (
	NoOp    Action = "no-op"
	Create  Action = "create"
	Update  Action = "update"
	Replace Action = "replace" // deleted and created, in either order
	Delete  Action = "delete"
	Read    Action = "read" // a data source that is read while applying
)

// Changes says that the action changes something in the world.
func (a Action) Changes() bool {
	return a == Create || a == Update || a == Replace || a == Delete
}

// Change is what happens to one resource.
type Change struct {
	Address    string   `json:"address"` // in the module: aws_vpc.main
	Type       string   `json:"type,omitempty"`
	Action     Action   `json:"action"`
	Attributes []string `json:"attributes,omitempty"` // the top attributes that change, sorted; never values
}

// Plan is what an Apply would do.
type Plan struct {
	Changes []Change // by address; without no-ops
	// OutputChanges are the names of the outputs that would change, sorted.
	OutputChanges []string
	Outputs       map[string]Output // as far as they are known before it is done
	Saved         []byte            // opaque; holds secrets; to be given back in Request.Saved
	Exact         bool              // Saved can be applied exactly
	Problems      tenon.Problems    // warnings
}

// HasChanges says that something would be created, updated, replaced or deleted, or that
// an output would change.
func (p *Plan) HasChanges() bool {
	return len(p.OutputChanges) > 0 || slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action.Changes() })
}

// Output is one value that a step hands on.
type Output struct {
	Value     any  `json:"value"`
	Sensitive bool `json:"sensitive,omitempty"`
}
