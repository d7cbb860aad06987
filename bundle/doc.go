// Package bundle is an infrastructure-as-code module wrapped in a small, safe interface:
// params with presets, typed connections, artifacts, and the steps that make them.
//
//	b, err := bundle.Load(os.DirFS("."), "bundles/postgres")
//	problems := bundle.Lint(b, catalog)
//	params, problems := b.Params.Merge(preset.Values, map[string]any{"size": "large"})
//	inputs, err := b.Steps[0].Inputs(ctx, &bundle.Scope{Params: params, Connections: connections})
//
// Load reports every mistake of form with file, line and column; Lint every mistake that
// shows only beside a catalog. Expressions are jq over {params, connections, outputs,
// steps, access, metadata}; each is compiled once. What is not known yet, and what is
// secret, is told by the Scope and follows every expression on the safe side.
//
// A Bundle is immutable and safe for concurrent use. Nothing here starts a process or
// reaches a network.
package bundle
