// Package graph makes environments out of projects and bundles: every connection filled
// and checked, every grant bound, names and tags decided, everything ordered.
//
//	estate, err := graph.Load(os.DirFS("."), nil)      // organization, projects, bundles, types
//	env, err := graph.Resolve(estate, "shop/dev", nil) // or every mistake at once
//	for _, instance := range env.Instances() { … }     // producers before consumers
//
// It holds everything that can be decided without running anything: pure functions over
// loaded values. The same files give the same environment, byte for byte, in whatever
// order they are read. Mistakes are tenon.Problems with file, line and column; a cycle
// opens as *CycleError. An Estate and an Environment are immutable and safe for
// concurrent use.
package graph
