// Package artifacts is the type system for what infrastructure modules hand to each
// other: a type is a contract, an artifact is a document that keeps it.
//
//	catalog, err := artifacts.Load(standard.FS(), os.DirFS("types")) // all mistakes at once
//	ref, err := artifacts.ParseRef("postgresql@^1.2")
//	database, err := catalog.Lookup(ref)
//	err = database.Validate(document)
//	// postgresql@1.2.0: /port: must be a whole number between 1 and 65535, got "5432" (a string)
//
// A Catalog is closed and immutable: every reference resolved, every example valid, every
// template of a grant and of an export over fields that exist, nothing shown that a
// supertype hides, every isA proved: all documents of the one are documents of the other.
// Several versions of one type may live side by side; a Ref picks by range. Nothing is
// fetched from a network. Published definitions, with a $md block, load into the same types.
//
// Compatible decides for any two types whether one fits the other, with a witness where it
// does not; Diff says what a change breaks and for whom; Sample makes valid documents.
// Package schema does the same for any JSON Schema. FromState and FromPlan find artifacts in
// existing Terraform; Artifact.Export makes files that a person can take away.
//
// An Artifact prints redacted wherever it is printed; only Reveal gives plain values, for
// a reason that a Recorder takes first.
//
// Mistakes of people are tenon.Problems with file, line and column; a document that is
// not of its type is a *ValidationError. Catalogs, types and artifacts are safe for
// concurrent use. Their zero values are not useful.
package artifacts
