package provisioner

// ContractVersion is the version of the JSON of requests, plans, results and events, of
// the file contract of package command, and of the protocol of plugins. Within a version
// fields are added, never changed or taken away.
const ContractVersion = 1

// Call is what a driver is asked for.
type Call string

const (
	CallPlan     Call = "plan"
	CallApply    Call = "apply" // or destroy: Request.Mode
	CallRecover  Call = "recover"
	CallValidate Call = "validate"
	CallDrift    Call = "drift"
	CallImport   Call = "import"
	CallInspect  Call = "inspect"
	CallIdentity Call = "identity"
	CallVersion  Call = "version"
)

// Message is one turn of a conversation with a driver, as JSON: a call, what the driver
// says meanwhile, or its answer.
type Message struct {
	Version int  `json:"version"` // ContractVersion
	Call    Call `json:"call"`
	// Of a call.
	Request *Request `json:"request,omitempty"`
	// Of what is said meanwhile: an event, or a state that was handed over.
	Event *Event `json:"event,omitempty"`
	State []byte `json:"state,omitempty"`
	// Of an answer.
	Plan    *Plan        `json:"plan,omitempty"`
	Result  *Result      `json:"result,omitempty"`
	Drift   *Drift       `json:"drift,omitempty"`
	Module  *Module      `json:"module,omitempty"`
	Tool    *ToolVersion `json:"tool,omitempty"`
	Failure *Failure     `json:"failure,omitempty"`
}

// ToolVersion is what a Versioned driver says.
type ToolVersion struct {
	Identity string `json:"identity,omitempty"`
	Name     string `json:"name,omitempty"`
	Version  string `json:"version,omitempty"`
}
