// Package schema compiles JSON Schemas with santhosh-tekuri/jsonschema/v5, closed to the
// network, and says what is wrong with a document in words a person would use.
//
//	s, problems := schema.Compile(document, nil)
//	problems = s.Validate(value, nil)
//	// port: must be a whole number between 1 and 65535, got "5432" (a string)
//
// Documents are in the form of package value. A schema without $schema is draft-07; every
// later draft is read as well. Formats and content keywords are annotations unless they
// are turned on. Nothing here reads a file or a network: a reference leads into the
// document itself or to what Options.Shared gives. An $id names nothing but the document
// itself.
//
// What a schema can cost is bounded: depth, alternatives of one value, defaults filled
// in. A Schema is safe for concurrent use.
package schema

import (
	"errors"
	"fmt"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
)

// Limits of one schema. A schema past them is a problem.
const (
	maxDepth  = 250     // levels that a schema document may be nested
	maxChecks = 100_000 // checks of one value, all its alternatives counted
	maxFilled = 100_000 // objects that defaults may make
)

// Schema is a compiled schema.
type Schema struct {
	document any
	compiled *jsonschema.Schema
	raw      map[string]any                // documents by their base URL, references rewritten
	index    map[string]*jsonschema.Schema // by location, where there are no raw documents
}

// Options for Compile.
type Options struct {
	// Shared gives the document behind a reference such as types:port (all of it up to
	// '#'); false where there is none.
	Shared func(ref string) (any, bool)
	// Formats makes format and the content keywords checks instead of annotations.
	Formats bool
}

// Document is the schema document as it was given. Do not change it.
func (s *Schema) Document() any { return s.document }

// Compiled is what the library made of the schema.
func (s *Schema) Compiled() *jsonschema.Schema { return s.compiled }

// Valid says whether the document is valid, without the words.
func (s *Schema) Valid(document any) bool { return s.run(document) == nil }

// errNumber is for a number that the validator cannot hold.
var errNumber = errors.New("a number is too large to be checked")

// run is the validator of the library, which panics on numbers with an exponent past
// what package big reads.
func (s *Schema) run(document any) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			if path, found := hugeNumber(document); found {
				err = tenon.Problem{Rule: "number", Path: path, Message: errNumber.Error()}
				return
			}
			err = fmt.Errorf("the document cannot be checked: %v", recovered)
		}
	}()
	return s.compiled.Validate(document)
}
