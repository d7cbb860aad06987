// Package provisioner is the contract between an engine and what makes things: a Driver
// plans and applies one step of one instance.
//
// The smallest driver that works remembers what it was told and gives it back:
//
//	type echo struct{}
//
//	func (echo) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
//		return &provisioner.Plan{Changes: []provisioner.Change{{Address: "echo", Action: provisioner.Update}}}, nil
//	}
//
//	func (echo) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
//		outputs := map[string]provisioner.Output{}
//		if req.Mode == provisioner.Apply {
//			for name, value := range req.Inputs {
//				outputs[name] = provisioner.Output{Value: value}
//			}
//		}
//		return &provisioner.Result{Outcome: provisioner.Done, Outputs: outputs}, nil
//	}
//
// Package memory is the reference to read next, package terraform drives real tools.
//
// # What every driver keeps
//
//   - Plan changes nothing and leaves nothing behind in the work folder.
//   - Apply is idempotent: a second one with the same request makes no change and gives
//     the same outputs. Destroying what is not there succeeds.
//   - What the driver must remember from run to run goes through Request.State, and goes
//     there as soon as something was made, also when the run fails or is cancelled.
//   - Apply always gives a Result. Its Outcome is Unknown only where the driver cannot
//     know how far the tool came (it was killed); that is never reported as Done or
//     Failed. The next Apply, or Recover, looks at what is there before it does anything.
//   - Cancelling the context asks the tool to stop in good order, and Apply returns once
//     it has. The error then answers errors.Is with the context's error, Canceled or
//     DeadlineExceeded, never both.
//   - A person's mistake is a tenon.Problem with the file and line in Request.Files;
//     what else goes wrong is an error. What a driver cannot do is ErrUnsupported, a tool
//     that is not there a *ToolMissingError.
//   - The values of the inputs named in Request.Secret, and of sensitive outputs, stand in
//     no event, problem or error.
//
// A driver is safe for concurrent use with requests of different steps. Two requests of
// the same step at one time are the caller's mistake.
//
// Optional powers are interfaces of their own: DriftDetector, Importer, Inspector,
// Recoverer, Validator, Versioned. Callers ask for them with As, not with a type assertion:
// a driver that stands for another may have methods without the power.
//
// What the same request might do better later is an *Error of class Transient; ClassOf
// tells classes apart. Everything that crosses a border between processes has a JSON form,
// whose version is ContractVersion: Request, Plan, Result, Event, and errors as Failure.
package provisioner
