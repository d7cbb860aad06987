package drivertest

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

func powerRules() []rule {
	return []rule{
		{Rule: Rule{"capabilities", "What a driver lists it has, and what it does not list answers that it is not supported."}, test: capabilities},
		{Rule: Rule{"recover-of-nothing", "Recover finds nothing where no run was cut off, and writes nothing."}, needs: needs[provisioner.Recoverer]("recover"), test: recoverOfNothing},
		{Rule: Rule{"drift-none", "Nothing has drifted right after an apply, and to look changes nothing."}, needs: needs[provisioner.DriftDetector]("tell drift"), test: driftNone},
		{Rule: Rule{"drift-found", "What was changed past the driver is found, and to look changes nothing."}, needs: needsDrift, test: driftFound},
		{Rule: Rule{"import", "What was made past the driver is taken in as it is, and a plan after that has no changes."}, needs: needsImport, test: importOne},
		{Rule: Rule{"import-twice", "What is managed already is a problem of rule already-managed."}, needs: needsImport, test: importTwice},
		{Rule: Rule{"validate-accepts", "Validate has nothing against a step that can be applied, and needs no credentials."}, needs: needs[provisioner.Validator]("validate"), test: validateAccepts},
		{Rule: Rule{"validate-refuses", "Validate finds what is wrong with a step, as problems."}, needs: needsValidator, test: validateRefuses},
		{Rule: Rule{"inspect", "A module declares the inputs and outputs that it has, sorted by name."}, needs: needs[provisioner.Inspector]("inspect"), test: inspect},
		{Rule: Rule{"undeclared-input", "An input that the module does not declare is a problem, or left out where the inputs are implicit."}, needs: needs[provisioner.Inspector]("inspect"), test: undeclaredInput},
		{Rule: Rule{"version", "Identity is the same twice and quick, and the tool has a name and a version."}, needs: needs[provisioner.Versioned]("tell versions"), test: version},
		{Rule: Rule{"version-missing", "A version that is not on this machine is a missing tool."}, needs: needs[provisioner.Versioned]("tell versions"), test: versionMissing},
	}
}

// needs says that a rule is for drivers with a power.
func needs[T any](power string) func(*session) string {
	return func(s *session) string {
		if _, can := provisioner.As[T](s.harness.Driver); !can {
			return "the driver cannot " + power
		}
		return ""
	}
}

func needsDrift(s *session) string {
	if s.harness.Drift == nil {
		return "the harness cannot make things Drift"
	}
	return needs[provisioner.DriftDetector]("tell drift")(s)
}

func needsImport(s *session) string {
	if s.harness.Import == nil {
		return "the harness has nothing to Import"
	}
	return needs[provisioner.Importer]("import")(s)
}

func needsValidator(s *session) string {
	if why := needsInvalid(s); why != "" {
		return why
	}
	return needs[provisioner.Validator]("validate")(s)
}

func (st *step) recover(o order) *turn  { return st.ask(provisioner.CallRecover, o) }
func (st *step) drift(o order) *turn    { return st.ask(provisioner.CallDrift, o) }
func (st *step) validate(o order) *turn { return st.ask(provisioner.CallValidate, o) }
func (st *step) inspect(o order) *turn  { return st.ask(provisioner.CallInspect, o) }
func (st *step) identity(o order) *turn { return st.ask(provisioner.CallIdentity, o) }
func (st *step) version(o order) *turn  { return st.ask(provisioner.CallVersion, o) }

func (st *step) importAs(o order, address, id string) *turn {
	o.taken = &importOf{address, id}
	return st.ask(provisioner.CallImport, o)
}

