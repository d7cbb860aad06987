// Package rego is a policy gate of policies written in Rego v1, the language of Open Policy
// Agent. It is a module of its own, so that nobody else links OPA.
//
//	gate, err := rego.New(ctx, os.DirFS("policies"), nil) // every .rego but tests
//	own, err := rego.OfBundles(ctx, env, nil)             // what travels with the bundles
//	engine := deploy.New(st, drivers, &deploy.Options{Gates: []deploy.Gate{gate, own}})
//
// # Policies
//
// A policy is a package below tenon with rules deny or warn; its name is the rest of the
// path. Other packages are for what policies share.
//
//	package tenon.no_deletes
//
//	deny contains finding if {
//		endswith(input.plan.environment, "/prod")
//		some instance in input.plan.instances
//		some step in instance.steps
//		some change in step.changes
//		change.action in {"delete", "replace"}
//		finding := {"message": "nothing is deleted in production", "instance": instance.id, "step": step.name, "resource": change.address}
//	}
//
// What a rule contains is a text, or an object with message and, where they are known,
// instance, step and resource. A denial that names its instance waits for real values where
// the plan rests on stand-ins (deploy.UnknownUntilApply); one that names none does not.
//
// # Input
//
//	input.stage   "plan", or "apply" for one step with real values, just before it is applied
//	input.plan    the plan's JSON document: deploy.Plan
//
// Attributes of changes are {path, before, after, unknown, sensitive, replaces}; of an update
// those that change. Values that a tool calls sensitive are not there.
//
// # Safety
//
// A policy sees its input and its own files: http.send, net.lookup_ip_addr, opa.runtime and
// remote schemas are not there. A built-in that fails, a rule that is no set, and an
// evaluation that takes longer than Options.Timeout are errors, and an error denies. A policy that reads a
// name which is not in the input is undefined, and finds nothing: test policies.
//
// Policies that travel with a bundle lie in its folder policies, and are asked about the
// instances of that bundle alone; what they say of others is an error.
//
// A Gate is safe for concurrent use.
package rego
