// Package drivertest proves a driver: its author describes how to ask it for something,
// and gets the whole contract of package provisioner tested.
//
//	func TestDriver(t *testing.T) {
//		drivertest.Run(t, drivertest.Harness{
//			Driver:  vault.New(nil),
//			Inputs:  map[string]any{"name": "orders", "token": `s3cret-"tökén"`},
//			Changed: map[string]any{"name": "invoices", "token": `s3cret-"tökén"`},
//			Secret:  []string{"token"},
//		})
//	}
//
// Each rule has a stable id, and is a subtest of that name; Rules lists them. What the
// harness does not say leaves rules out: they are skipped, and say what they need. Check
// does the same without package testing, and gives a Report.
//
// # How it is done
//
// The kit plays the engine. It has a step planned, applied, applied again, changed and
// destroyed, with a state that it keeps in memory and a work folder of its own, and rules
// judge what came of it. Some rules have a conversation of their own: one that is cut off
// in the middle, one whose state cannot be kept. The laws of every call (nothing secret is
// said, a result is never nil, the work folder is left empty, …) are judged last, over all
// calls that were made. Things are made in the world of the driver, at addresses that
// begin with drivertest/, and destroyed at the end.
//
// Secrets are looked for as they are, quoted, and in hex, base64 and URLs. Values of at
// least 8 bytes with a quotation mark and a letter past ASCII test the most.
//
// # For the tests of engines
//
// Record writes down the conversation with a driver, and Replay makes a driver of what was
// written. Faulty makes a driver fail, hang, panic or lose what it was to keep.
//
// A Harness is a value and is not changed. The kit is one conversation: do not run two at
// the same time with one driver whose processes are to be watched.
package drivertest
