package artifacts_test

import (
	"context"
	"fmt"
	"testing/fstest"

	"github.com/tenon-sdk/tenon/artifacts"
)

func types() fstest.MapFS {
	return fstest.MapFS{"database.yaml": {Data: []byte(database)}, "shared.yaml": {Data: []byte(shared)}}
}

func ExampleLoad() {
	catalog, err := artifacts.Load(types())
	if err != nil {
		fmt.Println(err)
		return
	}
	wanted, _ := artifacts.ParseRef("database@^1.0")
	typ, err := catalog.Lookup(wanted)
	fmt.Println(typ, err)
	fmt.Println(typ.Validate(map[string]any{"host": "db.internal", "port": "5432"}))
	// Output:
	// database@1.2.0 <nil>
	// database@1.2.0: /port: must be a whole number between 1 and 65535, got "5432" (a string)
}

func ExampleParseRef() {
	_, err := artifacts.ParseRef("database@latest")
	fmt.Println(err)
	// Output: "database@latest": "latest" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0
}

func ExampleParseRange() {
	_, err := artifacts.ParseRange("~>1.2")
	fmt.Println(err)
	_, err = artifacts.ParseRange("one")
	fmt.Println(err)
	// Output:
	// <nil>
	// "one" is not a range of versions such as 1, ^1.2, ~1.4 or 1.2.0
}

func ExampleParseTemplate() {
	template, _ := artifacts.ParseTemplate("{{.arn}}/*")
	text, ok, err := template.Render(map[string]any{"arn": "arn:aws:s3:::images"}, nil)
	fmt.Println(text, ok, err)
	_, err = artifacts.ParseTemplate("{{.arn | upper}}")
	fmt.Println(err)
	// Output:
	// arn:aws:s3:::images/* true <nil>
	// "{{.arn | upper}}": only a field such as {{.arn}} may stand in braces, not {{.arn | upper}}
}

func ExampleParseGrants() {
	_, problems := artifacts.ParseGrants(map[string]any{"read": map[string]any{"aws": []any{map[string]any{"actions": []any{"s3:GetObject"}}}}}, nil)
	fmt.Println(problems)
	// Output: read.aws[0].resources: a statement needs resources (say anyResource: true where the actions have no resource type)
}

// audit prints who looks at what.
type audit struct{}

func (audit) RecordReveal(_ context.Context, r artifacts.Reveal) error {
	fmt.Println("revealed:", r.Type, "because", r.Reason)
	return nil
}

func ExampleNew() {
	catalog, _ := artifacts.Load(types())
	typ := catalog.Version("database", "1.2.0")
	a, err := artifacts.New(typ, map[string]any{"host": "db.internal", "port": 5432, "password": "hunter22"})
	fmt.Println(a, err)
	plain, _ := a.Reveal(context.Background(), "the login does not work", audit{})
	fmt.Println(plain.(map[string]any)["password"])
	// Output:
	// database@1.2.0 {"host":"db.internal","password":"(sensitive)","port":5432} <nil>
	// revealed: database@1.2.0 because the login does not work
	// hunter22
}

func ExampleStored() {
	fmt.Println(artifacts.Stored(nil, "left-the-catalog", "1.0.0", map[string]any{"a": "b"}))
	// Output: left-the-catalog@1.0.0 {"a":"(sensitive)"}
}

func ExampleValidationError() {
	catalog, _ := artifacts.Load(types())
	err := catalog.Version("database", "1.2.0").Validate(map[string]any{})
	fmt.Println(err)
	// Output:
	// database@1.2.0: /host: is required
	// database@1.2.0: /port: is required
}