func capabilities(j *judge) {
	driver := j.harness.Driver
	st := j.newStep("capabilities")
	list := provisioner.Capabilities(driver)
	if again := provisioner.Capabilities(driver); !slices.Equal(list, again) {
		j.errorf("the capabilities are %v, and %v when they are asked for again", list, again)
	}
	if capable, ok := driver.(provisioner.Capable); ok {
		for _, c := range capable.Capabilities() {
			if !slices.Contains(list, c) {
				j.errorf("the capability %q is listed, and the driver has no method for it", c)
			}
		}
	}
	calls := map[provisioner.Capability]func() *turn{}
	if _, has := driver.(provisioner.DriftDetector); has {
		calls[provisioner.CanDrift] = func() *turn { return st.drift(order{name: "drift"}) }
	}
	if _, has := driver.(provisioner.Importer); has {
		calls[provisioner.CanImport] = func() *turn { return st.importAs(order{name: "import"}, "main", "1") }
	}
	if _, has := driver.(provisioner.Inspector); has {
		calls[provisioner.CanInspect] = func() *turn { return st.inspect(order{name: "inspect"}) }
	}
	if _, has := driver.(provisioner.Recoverer); has {
		calls[provisioner.CanRecover] = func() *turn { return st.recover(order{name: "recover"}) }
	}
	if _, has := driver.(provisioner.Validator); has {
		calls[provisioner.CanValidate] = func() *turn { return st.validate(order{name: "validate"}) }
	}
	if _, has := driver.(provisioner.Versioned); has {
		calls[provisioner.HasVersion] = func() *turn { return st.version(order{name: "version"}) }
	}
	for capability, call := range calls {
		if slices.Contains(list, capability) {
			continue
		}
		if t := call(); !t.answered() {
			j.errorf("%s", t.trouble())
		} else if !errors.Is(t.answer.err, provisioner.ErrUnsupported) {
			j.errorf("%s: the capability %q is not listed, and the answer is not ErrUnsupported but %v", t.label, capability, t.answer.err)
		}
	}
}

func recoverOfNothing(j *judge) {
	never := j.newStep("recover-of-nothing")
	turns := []*turn{never.recover(order{name: "recover-before"})}
	j.good(never.apply(order{name: "apply"}))
	turns = append(turns, never.recover(order{name: "recover-after-apply"}))
	j.good(never.destroy(order{name: "destroy"}))
	turns = append(turns, never.recover(order{name: "recover-after-destroy"}))
	for _, t := range turns {
		j.good(t)
		if t.answer.Result != nil {
			j.errorf("%s found something: outcome %q", t.label, t.answer.Result.Outcome)
		}
		if t.writes > 0 {
			j.errorf("%s wrote the state", t.label)
		}
		j.didNothing(t)
	}
}

func driftNone(j *judge) {
	life := j.life()
	j.good(life.turn("apply-again"))
	t := j.good(life.turn("drift"))
	if t.answer.Drift == nil {
		j.fatalf("%s gave nothing and no error", t.label)
	}
	if changes := t.changes(); len(changes) > 0 {
		j.errorf("%s found %v", t.label, told(changes))
	}
	if t.writes > 0 {
		j.errorf("%s wrote the state", t.label)
	}
	j.sameWorld(t)
}

func driftFound(j *judge) {
	st := j.newStep("drift-found")
	j.good(st.apply(order{name: "apply"}))
	req, err := st.request(order{})
	if err == nil {
		err = j.harness.Drift(j.ctx, req)
	}
	if err != nil {
		j.fatalf("the harness: Drift: %v", err)
	}
	t := j.good(st.drift(order{name: "drift"}))
	if t.answer.Drift == nil || len(told(t.changes())) == 0 {
		j.errorf("%s found nothing", t.label)
	}
	if t.writes > 0 {
		j.errorf("%s wrote the state", t.label)
	}
	j.sameWorld(t)
	j.gone(j.good(st.destroy(order{name: "destroy"}))) // also what is not there any more
}

// haveImported has something taken in, twice.
func (s *session) haveImported() *talk {
	t := s.newTalk("import")
	inputs := s.harness.Import.Inputs
	req, err := t.step.request(order{inputs: inputs})
	var address, id string
	if err == nil {
		address, id, err = s.harness.Import.Make(s.ctx, req)
	}
	if err != nil {
		t.wrong = "the harness: Import: " + err.Error()
		return t
	}
	take := func(o order) *turn { return t.step.importAs(o, address, id) }
	t.do(take, order{name: "import", inputs: inputs})
	t.do(t.step.plan, order{name: "plan", inputs: inputs})
	t.do(take, order{name: "import-again", inputs: inputs})
	t.do(t.step.destroy, order{name: "destroy", inputs: inputs})
	return t
}

func importOne(j *judge) {
	t := j.imported()
	taken := j.good(t.turn("import"))
	switch result := taken.answer.Result; {
	case result == nil:
		j.fatalf("%s gave no result and no error", taken.label)
	case result.Outcome != provisioner.Done:
		j.errorf("%s has the outcome %q and no error", taken.label, result.Outcome)
	case !slices.ContainsFunc(result.Changes, func(c provisioner.Change) bool { return c.Action == provisioner.Import }):
		j.errorf("%s tells no change with the action import", taken.label)
	}
	if taken.after == nil && !j.harness.Stateless {
		j.errorf("%s left no state", taken.label)
	}
	j.sameWorld(taken)
	j.noChanges(j.good(t.turn("plan")))
	j.gone(j.good(t.turn("destroy")))
}

