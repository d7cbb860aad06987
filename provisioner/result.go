package provisioner

import "github.com/tenon-sdk/tenon"

// Outcome is how a run ended.
type Outcome string

const (
	Done   Outcome = "done"   // everything asked for is so
	Failed Outcome = "failed" // it is not, and Request.State says what is; also after a cancel
	// Unknown: the tool or its host died in the middle. Something may have been made
	// that no state knows. Never reported as done or failed; looked at before anything
	// is repeated.
	Unknown Outcome = "unknown"
)

// Result is what a run did. It comes back even with an error.
type Result struct {
	Outcome Outcome `json:"outcome"`
	// Untouched says of a failed run that it has begun nothing: what was there is there as
	// it was, and no more. A driver says it only where it knows.
	Untouched bool              `json:"untouched,omitempty"`
	Outputs   map[string]Output `json:"outputs,omitempty"`  // of what exists now
	Changes   []Change          `json:"changes,omitempty"`  // made, by address; without no-ops
	Problems  tenon.Problems    `json:"problems,omitempty"` // warnings too
}
