package drivertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/provisioner"
	"github.com/tenon-sdk/tenon/provisioner/drivertest"
	"github.com/tenon-sdk/tenon/provisioner/memory"
)

// flaws are the ways in which a model breaks a rule, by the rule that must notice.
var flaws = map[string][]string{
	"plan-changes-nothing":       {"writes the state in a plan", "makes things in a plan", "plans another thing each time"},
	"plan-tells-what-apply-does": {"hides what it will do", "knows outputs that are not so"},
	"plan-after-apply-is-empty":  {"always plans an update"},
	"apply-is-idempotent":        {"makes things again"},
	"outputs-are-stable":         {"gives other outputs each time"},
	"run-changes-nothing":        {"makes a difference of who asks"},
	"update":                     {"never updates"},
	"destroy":                    {"does not delete", "leaves outputs after destroy"},
	"destroy-of-nothing":         {"fails to destroy nothing"},
	"apply-after-destroy":        {"cannot make again"},
	"state-follows":              {"leaves a state after destroy"},
	"replace":                    {"does not hear what is to be replaced"},
	"exact-plan":                 {"does not look at saved plans"},
	"stale-plan":                 {"applies stale plans", "does not look at saved plans"},
	"foreign-plan":               {"takes a foreign plan for none"},
	"state-cannot-be-written":    {"does not mind a state that cannot be kept", "makes the same twice"},
	"state-cannot-be-read":       {"reads nothing where nothing can be read"},
	"foreign-state":              {"takes a foreign state for none"},
	"cut-off-before":             {"does not look at its context first"},
	"cut-off-in-the-middle":      {"does not hear a cancel", "is done when it was cancelled", "does not say that it was cancelled", "says that it was both"},
	"deadline-in-the-middle":     {"calls everything cancelled", "says that it was both"},
	"resume-after-cut-off":       {"keeps its state for the end and makes the same twice"},
	"killed-in-the-middle":       {"is done when it was killed"},
	"mistakes-are-problems":      {"calls a mistake an error"},
	"failure":                    {"forgets what it failed at and makes the same twice"},
	"unknown-mode":               {"takes every mode for apply"},
	"empty-requests":             {"panics without files"},
	"hostile-names":              {"writes beside its folder"},
	"concurrent-steps":           {"mixes steps"},
	"capabilities":               {"can more than it says"},
	"recover-of-nothing":         {"always recovers something"},
	"drift-none":                 {"always finds drift"},
	"drift-found":                {"never finds drift"},
	"import":                     {"imports without a word"},
	"import-twice":               {"imports twice"},
	"validate-accepts":           {"does not validate what is right"},
	"validate-refuses":           {"validates what is wrong"},
	"inspect":                    {"does not sort what is declared"},
	"undeclared-input":           {"takes inputs that nobody declares"},
	"version":                    {"has another identity each time"},
	"version-missing":            {"has every version"},
	"no-goroutine-is-left":       {"leaves a goroutine"},
	"no-process-is-left":         {"leaves a process"},
	"never-panics":               {"panics"},
	"always-returns":             {"hangs", "does not hear a cancel"},
	"result-is-never-nil":        {"has no result where it fails"},
	"outcome-and-error-agree":    {"is done with an error", "fails without an error", "is not sure and says failed", "has an outcome of its own"},
	"changes-in-form":            {"does not sort"},
	"answers-are-documents":      {"gives no documents"},
	"problems-in-place":          {"names files of its own", "names lines that are not there"},
	"events-in-form":             {"does not say when", "sends events of no kind", "goes on talking"},
	"events-in-order":            {"does not tell what it begins", "does not tell what it has finished"},
	"request-is-not-changed":     {"changes the inputs"},
	"work-folder-is-left-empty":  {"leaves a file"},
	"no-secret-is-told":          {"tells a secret in the log", "tells a secret in base64", "tells a secret in a problem", "tells a secret in an error", "tells a secret in a change"},
	"secret-outputs-are-marked":  {"does not mark secret outputs"},
	"clean-up":                   {"does not delete", "hangs"},
}

func TestGoodDriver(t *testing.T) {
	t.Parallel()
	drivertest.Run(t, newModel("").harness())
}

