// Package terraform drives Terraform and OpenTofu.
//
//	driver := terraform.New(&terraform.Options{Tool: terraform.OpenTofu, Environ: os.Environ()})
//	result, err := driver.Apply(ctx, request, provisioner.Discard)
//
// It plans, applies and destroys, tells drift, imports, validates, inspects and recovers,
// the same with both tools.
//
// # State
//
// A module without a backend has its state in Request.State, sealed there while it changes.
// A module with a backend keeps it there: a place that is written as a fixed text would be
// shared by all instances and is refused, and a block that does not say its place is
// completed by Options.Backend. A state that could not be written is pushed before the next
// run; until then the outcome is Unknown and the work folder stays.
//
// # Credentials
//
// The tool gets nothing of the caller's environment but what a program needs to run and
// what Options.Pass names. Providers are configured from Request.Providers, by local name
// and alias, for known pairs of provider and type of artifact; their settings are arguments
// of the provider as its documentation has them, and win. For AWS, the setting chain lists
// roles that are assumed after that of the artifact. Credentials lie in the work folder
// only while a tool runs, never on a command line, and in no saved plan: a plan that waited
// for approval is applied with the credentials of the request that applies it.
//
// A provider block of the module is overridden, not replaced; the tools pass over a setting
// that its provider does not have then. Without such a block it is a problem.
//
// # Errors
//
// What the tool says is tenon.Problems with file and line. A failure that may pass
// (throttling, a broken connection, somebody else's lock) is a *provisioner.Error of class
// Transient. A binary that is not there, cannot run here, or is another program or version
// is a *provisioner.ToolMissingError: it is asked once, before it is let near a state.
package terraform
