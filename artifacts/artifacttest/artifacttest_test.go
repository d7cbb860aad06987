package artifacttest_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/artifacttest"
)

// tape is a testing.TB that keeps what it is told.
type tape struct{ said []string }

func (*tape) Helper() {}
func (t *tape) Errorf(format string, arguments ...any) {
	t.said = append(t.said, fmt.Sprintf(format, arguments...))
}
func (t *tape) Fatalf(format string, arguments ...any) { t.Errorf(format, arguments...) }

// check runs a check and gives what it complained about.
func check(run func(artifacttest.TB)) string {
	t := &tape{}
	run(t)
	return strings.Join(t.said, "\n")
}

func version(t *testing.T, number, schema string, more ...string) *artifacts.Type {
	t.Helper()
	text := "artifact: thing\nversion: " + number + "\ntitle: Thing\nschema: " + schema + "\n" + strings.Join(more, "\n") + "\nexamples: [{a: 1}]\n"
	catalog, err := artifacts.Load(fstest.MapFS{"thing.yaml": {Data: []byte(text)}})
	require.NoError(t, err)
	return catalog.Version("thing", number)
}

func ExampleFits() {
	t := &tape{} // in a test: its *testing.T
	artifacttest.Fits(t, "aws-rds-postgresql@1", "postgresql@^1", nil)
	artifacttest.Fits(t, "sql-database@1", "postgresql@^1", nil)
	for _, line := range t.said {
		fmt.Println(strings.Split(line, ":")[0])
	}
	// Output:
	// sql-database@1.0.0 does not fit postgresql@1.0.0
}

func TestProduces(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, ref string
		opts      *artifacttest.Options
		want      []string // parts of the complaint; none: it passes
	}{
		"an output of a state":         {"state.json", "aws-sqs-queue@1", nil, nil},
		"an output":                    {"outputs.json", "aws-sqs-queue@1", &artifacttest.Options{Output: "queue"}, nil},
		"as its supertype":             {"outputs.json", "queue@1", nil, nil},
		"a plan":                       {"plan.json", "aws-sqs-queue@1", &artifacttest.Options{Output: "queue"}, nil},
		"an expression":                {"outputs.json", "queue@1", &artifacttest.Options{Value: "{url: .outputs.queue.url}"}, nil},
		"an expression over a plan":    {"plan.json", "queue@1", &artifacttest.Options{Value: "{url: .outputs.queue.url, name: .outputs.queue.name}"}, nil},
		"a wrong expression":           {"outputs.json", "queue@1", &artifacttest.Options{Value: "{url: 7}"}, []string{"url: must be a string"}},
		"no expression":                {"outputs.json", "queue@1", &artifacttest.Options{Value: "{url: "}, []string{"does not parse"}},
		"another type":                 {"state.json", "postgresql@1", nil, []string{"output queue: ", "host: is required"}},
		"no such output":               {"state.json", "queue@1", &artifacttest.Options{Output: "queu"}, []string{"there is no such output"}},
		"no such type":                 {"state.json", "queu@1", nil, []string{`unknown artifact type "queu" (did you mean "queue"?)`}},
		"no such file":                 {"lost.json", "queue@1", nil, []string{"no such file"}},
		"what the connection asks for": {"outputs.json", "queue@1", &artifacttest.Options{Where: map[string]any{"required": []any{"name"}}}, nil},
		"more than it has":             {"outputs.json", "queue@1", &artifacttest.Options{Where: map[string]any{"properties": map[string]any{"name": map[string]any{"const": "other"}}}}, []string{"it does not meet what the connection asks for"}},
		"a where that is none":         {"outputs.json", "queue@1", &artifacttest.Options{Where: map[string]any{"type": "strin"}}, []string{"where: "}},
		"what a plan knows is wrong":   {"plan.json", "queue@1", &artifacttest.Options{Value: "{url: .outputs.queue.url, name: 5}"}, []string{"name: must be a string"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			complaint := check(func(tb artifacttest.TB) { artifacttest.Produces(tb, "testdata/"+c.file, c.ref, c.opts) })
			if len(c.want) == 0 {
				require.Empty(t, complaint)
			}
			for _, part := range c.want {
				require.Contains(t, complaint, part)
			}
		})
	}
	unknown := `{"format_version": "1.2", "planned_values": {"outputs": {"queue": {"sensitive": false}}, "root_module": {}}, "output_changes": {"queue": {"after_unknown": true}}}`
	complaint := check(func(tb artifacttest.TB) { artifacttest.ProducesFrom(tb, []byte(unknown), "queue@1", nil) })
	require.Contains(t, complaint, "the plan knows nothing of it yet")
	complaint = check(func(tb artifacttest.TB) { artifacttest.ProducesFrom(tb, []byte("{"), "queue@1", nil) })
	require.Contains(t, complaint, "it is no JSON of Terraform")
	complaint = check(func(tb artifacttest.TB) { artifacttest.ProducesFrom(tb, []byte("{}"), "queue@1", nil) })
	require.Contains(t, complaint, "nothing in it may be a queue@1.0.0")
}

