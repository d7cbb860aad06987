package artifacts_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v5"
	"github.com/stretchr/testify/require"
)

const raw = `{
  "type": "object", "required": ["host", "port"],
  "properties": {
    "host": {"type": "string"}, "port": {"type": "integer", "minimum": 1, "maximum": 65535}, "password": {"type": "string"},
    "replicas": {"type": "array", "items": {"type": "object", "properties": {"host": {"type": "string"}, "token": {"type": "string"}}}}
  }
}`

// Against the raw library, in the same run: the aim is 1.2 times.
func BenchmarkValidate(b *testing.B) {
	typ := loaded(b)
	library, err := jsonschema.CompileString("raw.json", raw)
	require.NoError(b, err)
	for _, size := range []struct {
		name     string
		replicas int // of 210 bytes and 2 leaves each: 5,000 are 10,000 leaves in 1 MiB
	}{{"small", 1}, {"large", 5000}} {
		replicas := make([]any, size.replicas)
		for n := range replicas {
			replicas[n] = map[string]any{"host": fmt.Sprintf("replica-%d.%s", n, strings.Repeat("x", 70)), "token": strings.Repeat("t", 100)}
		}
		document := map[string]any{"host": "db.internal", "port": 5432, "password": "x", "replicas": replicas}
		b.Run(size.name+"/tenon", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := typ.Validate(document); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(size.name+"/library", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := library.Validate(document); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// With a secret in each of 5,000 items.
func BenchmarkRedact(b *testing.B) {
	typ := loaded(b)
	replicas := make([]any, 5000)
	for n := range replicas {
		replicas[n] = map[string]any{"host": "replica", "token": "secret"}
	}
	document := map[string]any{"host": "db.internal", "port": 5432, "replicas": replicas}
	b.ReportAllocs()
	for b.Loop() {
		typ.Redact(document)
	}
}