// Each rule is broken by some driver, and that is noticed.
func TestFlaws(t *testing.T) {
	t.Parallel()
	for _, r := range drivertest.Rules() {
		require.NotEmpty(t, flaws[r.ID], "no driver breaks the rule %s", r.ID)
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, r.ID)
		require.Regexp(t, `^[A-Z].*\.$`, r.Title)
	}
	require.Len(t, flaws, len(drivertest.Rules()))
	// Each flaw is looked at once, several at a time: most of it is waiting.
	reports, gate := map[string]func() drivertest.Report{}, make(chan struct{}, 6)
	var group sync.WaitGroup
	for _, list := range flaws {
		for _, flaw := range list {
			if flaw == "leaves a process" || reports[flaw] != nil {
				continue // beside other tests, the process would be theirs
			}
			report := sync.OnceValue(func() drivertest.Report {
				gate <- struct{}{}
				defer func() { <-gate }()
				return drivertest.Check(t.Context(), newModel(flaw).harness())
			})
			reports[flaw] = report
			group.Go(func() { report() })
		}
	}
	group.Wait()
	for id, list := range flaws {
		for _, flaw := range list {
			if report := reports[flaw]; report != nil {
				t.Run(id+"/"+flaw, func(t *testing.T) { requireCaught(t, id, report()) })
			}
		}
	}
}

func TestProcessIsSeen(t *testing.T) {
	requireCaught(t, "no-process-is-left", drivertest.Check(t.Context(), newModel("leaves a process").harness()))
}

func requireCaught(t *testing.T, id string, report drivertest.Report) {
	t.Helper()
	verdict := report.Find(id)
	require.NotNil(t, verdict)
	require.Equal(t, drivertest.Failed, verdict.Status, verdict.String())
	require.ErrorContains(t, report.Err(), id+": failed: ")
	require.NotContains(t, report.Err().Error(), password)
	t.Logf("%d rules are broken: %s", report.Count(drivertest.Failed), verdict)
}

func ExampleCheck() {
	report := drivertest.Check(context.Background(), drivertest.Harness{
		Driver: memory.New(&memory.Options{Outputs: func(req *provisioner.Request) map[string]provisioner.Output {
			return map[string]provisioner.Output{"token": {Value: req.Inputs["token"]}} // not sensitive
		}}),
		Inputs: map[string]any{"token": "s3cret-token"}, Changed: map[string]any{"token": "an0ther-token"},
		Secret: []string{"token"},
		Skip:   map[string]string{"replace": "it has nothing to replace", "unknown-mode": "not yet"},
	})
	fmt.Println(report.Count(drivertest.Failed), "rule is broken")
	fmt.Println(report.Find("secret-outputs-are-marked").Messages[0])
	// Output:
	// 1 rule is broken
	// apply of drivertest/life gave a secret (as it is) in the output token, which is not sensitive
}

func TestHarnessThatIsWrong(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		harness drivertest.Harness
		want    string
	}{
		"no driver":        {drivertest.Harness{}, "the harness has no driver"},
		"short secret":     {drivertest.Harness{Driver: newModel(""), Inputs: map[string]any{"a": "hunter2"}, Secret: []string{"a"}}, "found by accident"},
		"no secret":        {drivertest.Harness{Driver: newModel(""), Secret: []string{"a"}}, "hold no text"},
		"no document":      {drivertest.Harness{Driver: newModel(""), Inputs: map[string]any{"a": func() {}}}, "Inputs: a: "},
		"no such rule":     {drivertest.Harness{Driver: newModel(""), Skip: map[string]string{"destroyed": "no"}}, `no rule "destroyed"`},
		"a case not right": {drivertest.Harness{Driver: newModel(""), Slow: &drivertest.Case{Inputs: map[string]any{"a": make(chan int)}}}, "inputs of a case: a: "},
	} {
		report := drivertest.Check(t.Context(), test.harness)
		require.Len(t, report.Verdicts, 1, name)
		require.Equal(t, "harness", report.Verdicts[0].ID)
		require.ErrorContains(t, report.Err(), test.want)
	}
}

