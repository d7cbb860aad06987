package artifacttest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/expr"
	"github.com/tenon-sdk/tenon/internal/value"
)

// Produces checks that a module gives an artifact of a type. File is what Terraform or
// OpenTofu printed of it: terraform show -json of a plan or of a state, a state file, or
// terraform output -json.
//
// The artifact is Options.Value over the outputs, or the output Options.Output, or else any
// output or any resource that the type can be made of. What a plan does not know yet is
// taken to be what the type wants; what it does know must be right.
func Produces(t TB, file, ref string, opts *Options) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	ProducesFrom(t, data, ref, opts)
}

// ProducesFrom is Produces for the text itself.
func ProducesFrom(t TB, data []byte, ref string, opts *Options) {
	t.Helper()
	o := opts.orZero()
	typ := o.find(t, ref)
	if typ == nil {
		return
	}
	outputs, err := readOutputs(data)
	if err != nil {
		t.Fatalf("%v", err)
		return
	}
	narrow := o.narrow(t, typ)
	if narrow == nil {
		return
	}
	var tried []string
	for _, c := range candidates(t, o, typ, data, outputs) {
		why := c.why(typ)
		if why == "" && o.Where != nil && len(c.unknown) == 0 {
			if err := narrow.Validate(c.document); err != nil {
				why = fmt.Sprintf("it does not meet what the connection asks for: %v", err)
			}
		}
		if why == "" {
			return
		}
		tried = append(tried, fmt.Sprintf("%s: %s", c.name, why))
	}
	if len(tried) == 0 {
		t.Errorf("nothing in it may be a %s: no output, and no resource of %s", typ, strings.Join(typ.Harvests(), ", "))
		return
	}
	t.Errorf("nothing in it is a %s:\n%s", typ, strings.Join(tried, "\n"))
}

// candidate is a document that may be the artifact.
type candidate struct {
	name     string
	document any
	unknown  []tenon.Path // what a plan does not know yet
	problems string       // why there is no document
	checked  bool         // it was, and is one
}

// why it is none of the type; empty where it is one.
func (c candidate) why(t *artifacts.Type) string {
	switch {
	case c.checked:
		return ""
	case c.problems != "":
		return c.problems
	case c.document == nil && len(c.unknown) > 0:
		return "the plan knows nothing of it yet: give what terraform show or output print after it is applied"
	}
	var left tenon.Problems
	for _, p := range tenon.ProblemsOf(t.Validate(c.document)) {
		if !slices.ContainsFunc(c.unknown, func(path tenon.Path) bool { return value.Overlaps(path, p.Path) }) {
			left.Add(p)
		}
	}
	return said(left)
}

func candidates(t TB, o Options, typ *artifacts.Type, data []byte, outputs map[string]output) []candidate {
	t.Helper()
	switch {
	case o.Value != "":
		return []candidate{byExpression(o.Value, outputs)}
	case o.Output != "":
		out, ok := outputs[o.Output]
		if !ok {
			return []candidate{{name: "output " + o.Output, problems: "there is no such output"}}
		}
		return []candidate{{name: "output " + o.Output, document: out.value, unknown: out.unknown()}}
	}
	var list []candidate
	for _, name := range sorted(outputs) {
		list = append(list, candidate{name: "output " + name, document: outputs[name].value, unknown: outputs[name].unknown()})
	}
	return append(list, harvested(o, typ, data)...)
}

// byExpression makes the document of the outputs. A field whose expression reads what a
// plan does not know is not known.
func byExpression(text string, outputs map[string]output) candidate {
	c := candidate{name: "the value of the outputs"}
	compiled, err := expr.Compile(text)
	if err != nil {
		c.problems = err.Error()
		return c
	}
	values, hidden := map[string]any{}, false
	for name, out := range outputs {
		values[name] = out.value
		hidden = hidden || len(out.unknown()) > 0
	}
	document, err := compiled.Run(context.Background(), map[string]any{"outputs": values})
	if err != nil && !hidden {
		c.problems = err.Error()
		return c
	}
	c.document = document
	for _, path := range compiled.Reads() {
		steps := path.Steps()
		if len(steps) < 2 {
			continue
		}
		name, _ := steps[1].(string)
		for range outputs[name].unknown() {
			// Which field it goes into is not said: everything that is missing may come from it.
			c.unknown = append(c.unknown, missing(document)...)
		}
	}
	return c
}

