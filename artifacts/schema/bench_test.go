package schema_test

import (
	"testing"

	"github.com/tenon-sdk/tenon/artifacts/schema"
)

func BenchmarkCompatible(b *testing.B) {
	b.Run("published matrix", func(b *testing.B) {
		_, schemas := published(b)
		b.ReportAllocs()
		for b.Loop() {
			for _, producer := range schemas {
				for _, consumer := range schemas {
					schema.Compatible(producer, consumer)
				}
			}
		}
	})
}

func BenchmarkSample(b *testing.B) {
	_, schemas := published(b)
	b.ReportAllocs()
	seed := uint64(0)
	for b.Loop() {
		for _, s := range schemas {
			if _, err := s.Sample(&schema.SampleOptions{Seed: seed}); err != nil {
				b.Fatal(err)
			}
		}
		seed++
	}
}
