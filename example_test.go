package tenon_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tenon-sdk/tenon"
)

func ExampleProblem() {
	p := tenon.Problem{
		Rule: "unknown-type", File: "bundle.yaml", Line: 12, Column: 9, Path: tenon.At("connections", "db"),
		Message: `unknown artifact type "postgress"`, Hint: tenon.DidYouMean("postgress", []string{"postgresql", "queue"}),
	}
	fmt.Println(p)
	// Output: bundle.yaml:12:9: connections.db: unknown artifact type "postgress" (did you mean "postgresql"?)
}

func ExampleProblems() {
	var list tenon.Problems
	list.Add(tenon.Problem{Rule: "b", File: "b.yaml", Line: 1, Message: "comes last"})
	list.Add(tenon.Problem{Rule: "a", File: "a.yaml", Line: 7, Message: "comes second"})
	list.Add(tenon.Problem{Rule: "a", File: "a.yaml", Line: 3, Message: "comes first", Severity: tenon.Warning})
	err := fmt.Errorf("loading: %w", list.Err())

	var found tenon.Problems
	fmt.Println(errors.As(err, &found), len(found))
	fmt.Println(list.Sorted())
	// Output:
	// true 3
	// a.yaml:3: warning: comes first
	// a.yaml:7: comes second
	// b.yaml:1: comes last
}

func ExampleProblems_MarshalJSON() {
	text, _ := json.Marshal(tenon.Problems{{Rule: "missing-slot", Path: tenon.At("components", "api"), Message: "nothing fills the connection"}})
	fmt.Println(string(text))
	// Output: [{"severity":"error","rule":"missing-slot","path":"components.api","message":"nothing fills the connection"}]
}

func ExampleAt() {
	path := tenon.At("steps", 0, "inputs", "a b")
	fmt.Println(path)
	fmt.Println(path.Pointer())
	value, ok := path.Get(map[string]any{"steps": []any{map[string]any{"inputs": map[string]any{"a b": "there"}}}})
	fmt.Println(value, ok)
	// Output:
	// steps[0].inputs["a b"]
	// /steps/0/inputs/a b
	// there true
}