// missing are the paths of a document that hold nothing.
func missing(document any) []tenon.Path {
	object, ok := document.(map[string]any)
	if !ok {
		return []tenon.Path{{}}
	}
	var paths []tenon.Path
	for name, v := range object {
		if v == nil {
			paths = append(paths, tenon.At(name))
		}
	}
	return paths
}

// harvested are the resources that the type can be made of.
func harvested(o Options, typ *artifacts.Type, data []byte) []candidate {
	catalog := o.Catalog
	if catalog == nil {
		catalog, _ = standardCatalog()
	}
	found, err := catalog.FromPlan(context.Background(), data)
	if err != nil {
		if found, err = catalog.FromState(context.Background(), data); err != nil {
			return nil
		}
	}
	var list []candidate
	for _, f := range found {
		if f.Type != typ {
			continue
		}
		c := candidate{name: f.Address}
		if !f.Valid() {
			var left tenon.Problems
			for _, p := range f.Problems {
				// A field that an attribute fills which is there after apply only is missing
				// until then.
				if len(f.Unknown) == 0 || p.Rule != "required" {
					left.Add(p)
				}
			}
			c.problems = said(left)
			c.unknown = []tenon.Path{{}}
		} else if document, err := f.Artifact.Reveal(context.Background(), "a contract test", nobody{}); err == nil {
			c.document = document
		}
		c.checked = c.problems == ""
		list = append(list, c)
	}
	return list
}

// nobody records: what is tested was handed in by the one who asks.
type nobody struct{}

func (nobody) RecordReveal(context.Context, artifacts.Reveal) error { return nil }

// output of a module.
type output struct {
	value any
	later any // true where a plan does not know it yet
}

func (o output) unknown() []tenon.Path {
	var paths []tenon.Path
	value.Walk(o.later, func(path tenon.Path, leaf any) {
		if leaf == true {
			paths = append(paths, path)
		}
	})
	return paths
}

type printed struct {
	FormatVersion string                     `json:"format_version"`
	Version       int                        `json:"version"`
	Outputs       map[string]json.RawMessage `json:"outputs"` // of a state file
	Values        *shown                     `json:"values"`
	PlannedValues *shown                     `json:"planned_values"`
	OutputChanges map[string]struct {
		After        json.RawMessage `json:"after"` // the part that is known
		AfterUnknown json.RawMessage `json:"after_unknown"`
	} `json:"output_changes"`
}

type shown struct {
	Outputs map[string]json.RawMessage `json:"outputs"`
}

// readOutputs reads the outputs of whatever Terraform printed.
func readOutputs(data []byte) (map[string]output, error) {
	var file printed
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("it is no JSON of Terraform: %w", err)
	}
	raw := file.Outputs
	switch {
	case file.PlannedValues != nil:
		raw = file.PlannedValues.Outputs
	case file.Values != nil:
		raw = file.Values.Outputs
	case file.Version == 0 && file.FormatVersion == "": // terraform output -json
		raw = map[string]json.RawMessage{}
		if err := json.Unmarshal(data, &raw); err != nil {
			return nil, fmt.Errorf("it is no JSON of Terraform: %w", err)
		}
	}
	outputs := map[string]output{}
	for name, text := range raw {
		var one struct {
			Value json.RawMessage `json:"value"`
		}
		if err := json.Unmarshal(text, &one); err != nil {
			return nil, fmt.Errorf("the output %s: %w", name, err)
		}
		out := output{}
		change := file.OutputChanges[name]
		if len(one.Value) == 0 {
			one.Value = change.After // planned values leave out what is known in part
		}
		if len(one.Value) > 0 {
			v, err := value.Decode(one.Value)
			if err != nil {
				return nil, fmt.Errorf("the output %s: %w", name, err)
			}
			out.value = v
		}
		if len(change.AfterUnknown) > 0 {
			later, err := value.Decode(change.AfterUnknown)
			if err != nil {
				return nil, fmt.Errorf("the output %s: %w", name, err)
			}
			out.later = later
		}
		outputs[name] = out
	}
	return outputs, nil
}

func sorted(outputs map[string]output) []string {
	names := make([]string, 0, len(outputs))
	for name := range outputs {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
