// Package deploy is the engine: it plans, deploys, destroys and resumes whole environments.
//
//	st, err := store.Open(ctx, ".tenon", nil)
//	engine := deploy.New(st, provisioner.Drivers{"terraform": terraform.New(nil)}, nil)
//	known, err := engine.Artifacts(ctx, estate.Catalog())
//	env, err := graph.Resolve(estate, "shop/dev", &graph.Options{Artifacts: known})
//	plan, err := engine.Plan(ctx, env)  // what would happen; changes nothing
//	run, err := engine.Apply(ctx, plan) // just that; or engine.Deploy(ctx, env) without a plan
//
// An instance starts the moment the last of what it needs is done, and its artifacts are
// checked against their types before anyone sees one. It is skipped where its inputs are
// what they were: bundle files, params, artifacts of others and where they come from, the
// types of its own, access, metadata, secrets, driver, the tool's version but for its patch. A failure stops those who need the instance
// and nobody else.
//
// # What survives
//
// The intent to run a step is durable before its driver is called, the outcome after. A run
// that was killed leaves steps of which nobody knows how they ended; the next Deploy, Apply,
// Destroy or Resume has their drivers look at what was made before anything is run. Plan
// does not plan for them. After a cancel nothing new is started, and tools get to stop in
// good order: Deploy returns once they have.
//
// Events tell a run while it goes on (Options.Events); package telemetry makes spans and
// metrics of them.
//
// # Errors
//
// A run that did not succeed is a *RunError, which opens the errors of its instances:
// tenon.Problems where a person can mend it, with files as the caller of graph.Load named
// them. errors.Is answers context.Canceled or DeadlineExceeded where that ended a step.
// *store.LockedError: somebody else is at work. *StalePlanError: plan again. What was last
// applied decides about Destroy: *ProtectedError, *InUseError.
//
// Secrets stand in no plan, event, error or status. An Engine is safe for concurrent use;
// two runs over one environment exclude each other, in this process, too.
package deploy