// What the harness itself fails at is told as that.
func TestHarnessThatFails(t *testing.T) {
	t.Parallel()
	gone := errors.New("the world is gone")
	h := newModel("").harness()
	h.World = func(context.Context, *provisioner.Request) ([]string, error) { return nil, gone }
	h.Import.Make = func(context.Context, *provisioner.Request) (string, string, error) { return "", "", gone }
	h.Drift = func(context.Context, *provisioner.Request) error { panic("out of luck") }
	h.Interrupt = func(context.Context, *provisioner.Request) error { return gone }
	report := drivertest.Check(t.Context(), h)
	for id, want := range map[string]string{
		"plan-changes-nothing": "the harness: World: the world is gone", "import": "the harness: Import: the world is gone",
		"drift-found": "panic: out of luck",
	} {
		require.Contains(t, report.Find(id).String(), want)
	}
	h = newModel("").harness()
	h.Prepare = func(*provisioner.Request) error { return gone }
	require.ErrorContains(t, drivertest.Check(t.Context(), h).Err(), "the harness: Prepare: the world is gone")
}

func TestReport(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("enough"))
	report := drivertest.Check(ctx, drivertest.Harness{Driver: memory.New(nil), Skip: map[string]string{"update": "later"}})
	require.NoError(t, report.Err())
	require.Equal(t, len(drivertest.Rules()), report.Count(drivertest.Skipped))
	require.Equal(t, []provisioner.Capability{provisioner.CanRecover}, report.Capabilities)
	require.Equal(t, []string{"later"}, report.Find("update").Messages)
	require.Equal(t, []string{"the check was ended: enough"}, report.Find("destroy").Messages)
	require.Nil(t, report.Find("destroyed"))
	text, err := json.Marshal(report.Verdicts[0])
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"plan-changes-nothing","title":"Plan changes neither the state nor the world, and says the same when it is asked again.",
		"status":"skipped","messages":["the check was ended: enough"],"duration":0}`, string(text))
}

// What stands for a driver that keeps the rules keeps them as well.
func TestStandIns(t *testing.T) {
	t.Parallel()
	for name, stand := range map[string]func(provisioner.Driver) provisioner.Driver{
		"recorded": func(d provisioner.Driver) provisioner.Driver { return drivertest.Record(d, &tape{}) },
		"faulty": func(d provisioner.Driver) provisioner.Driver {
			return drivertest.Faulty(d, drivertest.Fault{Nth: 1 << 30})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newModel("").harness()
			h.Driver = stand(h.Driver)
			require.NoError(t, drivertest.Check(t.Context(), h).Err())
		})
	}
}

// script is a testing.T that writes down what it is told.
type script struct{ name string }

func (*script) Helper() {}

func (s *script) Run(name string, test func(*script)) bool {
	test(&script{name})
	return true
}
func (s *script) Error(arguments ...any) {
	fmt.Println("FAIL", s.name, strings.Split(fmt.Sprint(arguments...), "\n")[0])
}
func (s *script) Skip(...any)              {}
func (s *script) Context() context.Context { return context.Background() }

func ExampleRun() {
	t := &script{} // in a test: its *testing.T
	drivertest.Run(t, drivertest.Harness{
		Driver: provisioner.Func(func(context.Context, *provisioner.Request, provisioner.Sink) (map[string]provisioner.Output, error) {
			return map[string]provisioner.Output{"id": {Value: time.Now().String()}}, nil
		}),
		Inputs: map[string]any{"name": "orders"}, Changed: map[string]any{"name": "invoices"},
		Skip: map[string]string{"replace": "not yet", "unknown-mode": "not yet"},
	})
	// Output:
	// FAIL outputs-are-stable A second apply of the same gives the same outputs.
}

func ExampleRules() {
	for _, rule := range drivertest.Rules()[:2] {
		fmt.Println(rule.ID+":", rule.Title)
	}
	// Output:
	// plan-changes-nothing: Plan changes neither the state nor the world, and says the same when it is asked again.
	// plan-tells-what-apply-does: Apply makes the changes that were planned, and gives the outputs that the plan knew.
}
