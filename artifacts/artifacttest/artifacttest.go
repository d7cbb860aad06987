// Package artifacttest tests contracts between infrastructure modules in go test: does what
// this Terraform module gives satisfy a type, does one type fit another's place, is this
// change of a type breaking, does my code take whatever a connection may bring.
//
//	func TestDatabaseModule(t *testing.T) {
//		artifacttest.Produces(t, "testdata/plan.json", "postgresql@^1", nil)
//	}
//
// Nothing is run: plans, states and outputs are files that Terraform or OpenTofu printed
// (terraform show -json, terraform output -json). A failure prints the witness. Types are
// those of the standard catalog, or of Options.Catalog.
package artifacttest

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/artifacts/standard"
)

// TB is what is used of testing.TB.
type TB interface {
	Helper()
	Errorf(format string, arguments ...any)
	Fatalf(format string, arguments ...any)
}

// Options of all checks; nil is the zero Options.
type Options struct {
	// Catalog that types are looked up in; the standard catalog where it is nil.
	Catalog *artifacts.Catalog
	// Output is the module's output that holds the artifact; where it is empty, each
	// output and each resource may be it.
	Output string
	// Value makes the artifact of the outputs, as in a bundle: a jq expression over
	// {outputs}, such as {host: .outputs.address, port: 5432}.
	Value string
	// Where narrows the type as a bundle's connection does: a JSON Schema that must hold as
	// well. For Produces, Fits and Takes.
	Where any
	// Samples that Takes draws; 1,000 where it is 0.
	Samples int
	// Seed of the first sample.
	Seed uint64
}

var standardCatalog = sync.OnceValues(func() (*artifacts.Catalog, error) { return artifacts.Load(standard.FS()) })

func (o *Options) orZero() Options {
	if o == nil {
		return Options{}
	}
	return *o
}

// find looks a type up; nil after a failure.
func (o Options) find(t TB, ref string) *artifacts.Type {
	t.Helper()
	catalog := o.Catalog
	if catalog == nil {
		var err error
		if catalog, err = standardCatalog(); err != nil {
			t.Fatalf("the standard catalog: %v", err)
			return nil
		}
	}
	parsed, err := artifacts.ParseRef(ref)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	found, err := catalog.Lookup(parsed)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	return found
}

// Fits checks that every document of the type producer is one of the type consumer: that
// the artifact of one module can always go into the connection of another.
func Fits(t TB, producer, consumer string, opts *Options) {
	t.Helper()
	o := opts.orZero()
	from, to := o.find(t, producer), o.find(t, consumer)
	if from == nil || to == nil {
		return
	}
	if narrow := o.narrow(t, to); narrow != nil {
		report(t, fmt.Sprintf("%s does not fit %s", from, to), schema.Compatible(from.Contract(), narrow))
	}
}

// narrow is the type with Options.Where; nil after a failure.
func (o Options) narrow(t TB, typ *artifacts.Type) *schema.Schema {
	t.Helper()
	if o.Where == nil {
		return typ.Contract()
	}
	narrow, err := typ.Narrow(o.Where)
	if err != nil {
		t.Fatalf("where: %v", err)
		return nil
	}
	return narrow
}

// DoesNotFit checks that some document of the type producer is none of the type consumer.
func DoesNotFit(t TB, producer, consumer string, opts *Options) {
	t.Helper()
	o := opts.orZero()
	from, to := o.find(t, producer), o.find(t, consumer)
	if from == nil || to == nil {
		return
	}
	if verdict := artifacts.Compatible(from, to); verdict.Answer != schema.No {
		t.Errorf("%s is meant not to fit %s, and the answer is %s", from, to, verdict.Answer)
	}
}

func report(t TB, what string, verdict schema.Verdict) {
	t.Helper()
	switch verdict.Answer {
	case schema.No:
		t.Errorf("%s: witness %s: %s: %s", what, text(verdict.Witness), orRoot(verdict.Path), verdict.Reason)
	case schema.Unknown:
		t.Errorf("%s, as far as can be decided: %v", what, verdict.Undecided)
	}
}

// NotBreaking checks that the change from one type to the next breaks nobody. Each is a type
// of a catalog, so that the old one can be read from what was published last.
func NotBreaking(t TB, before, after *artifacts.Type) {
	t.Helper()
	if r := artifacts.Diff(before, after); r.Bump == schema.Major {
		t.Errorf("from %s to %s:\n%s", before, after, r)
		report(t, "consumers may see what they do not expect", r.Consumers)
		report(t, "producers may fail to deliver", r.Producers)
	}
}

// HonestVersion checks that the versions of two types say how much changed between them.
func HonestVersion(t TB, before, after *artifacts.Type) {
	t.Helper()
	r := artifacts.Diff(before, after)
	if err := r.Check(); err != nil {
		t.Errorf("%v\n%s", err, r)
	}
}

// Takes calls take with samples of a type: small ones, full ones and some by chance, the
// same in every run. It fails with the first that take does not accept, and its seed.
func Takes(t TB, ref string, opts *Options, take func(document any) error) {
	t.Helper()
	o := opts.orZero()
	typ := o.find(t, ref)
	if typ == nil {
		return
	}
	narrow := o.narrow(t, typ)
	if narrow == nil {
		return
	}
	count := o.Samples
	if count == 0 {
		count = 1000
	}
	for n := range count {
		sample := &schema.SampleOptions{Seed: o.Seed + uint64(n), Style: schema.Random}
		switch n {
		case 0:
			sample.Style = schema.Minimal
		case 1:
			sample.Style = schema.Maximal
		}
		document, err := narrow.Sample(sample)
		if err != nil {
			t.Fatalf("%s: %v", typ, err)
			return
		}
		if err := take(document); err != nil {
			t.Errorf("%s, sample %d: %v\n%s", typ, sample.Seed, err, text(document))
			return
		}
	}
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(data)
}

func orRoot(path string) string {
	if path == "" {
		return "/"
	}
	return path
}

// said is problems of a document in a line each.
func said(problems tenon.Problems) string {
	if err := problems.Err(); err != nil {
		return err.Error()
	}
	return ""
}