func importTwice(j *judge) {
	t := j.imported()
	j.good(t.turn("import"))
	again := t.turn("import-again")
	j.notDone(again)
	if !slices.ContainsFunc(tenon.ProblemsOf(again.answer.err), func(p tenon.Problem) bool { return p.Rule == "already-managed" }) {
		j.errorf("%s is no problem of rule already-managed: %v", again.label, again.answer.err)
	}
	j.didNothing(again)
}

func validateAccepts(j *judge) {
	st := j.newStep("validate-accepts")
	t := j.good(st.validate(order{name: "validate", edit: func(req *provisioner.Request) { req.Providers, req.State = nil, nil }}))
	j.didNothing(t)
}

func validateRefuses(j *judge) {
	st := j.newStep("validate-refuses")
	for _, o := range j.mistaken("validate") {
		t := st.validate(o)
		j.isProblem(t)
		j.didNothing(t)
	}
}

func inspect(j *judge) {
	life := j.life()
	st := j.newStep("inspect")
	t := j.good(st.inspect(order{name: "inspect"}))
	module := t.answer.Module
	if module == nil {
		j.fatalf("%s gave no module and no error", t.label)
	}
	byName := func(list []provisioner.Variable, name string) bool {
		return slices.ContainsFunc(list, func(v provisioner.Variable) bool { return v.Name == name })
	}
	for name := range j.harness.Inputs {
		if !byName(module.Inputs, name) {
			j.errorf("%s does not declare the input %s", t.label, name)
		}
	}
	for _, input := range module.Inputs {
		if _, given := j.harness.Inputs[input.Name]; input.Required && !given {
			j.errorf("%s requires the input %s, and an apply succeeds without it", t.label, input.Name)
		}
	}
	for name := range j.good(life.turn("apply")).outputs() {
		if !byName(module.Outputs, name) {
			j.errorf("%s does not declare the output %s", t.label, name)
		}
	}
	for _, list := range [][]provisioner.Variable{module.Inputs, module.Outputs} {
		if !slices.IsSortedFunc(list, func(a, b provisioner.Variable) int { return cmp.Compare(a.Name, b.Name) }) {
			j.errorf("%s does not sort by name", t.label)
		}
	}
	nowhere := st.inspect(order{name: "inspect-nowhere", edit: func(req *provisioner.Request) { req.Path = "drivertest/no/such/folder" }})
	j.isProblem(nowhere)
}

func undeclaredInput(j *judge) {
	const name = "drivertest_undeclared"
	st := j.newStep("undeclared-input")
	more := func(implicit bool) func(*provisioner.Request) {
		return func(req *provisioner.Request) {
			if req.Inputs == nil {
				req.Inputs = map[string]any{}
			}
			req.Inputs[name], req.Implicit = "more", implicit
		}
	}
	t := st.plan(order{name: "plan-explicit", edit: more(false)})
	j.isProblem(t)
	j.good(st.plan(order{name: "plan-implicit", edit: more(true)}))
}

// quick is how long an answer may take that starts no process.
const quick = time.Second

func version(j *judge) {
	st := j.newStep("version")
	first, again := j.good(st.identity(order{name: "identity"})), j.good(st.identity(order{name: "identity-again"}))
	if first.answer.Tool.Identity == "" {
		j.errorf("%s is empty", first.label)
	}
	if a, b := first.answer.Tool.Identity, again.answer.Tool.Identity; a != b {
		j.errorf("%s is %q, and %q when it is asked for again", first.label, a, b)
	}
	if again.took > quick {
		j.errorf("%s took %s", again.label, again.took)
	}
	told := j.good(st.version(order{name: "version"}))
	if told.answer.Tool.Name == "" || told.answer.Tool.Version == "" {
		j.errorf("%s is %q %q", told.label, told.answer.Tool.Name, told.answer.Tool.Version)
	}
}

func versionMissing(j *judge) {
	st := j.newStep("version-missing")
	never := func(req *provisioner.Request) { req.Version = "0.0.0-drivertest" }
	for _, t := range []*turn{st.version(order{name: "version", edit: never}), st.plan(order{name: "plan", edit: never}), st.apply(order{name: "apply", edit: never})} {
		switch {
		case !t.answered():
			j.fatalf("%s", t.trouble())
		case !errors.Is(t.answer.err, provisioner.ErrToolMissing):
			j.errorf("%s of a version that nobody has made is not ErrToolMissing: %v", t.label, t.answer.err)
		}
		j.didNothing(t)
	}
}
