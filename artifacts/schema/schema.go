package schema

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v5"
)

// Options of Compile.
type Options struct {
	// Shared resolves a reference that leads out of the document: it gets the reference
	// without its fragment ("types:port") and gives the document that it stands for.
	// Nothing is ever fetched.
	Shared func(reference string) (document any, ok bool)
	// Formats makes format an assertion; it is an annotation otherwise. Whether one
	// asserted format fits another is Unknown.
	Formats bool
	// Compiled is the same schema, compiled already; without it Compile does it.
	Compiled *jsonschema.Schema
}

// Schema is a JSON Schema, compiled. It is safe for concurrent use.
type Schema struct {
	document any
	options  Options
	root     *node
	hinted   func() *node   // the same, with what people said about the values
	warm     func() *solver // for samples
	compiled *jsonschema.Schema
	parts    []*Schema // of an intersection
	costly   bool      // has more alternatives than can be tried
}

// InvalidError says what is wrong with a schema and where.
type InvalidError struct {
	Pointer string // JSON pointer into the document
	Reason  string
}

func (e *InvalidError) Error() string {
	if e.Pointer == "" {
		return e.Reason
	}
	return e.Pointer + ": " + e.Reason
}

// maxDepth of the nesting of a schema.
const maxDepth = 200

// Compile reads a schema: a document as encoding/json decodes it, or what it can write. The
// error is an *InvalidError.
func Compile(document any, opts *Options) (*Schema, error) {
	if opts == nil {
		opts = &Options{}
	}
	document, err := normal(document)
	if err != nil {
		return nil, &InvalidError{Reason: err.Error()}
	}
	if deep(document) > maxDepth {
		return nil, &InvalidError{Reason: fmt.Sprintf("it is nested more than %d levels deep", maxDepth)}
	}
	s := &Schema{document: document, options: *opts, compiled: opts.Compiled}
	var p *parser
	if p, s.root, err = parse(s, false); err != nil {
		return nil, err
	}
	checks, loops := cost(s.root)
	if loops {
		return nil, &InvalidError{Reason: "a reference leads back to itself without getting anywhere"}
	}
	if s.costly = checks > maxChecks; s.costly {
		s.root = opaque(kindsAll, fmt.Sprintf("alternatives that multiply to more than %d checks of one value", maxChecks), p.sources[""].id)
	}
	if s.compiled == nil {
		if s.compiled, err = s.compile(p); err != nil {
			return nil, err
		}
	}
	s.hinted = sync.OnceValue(func() *node {
		_, root, err := parse(s, true)
		if err != nil || s.costly {
			return s.root
		}
		return root
	})
	s.warm = sync.OnceValue(s.warmed)
	return s, nil
}

// MustCompile is Compile for schemas that are part of a program; it panics on a mistake.
func MustCompile(document any) *Schema {
	s, err := Compile(document, nil)
	if err != nil {
		panic(err)
	}
	return s
}

// Parse compiles a schema from its text.
func Parse(text []byte, opts *Options) (*Schema, error) {
	document, err := decode(text)
	if err != nil {
		return nil, &InvalidError{Reason: err.Error()}
	}
	return Compile(document, opts)
}

// Document is a copy of the schema as it was written.
func (s *Schema) Document() any { return clone(s.document) }

// ErrCostly is the error of Validate for a schema whose alternatives multiply past what can
// be tried. Nothing about it is decided.
var ErrCostly = fmt.Errorf("the schema cannot be checked: its alternatives multiply to more than %d checks of one value", maxChecks)

// Validate says whether document, as encoding/json decodes it or can write it, is valid. The
// error is a *jsonschema.ValidationError, or ErrCostly. Patterns with look-around or
// back-references are not checked: package regexp cannot run them.
func (s *Schema) Validate(document any) error {
	v, err := normal(document)
	if err != nil {
		return err
	}
	return s.check(v)
}

const (
	rootURL   = "schema:///root.json"
	sharedURL = "schema:///shared/"
)

// compile gives the schema to the library that checks documents.
func (s *Schema) compile(p *parser) (compiled *jsonschema.Schema, err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = &InvalidError{Reason: fmt.Sprintf("it cannot be compiled: %v", recovered)}
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft7
	compiler.AssertFormat = s.options.Formats
	if !s.options.Formats {
		for name := range jsonschema.Formats {
			compiler.Formats[name] = func(any) bool { return true }
		}
	}
	compiler.LoadURL = func(address string) (io.ReadCloser, error) {
		name, err := url.PathUnescape(strings.TrimPrefix(address, sharedURL))
		src, ok := p.sources[name]
		if err != nil || !ok {
			return nil, fmt.Errorf("nothing is known as %q", address)
		}
		return io.NopCloser(bytes.NewReader(canonical(p.prepare(src)))), nil
	}
	if err := compiler.AddResource(rootURL, bytes.NewReader(canonical(p.prepare(p.sources[""])))); err != nil {
		return nil, invalid(err)
	}
	compiled, err = compiler.Compile(rootURL)
	if err != nil {
		return nil, invalid(err)
	}
	return compiled, nil
}

// invalid says what the library complains about in this package's words.
func invalid(err error) error {
	var whole *jsonschema.SchemaError
	if errors.As(err, &whole) {
		err = whole.Err
	}
	var mistake *jsonschema.ValidationError
	if errors.As(err, &mistake) {
		for len(mistake.Causes) > 0 {
			mistake = mistake.Causes[0]
		}
		return &InvalidError{Pointer: unescape(mistake.InstanceLocation), Reason: "it is not a schema: " + mistake.Message}
	}
	var loop jsonschema.InfiniteLoopError
	if errors.As(err, &loop) {
		_, pointer, _ := strings.Cut(string(loop), "#")
		return &InvalidError{Pointer: pointer, Reason: "a reference leads back to itself without getting anywhere"}
	}
	return &InvalidError{Reason: strings.ReplaceAll(strings.TrimPrefix(err.Error(), "jsonschema: "), rootURL, "")}
}

func deep(v any) int {
	deepest := 0
	switch v := v.(type) {
	case map[string]any:
		for _, element := range v {
			deepest = max(deepest, deep(element))
		}
	case []any:
		for _, element := range v {
			deepest = max(deepest, deep(element))
		}
	}
	return deepest + 1
}
