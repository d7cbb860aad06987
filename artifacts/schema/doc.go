// Package schema treats JSON Schemas as types: does every document of one fit another, what
// is a document of this one, what does a change break.
//
//	producer, err := schema.Compile(old, nil)
//	consumer, err := schema.Compile(new, nil)
//	verdict := schema.Compatible(producer, consumer)
//	if verdict.Answer == schema.No {
//		fmt.Println(verdict.Witness, verdict.Path) // a document of the producer that the consumer refuses
//	}
//
// One question carries it all: is there a document that keeps these constraints? A sample is
// such a document with variety; a schema fits another when no document is of the one and not
// of the other, and where there is one, it is the witness. The method: negation is pushed to
// the leaves, where the negation of each assertion is one again; the search splits by JSON
// type and by alternatives; each type has a decision procedure of its own (numbers: exact
// rationals; texts: regular languages; arrays: positions and counts; objects: classes of
// keys); a recursive schema is a least fixed point. Read: Habib, Shinnar, Hirzel, Pradel,
// "Finding Data Compatibility Bugs with JSON Subschema Checking" (ISSTA 2021); Attouche,
// Baazizi, Colazzo, Ghelli, Sartiani, Scherzinger, "Witness Generation for JSON Schema"
// (PVLDB 2022).
//
// Drafts 4, 6, 7, 2019-09 and 2020-12; a schema without $schema is draft-07, and one of
// another dialect is refused. Formats are annotations unless Options.Formats is set; keywords
// of content always are. Every witness and sample is checked with
// santhosh-tekuri/jsonschema before it is given.
//
// An answer is never a guess: what cannot be decided is Unknown, with the keywords. These are
// look-around and back-references in patterns, unevaluatedProperties and unevaluatedItems
// beside alternatives, dynamic references, formats that are asserted, alternatives that
// multiply past what can be tried, and what takes more than the budget, which counts steps, not time, so that the answer is the same on every
// machine.
//
// The package imports nothing of Tenon. A Schema is immutable and safe for concurrent use;
// its zero value is not useful.
package schema
