// Package tenon is the root of the Tenon SDK: the vocabulary that all its packages share,
// and the tour of them.
//
// Tenon is for people who build internal developer platforms. Operations packages compliant
// infrastructure once; developers take what they need and wire it up; every connection has
// a type, is checked before anything runs, and grants the least.
//
// # The whole path
//
// The files lie in a folder: projects, environments, bundles, types. This deploys one
// environment of them with Terraform:
//
//	ctx := context.Background()
//	estate, err := graph.Load(os.DirFS("."), nil) // every mistake of every file at once
//	if err != nil {
//		return err
//	}
//	st, err := store.Open(ctx, ".tenon", nil) // secrets, state and plans lie sealed in it
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//	engine := deploy.New(st, provisioner.Drivers{
//		"terraform": terraform.New(&terraform.Options{Environ: os.Environ()}),
//	}, nil)
//	known, err := engine.Artifacts(ctx, estate.Catalog()) // what other environments have made
//	if err != nil {
//		return err
//	}
//	env, err := graph.Resolve(estate, "shop/dev", &graph.Options{Artifacts: known})
//	if err != nil {
//		return err
//	}
//	plan, err := engine.Plan(ctx, env) // to be reviewed; changes nothing
//	if err != nil {
//		return err
//	}
//	run, err := engine.Apply(ctx, plan)
//
// # Map
//
//	artifacts            types, catalogs, artifacts: contracts for what modules hand on
//	artifacts/standard   the catalog that comes with the SDK
//	tagging              tags, names, metadata
//	iam, iam/aws         grants picked on connections, and the smallest policy from them
//	bundle               a module with params, connections, artifacts and steps; lint
//	graph                projects and environments: everything that can be decided
//	graph/render         pictures of an environment
//	provisioner          the contract with what makes things
//	provisioner/…        drivers: terraform (OpenTofu, too), memory
//	provisioner/store    what happened: records, state, journal, locks, audit
//	provisioner/deploy   the engine: plan, deploy, destroy, resume
//
// A package imports only from above itself in this list. Values before behaviour: types,
// bundles, estates, environments and plans are immutable and pure to make; only
// provisioner and what lies in it start processes or write.
//
// # Rules that hold everywhere
//
// A mistake of a person is a [Problem] with file, line, column, [Path] and cure; all of them
// come in one run as [Problems], which is an error. What else goes wrong is an error.
// Documents are map[string]any, []any, string, bool, nil and json.Number. The same input
// gives the same output, byte for byte. The library prints nothing, reads no environment
// variables and reaches no network; tools and secrets are handed in. A value that may be
// secret stands in no message.
package tenon