func TestFits(t *testing.T) {
	t.Parallel()
	fits := func(producer, consumer string) string {
		return check(func(tb artifacttest.TB) { artifacttest.Fits(tb, producer, consumer, nil) })
	}
	require.Empty(t, fits("aws-rds-postgresql@1", "sql-database@1"))
	require.Contains(t, fits("queue@1", "aws-sqs-queue@1"), "witness ")
	require.Contains(t, fits("lost@1", "queue"), "unknown artifact type")
	require.Contains(t, fits("queue", "Not A Ref"), "is not a type")
	require.Contains(t, check(func(tb artifacttest.TB) {
		artifacttest.Fits(tb, "aws-sqs-queue@1", "queue@1", &artifacttest.Options{Where: map[string]any{"required": []any{"name"}}})
	}), "witness ")
	not := func(producer, consumer string) string {
		return check(func(tb artifacttest.TB) { artifacttest.DoesNotFit(tb, producer, consumer, nil) })
	}
	require.Empty(t, not("queue@1", "aws-sqs-queue@1"))
	require.Contains(t, not("aws-rds-postgresql@1", "sql-database@1"), "the answer is yes")
}

func TestChanges(t *testing.T) {
	t.Parallel()
	old := version(t, "1.0.0", "{type: object, properties: {a: {type: integer}}}")
	same := version(t, "1.1.0", "{type: object, properties: {a: {type: integer}, b: {type: string}}}")
	wide := version(t, "1.1.0", "{type: object, properties: {a: {type: number}}}")
	hidden := version(t, "1.1.0", "{type: object, properties: {a: {type: integer, x-sensitive: true}}}")
	breaks := func(a, b *artifacts.Type) string {
		return check(func(tb artifacttest.TB) { artifacttest.NotBreaking(tb, a, b) })
	}
	honest := func(a, b *artifacts.Type) string {
		return check(func(tb artifacttest.TB) { artifacttest.HonestVersion(tb, a, b) })
	}
	require.Empty(t, breaks(old, same))
	require.Empty(t, honest(old, same))
	require.Contains(t, breaks(old, wide), "consumers may see what they do not expect: witness ")
	require.Contains(t, honest(old, wide), "the change is a major one")
	require.Contains(t, honest(same, old), "is no step forward")
	require.Empty(t, breaks(old, hidden))
	require.Contains(t, breaks(hidden, old), "is no longer sensitive")
	require.Contains(t, breaks(version(t, "1.0.0", "{type: object, properties: {a: {}}}", "grants: {read: {description: Read.}}"), old), "grant read is gone")
}

func TestTakes(t *testing.T) {
	t.Parallel()
	seen := 0
	require.Empty(t, check(func(tb artifacttest.TB) {
		artifacttest.Takes(tb, "postgresql@1", nil, func(document any) error {
			seen++
			if _, ok := document.(map[string]any)["host"]; !ok {
				return errors.New("no host")
			}
			return nil
		})
	}))
	require.Equal(t, 1000, seen)
	complaint := check(func(tb artifacttest.TB) {
		artifacttest.Takes(tb, "postgresql@1", &artifacttest.Options{Samples: 50, Seed: 7}, func(document any) error {
			if _, ok := document.(map[string]any)["password"]; !ok {
				return errors.New("I need a password")
			}
			return nil
		})
	})
	require.Contains(t, complaint, "I need a password")
	require.Contains(t, complaint, "sample ")
}
