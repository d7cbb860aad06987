package artifacts

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tenon-sdk/tenon"
	contract "github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
	"github.com/tenon-sdk/tenon/internal/value"
)

// assembly is a catalog while it is put together.
type assembly struct {
	catalog  *Catalog
	problems *tenon.Problems
	drafts   []*draft
}

// draft is a type whose references are not resolved yet.
type draft struct {
	t        *Type
	schema   *source.Node
	grants   *source.Node
	examples *source.Node

	published bool
	document  any      // the schema of a published definition, in our form
	origins   []origin // of its parts
	exports   []Export // of a published definition

	proven  bool // its file was checked before it came here: compiled when it is first used
	content *content
}

func assemble(files []*source.Node, folders []*published, proven map[*source.Node]bool, problems *tenon.Problems) *Catalog {
	a := &assembly{
		catalog:  &Catalog{files: files, published: folders, proven: proven, byName: map[string][]*Type{}, shared: map[string]*source.Node{}},
		problems: problems,
	}
	for _, node := range files {
		known := false
		for _, d := range dialects {
			if known = d.knows(node); known {
				d.read(node, a)
				break
			}
		}
		if !known {
			problems.Add(node.Problem("unknown-file", "is not an artifact type", "a type begins with artifact: NAME, shared definitions with definitions:"))
		}
	}
	a.checkParts()
	for _, d := range a.drafts {
		a.register(d)
	}
	for _, versions := range a.catalog.byName {
		slices.SortFunc(versions, func(x, y *Type) int { // build metadata has no order of its own
			return cmp.Or(x.version.Compare(y.version), strings.Compare(x.Version(), y.Version()))
		})
	}
	for _, d := range a.drafts {
		if d.proven {
			d.t.made, d.t.proven = a.later(d), true
		} else {
			d.t.made = func() *content { return d.content }
		}
	}
	a.each((*assembly).compile)
	a.each((*assembly).check)
	for _, name := range slices.Sorted(maps.Keys(a.catalog.byName)) {
		a.catalog.types = append(a.catalog.types, a.catalog.byName[name]...)
	}
	return a.catalog
}

// each works on all drafts, several at a time: each has problems of its own to add to.
func (a *assembly) each(work func(*assembly, *draft)) {
	drafts := slices.DeleteFunc(slices.Clone(a.drafts), func(d *draft) bool { return d.proven })
	problems := make([]tenon.Problems, len(drafts))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(drafts)) {
		group.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(drafts) {
					return
				}
				own := *a
				own.problems = &problems[i]
				work(&own, drafts[i])
			}
		})
	}
	group.Wait()
	for _, found := range problems {
		a.problems.Add(found...)
	}
}

func (a *assembly) register(d *draft) {
	t := d.t
	if before := a.catalog.Version(t.name, t.Version()); before != nil {
		hint := ""
		if a.catalog.proven[before.node] {
			hint = "it comes with the catalog that is always there: give yours a name or a version of its own"
		}
		a.problems.Add(t.nameNode().Problem("duplicate-type", fmt.Sprintf("%s is declared in %s:%d as well", t, before.node.File, before.nameNode().Line), hint))
		return
	}
	a.catalog.byName[t.name] = append(a.catalog.byName[t.name], t)
}

func (a *assembly) compile(d *draft) {
	d.t.shared = a.shared
	document := d.document
	if !d.published {
		document = d.schema.Value()
	}
	checkMarks(d.schema, a.problems)
	compiled, found := schema.Compile(document, &schema.Options{Shared: d.t.shared})
	if d.published { // keywords of its own are no mistakes
		found = slices.DeleteFunc(found, func(p tenon.Problem) bool { return p.Severity == tenon.Warning })
	}
	a.problems.Add(d.locate(found)...)
	if compiled == nil {
		return
	}
	set, err := contract.Compile(document, &contract.Options{Shared: d.t.shared, Compiled: compiled.Compiled()})
	if err != nil {
		a.problems.Add(d.schema.Problem("invalid-schema", err.Error(), ""))
		return
	}
	marks := compiled.Marks(isMarked)
	d.content = &content{schema: compiled, contract: set, marks: marks, sensitive: marks.Patterns(), exports: d.exports}
}

// later compiles a type whose file is known to be right when it is first used.
func (a *assembly) later(d *draft) func() *content {
	return sync.OnceValue(func() *content {
		var problems tenon.Problems
		own := *a
		own.problems = &problems
		own.compile(d)
		if d.content != nil {
			own.fill(d)
		}
		if problems.HasErrors() {
			panic("artifacts: " + problems.Error()) // whoever called it proven was wrong
		}
		return d.content
	})
}

