package bundle

import (
	"io/fs"
	"slices"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
)

// Rule is one check that Lint makes.
type Rule struct {
	ID  string // of the problems that it reports
	Doc string // what it wants, in one sentence
	run func(*linting)
}

// Rules that Lint applies, by id.
func Rules() []Rule {
	return slices.Clone(rules)
}

var rules = []Rule{
	{"default-invalid", "The defaults of params are valid.", defaults},
	{"duplicate-step", "Each step has a name of its own, and no step moved from a name that another still has or has moved from.", stepNames},
	{"incomplete-value", "An artifact whose value is an object has every key that its type requires.", incompleteValues},
	{"missing-step-folder", "The folder of each step is in the bundle.", stepFolders},
	{"name-collision", "A param and a connection do not share a name: a step without inputs gets both as variables.", collisions},
	{"no-value", "Each artifact has a value.", missingValues},
	{"not-acted-on", "What this version reads but does not act on is said.", notActedOn},
	{"preset-invalid", "Each preset is valid when it is laid over the defaults.", presets},
	{"unknown-account", "Each provider takes its account from a connection of the bundle.", accounts},
	{"unknown-field", "Expressions and grants read only fields that the types and params have.", fields},
	{"unknown-grant", "Grants are of the type that they are asked of.", grants},
	{"unknown-required", "Every required param is among the params.", required},
	{"unknown-type", "Every type is in the catalog, in a version that is asked for.", types},
	{"unsafe-grant", "The bundle's own grants write no secret into a policy and reach no further than the artifact.", ownGrants},
}

// Lint gives every mistake of the bundle that can be seen without an environment, sorted:
// errors, and warnings about what is doubtful.
func Lint(b *Bundle, catalog *artifacts.Catalog) tenon.Problems {
	l := &linting{bundle: b, catalog: catalog}
	for _, rule := range rules {
		l.rule = rule.ID
		rule.run(l)
	}
	return l.problems.Sorted()
}

// Check is Load and Lint in one: every mistake of the bundle in dir of fsys, of form and
// beside the catalog, as far as it can be read.
func Check(fsys fs.FS, dir string, catalog *artifacts.Catalog) tenon.Problems {
	b, problems := load(fsys, dir)
	if b != nil && b.Params != nil {
		problems.Add(Lint(b, catalog)...)
	}
	return problems.Sorted()
}

type linting struct {
	bundle   *Bundle
	catalog  *artifacts.Catalog
	rule     string
	problems tenon.Problems
}

func (l *linting) add(p tenon.Problem) { l.problems.Add(p) }

func (l *linting) warn(p tenon.Problem) {
	p.Severity = tenon.Warning
	l.problems.Add(p)
}

// typeOf is the type behind a reference; nil where the catalog lacks it, which is
// unknown-type's to say.
func (l *linting) typeOf(ref artifacts.Ref) *artifacts.Type {
	t, err := l.catalog.Lookup(ref)
	if err != nil {
		return nil
	}
	return t
}
