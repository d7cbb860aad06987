// Package tagging makes tags, names and metadata that are right by construction.
//
//	tags, problems := tagging.Cascade(
//		tagging.Scope{Project: "shop", Environment: "dev", Component: "db"},
//		tagging.Level{Name: "project shop", Tags: map[string]tagging.Tag{"team": {Value: "commerce"}}},
//	)
//	// team=commerce, tenon-project=shop, tenon-environment=dev, …, managed-by=tenon
//
// Tags cascade from the organization down; a level may lock a key. System tags are always
// there and their prefix is reserved. What a platform would refuse is a problem before
// any platform is asked. Everything here is a pure function: no I/O, safe for concurrent
// use, the same result for the same input on any machine.
package tagging
