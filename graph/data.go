package graph

import (
	"cmp"
	"context"
	"fmt"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/internal/value"
)

// checking is the recorder of the reveals that resolving makes: the values are looked at
// by schemas and go nowhere.
type checking struct{}

func (checking) RecordReveal(context.Context, artifacts.Reveal) error { return nil }

// data gives what is known of an artifact. Artifacts of this environment are not looked
// at: they may be about to change.
func (r *resolver) data(ref reference, p producer) (any, bool) {
	if p.imported != nil {
		return p.imported.Data, len(p.imported.Secrets) == 0
	}
	if p.instance != nil {
		return nil, false
	}
	address := ref.String()
	before, ok := r.revealed[address]
	if !ok {
		if known := r.known[address]; known != nil {
			data, err := known.Reveal(context.Background(), "checked against what takes it", checking{})
			before = revealed{data, err == nil}
		}
		r.revealed[address] = before
	}
	return before.data, before.known
}

// revealed is a document that is known, or that none is.
type revealed struct {
	data  any
	known bool
}

// readImports reads the imports that the environment lists.
func (r *resolver) readImports() {
	for n, name := range r.file.Imports {
		file, ok := r.project.imports[name]
		if !ok {
			r.add(r.file.node.Get("imports", n).Problem("unknown-import", fmt.Sprintf("there is no import %q", name), nearest(r, name, r.project.imports)))
			r.imports[name] = nil
			continue
		}
		r.imports[name] = r.readImport(file)
	}
}

// imported finds an import that the environment lists.
func (r *resolver) imported(name string) (producer, *tenon.Problem) {
	made, listed := r.imports[name]
	switch {
	case !listed:
		return producer{}, &tenon.Problem{Rule: "not-imported", Message: fmt.Sprintf("the environment does not import %q", name), Hint: cmp.Or(tenon.DidYouMean(name, r.file.Imports), fmt.Sprintf("add it: imports: [%s]", name))}
	case made == nil:
		return producer{}, &tenon.Problem{Rule: "unknown-import", Message: fmt.Sprintf("the import %q cannot be used", name)}
	}
	return producer{typ: made.Type, exposed: everyGrant(made.Type), imported: made}, nil
}

// everyGrant of a type: whoever registers an artifact by hand stands for all of it.
func everyGrant(t *artifacts.Type) map[string]artifacts.Grant {
	grants := map[string]artifacts.Grant{}
	for _, grant := range t.Grants() {
		grants[grant.Name] = grant
	}
	return grants
}

// readImport gives the import of a file; nil, and the reason said, where its type cannot
// be found.
func (r *resolver) readImport(file *importFile) *Import {
	ref, err := artifacts.ParseRef(file.Type)
	if err != nil {
		r.add(file.node.Get("type").Problem("bad-reference", err.Error(), ""))
		return nil
	}
	t, err := r.estate.catalog.Lookup(ref)
	if err != nil {
		found := tenon.ProblemsOf(err)[0]
		r.add(file.node.Get("type").Problem(found.Rule, found.Message, found.Hint))
		return nil
	}
	var data any = map[string]any{}
	if file.Data != nil {
		data = any(file.Data)
	}
	if normal, err := value.Normal(data); err == nil {
		data = normal
	}
	made := &Import{Name: file.Name, Address: "imported:" + file.Name, Type: t, Data: data.(map[string]any), Secrets: file.Secrets, File: file.node.File}
	r.checkImport(file, made)
	return made
}

// checkImport validates the data. Where secrets come later, a stand-in takes their place,
// and what is said about the stand-in is not held against the file.
func (r *resolver) checkImport(file *importFile, made *Import) {
	data := any(made.Data)
	for name := range made.Secrets {
		if !made.Type.Declares(tenon.At(name)) {
			known := map[string]bool{}
			for _, field := range made.Type.Fields() {
				known[field] = true
			}
			r.add(file.node.Get("secrets").KeyProblem(name, "unknown-key", fmt.Sprintf("%s has no %q", made.Type, name), nearest(r, name, known)))
		}
		if _, exists := made.Data[name]; exists {
			r.add(file.node.Get("secrets").KeyProblem(name, "double-value", fmt.Sprintf("%q stands in the data as well", name), ""))
		}
		data = value.Set(data, tenon.At(name), "secret")
	}
	var found tenon.Problems
	for _, p := range problemsOf(made.Type.Validate(data)) {
		steps := p.Path.Steps()
		if len(steps) > 0 {
			if name, ok := steps[0].(string); ok {
				if _, secret := made.Secrets[name]; secret {
					continue
				}
			}
		}
		p.Message = made.Type.String() + ": " + p.Message
		found.Add(p)
	}
	at := file.node.Get("data")
	if at == nil {
		at = file.node
		for n := range found {
			found[n].Path = tenon.Path{}.Join(found[n].Path)
		}
	}
	r.problems.Add(at.Locate(found)...)
}
