// Package memory is the reference driver: it makes nothing but its own state, in the way
// that every driver should, and can be told to be slow, to fail and to die.
//
//	driver := memory.New(&memory.Options{
//		Delay: time.Second,
//		Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
//			return map[string]provisioner.Output{"address": {Value: req.Step + ".example"}}
//		},
//	})
//	result, err := driver.Apply(ctx, request, provisioner.Discard)
//
// Each step has one resource, named after the step. It is created by the first apply,
// updated when the inputs change, left alone while they are the same, and gone after a
// destroy. What was made lies in Request.State as JSON; the work folder is not used.
//
// Calls gives what was asked of the driver, in order. A Driver is safe for concurrent
// use; its functions in Options are called from the goroutine of the caller.
package memory
