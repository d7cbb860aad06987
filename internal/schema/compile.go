package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/value"
)

const (
	rootURL   = "tenon://schema/root"
	sharedURL = "tenon://shared/"
)

// Compile compiles a schema document. Problems have a Path into it: a keyword that is
// not right (rule invalid-schema), a reference that leads nowhere or out of the catalog
// (unknown-reference), and as warnings keywords that do nothing (unknown-keyword,
// ignored-keyword). The schema is nil where one of them is an error.
func Compile(document any, opts *Options) (*Schema, tenon.Problems) {
	if opts == nil {
		opts = &Options{}
	}
	if depth(document) > maxDepth {
		return nil, tenon.Problems{{Rule: "invalid-schema", Message: fmt.Sprintf("nested more than %d levels deep", maxDepth)}}
	}
	c := &compilation{options: opts, raw: map[string]any{}, document: document}
	c.raw[rootURL] = c.prepare(document, tenon.Path{})
	if c.problems.HasErrors() {
		c.problems.Add(c.metaschema()...)
		return nil, c.problems.Sorted()
	}
	compiled, err := c.compile()
	if err != nil {
		c.problems.Add(c.said(err)...)
		return nil, c.problems.Sorted()
	}
	if checks(compiled, map[*jsonschema.Schema]int{}) > maxChecks {
		c.problems.Add(tenon.Problem{Rule: "invalid-schema", Message: fmt.Sprintf("its alternatives multiply to more than %d checks of one value", maxChecks)})
		return nil, c.problems.Sorted()
	}
	return &Schema{document: document, compiled: compiled, raw: c.raw}, c.problems.Sorted()
}

// compilation is a schema while it is compiled.
type compilation struct {
	options  *Options
	document any
	draft    int
	raw      map[string]any
	anchors  map[string]bool // of the document that is prepared
	own      string          // what that document calls itself
	problems tenon.Problems
}

func (c *compilation) compile() (compiled *jsonschema.Schema, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("cannot be compiled: %v", recovered)
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.LoadURL = c.load
	compiler.AssertFormat, compiler.AssertContent = c.options.Formats, c.options.Formats
	if err := compiler.AddResource(rootURL, bytes.NewReader(value.Canonical(c.raw[rootURL]))); err != nil {
		return nil, err
	}
	return compiler.Compile(rootURL)
}

// load is the compiler's only way out of the root document.
func (c *compilation) load(address string) (io.ReadCloser, error) {
	document, ok := c.raw[address]
	if !ok {
		return nil, fmt.Errorf("nothing is known as %q", address)
	}
	return io.NopCloser(bytes.NewReader(value.Canonical(document))), nil
}

// said turns what the compiler says into problems of the schema document.
func (c *compilation) said(err error) tenon.Problems {
	var loop jsonschema.InfiniteLoopError
	if errors.As(err, &loop) {
		_, location, _ := strings.Cut(string(loop), "#")
		return tenon.Problems{{Rule: "invalid-schema", Path: existing(pathOf(location, c.document), c.document), Message: "a reference leads back to itself without getting anywhere"}}
	}
	if problems := c.metaschema(); problems != nil {
		return problems
	}
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		var problems tenon.Problems
		for _, leaf := range leaves(invalid) {
			problems.Add(tenon.Problem{Rule: "invalid-schema", Path: existing(pathOf(leaf.InstanceLocation, c.document), c.document), Message: "is not a schema: " + leaf.Message})
		}
		return problems.Sorted()
	}
	return tenon.Problems{{Rule: "invalid-schema", Message: reason(err)}}
}

// metaschema checks the document against the schema of its draft, for the words.
func (c *compilation) metaschema() tenon.Problems {
	var problems tenon.Problems
	for _, p := range metaschema(c.draft).Validate(c.document, nil) {
		p.Rule = "invalid-schema"
		problems.Add(p)
	}
	return problems
}

func reason(err error) string {
	var whole *jsonschema.SchemaError
	if errors.As(err, &whole) {
		err = whole.Err
	}
	text := strings.TrimPrefix(err.Error(), "jsonschema: ")
	text = strings.ReplaceAll(text, rootURL, "")
	return strings.ReplaceAll(text, sharedURL, "")
}

func leaves(err *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(err.Causes) == 0 {
		return []*jsonschema.ValidationError{err}
	}
	var found []*jsonschema.ValidationError
	for _, cause := range err.Causes {
		found = append(found, leaves(cause)...)
	}
	return found
}

func depth(document any) int {
	deepest := 0
	switch v := document.(type) {
	case map[string]any:
		for _, element := range v {
			deepest = max(deepest, depth(element))
		}
	case []any:
		for _, element := range v {
			deepest = max(deepest, depth(element))
		}
	}
	return deepest + 1
}

// checks counts how often the parts of sub look at one value, alternatives of
// alternatives multiplied out.
func checks(sub *jsonschema.Schema, known map[*jsonschema.Schema]int) int {
	worst := 0
	var count func(*jsonschema.Schema) int
	count = func(sub *jsonschema.Schema) int {
		if n, ok := known[sub]; ok {
			return n
		}
		known[sub] = 1 // a reference that is followed at run time may come back
		n := 1
		for _, part := range inPlace(sub) {
			n = min(n+count(part), maxChecks+1)
		}
		if sub.Not != nil {
			n = min(n+count(sub.Not), maxChecks+1)
		}
		known[sub] = n
		worst = max(worst, n)
		for _, e := range below(sub) {
			count(e.schema)
		}
		return n
	}
	count(sub)
	return worst
}