// shared gives the document that a reference out of a schema means.
func (a *assembly) shared(ref string) (any, bool) {
	name, ok := strings.CutPrefix(ref, "types:")
	node := a.catalog.shared[name]
	if !ok || node == nil {
		return nil, false
	}
	return node.Value(), true
}

// check does what needs the whole catalog: supertypes, grants, examples.
func (a *assembly) check(d *draft) {
	t := d.t
	if d.content == nil {
		return
	}
	for i, ref := range t.isA {
		at := t.node.Get("isA", i)
		super, err := a.catalog.Lookup(ref)
		switch {
		case err != nil:
			a.locate(err, at)
		case a.leadsTo(ref, t, map[*Type]bool{}):
			a.problems.Add(at.Problem("isa-cycle", fmt.Sprintf("%s would be a subtype of itself", t), ""))
		case super.made() != nil:
			a.prove(t, super, at)
			for _, path := range lessSensitive(t, super) {
				a.problems.Add(at.Problem("isa-sensitive", fmt.Sprintf("%s is sensitive in %s, and must be in %s", orDocument(path), super, t), "mark it with x-sensitive: true"))
			}
		}
	}
	a.fill(d)
	if !d.published {
		for _, example := range d.examples.Items() {
			a.example(t, example)
		}
	}
}

// fill compiles what stands in the file beside the schema.
func (a *assembly) fill(d *draft) {
	t, c := d.t, d.content
	if d.grants != nil {
		grants, found := ParseGrants(d.grants.Value(), c.declares)
		a.problems.Add(d.grants.Locate(found)...)
		for name, grant := range grants {
			grant.File = t.node.File
			grant.Line, grant.Column = d.grants.KeyPlace(name)
			grants[name] = grant
		}
		c.grants = grants
	}
	if !d.published {
		a.harvests(t, c)
		a.exports(c, t.node.Get("exports"))
	}
	for _, example := range d.examples.Items() {
		// In a published definition examples are words, and count where they are right.
		if !d.published || c.schema.Valid(example.Value()) {
			c.examples = append(c.examples, example.Value())
		}
	}
}

// prove that every document of t is one of super; where that cannot be decided, all
// examples must be.
func (a *assembly) prove(t, super *Type, at *source.Node) {
	verdict := Compatible(t, super)
	switch verdict.Answer {
	case contract.No:
		why := ""
		if found := super.made().schema.Validate(verdict.Witness, nil); len(found) > 0 {
			why = ": " + found[0].Path.String() + ": " + found[0].Message
		}
		a.problems.Add(at.Problem("isa-broken", fmt.Sprintf("a %s may be %s, which is no %s%s", t, value.Canonical(verdict.Witness), super, why), ""))
	case contract.Unknown:
		p := at.Problem("isa-undecided", fmt.Sprintf("whether every %s is a %s is not decided: %s", t, super, strings.Join(verdict.Undecided, ", ")), "")
		p.Severity = tenon.Warning
		a.problems.Add(p)
		for _, example := range t.node.Get("examples").Items() {
			for _, p := range super.made().schema.Validate(example.Value(), t.isSensitive) {
				p.Rule = "isa-broken"
				p.Message = fmt.Sprintf("%s is not a %s: %s", t, super, p.Message)
				a.problems.Add(example.Locate(tenon.Problems{p})...)
			}
		}
	}
}

// example must be valid under the type.
func (a *assembly) example(t *Type, example *source.Node) {
	a.problems.Add(example.Locate(t.made().schema.Validate(example.Value(), t.isSensitive))...)
}

func (a *assembly) leadsTo(ref Ref, target *Type, seen map[*Type]bool) bool {
	t, err := a.catalog.Lookup(ref)
	if err != nil || seen[t] {
		return false
	}
	seen[t] = true
	if t == target {
		return true
	}
	for _, super := range t.isA {
		if a.leadsTo(super, target, seen) {
			return true
		}
	}
	return false
}

func orDocument(path tenon.Path) string {
	if path.IsRoot() {
		return "the whole document"
	}
	return path.String()
}

func (a *assembly) locate(err error, node *source.Node) {
	for _, p := range tenon.ProblemsOf(err) {
		a.problems.Add(node.Problem(p.Rule, p.Message, p.Hint))
	}
}
