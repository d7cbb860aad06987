package standard_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
)

// Every pair of types is decided, and a type fits what it says it is. Verdicts are checked
// where they are made: a No has a witness, and of a Yes the examples are the proof here.
func TestMatrix(t *testing.T) {
	t.Parallel()
	types := load(t).Types()
	for i, producer := range types {
		t.Run(producer.Name(), func(t *testing.T) {
			t.Parallel()
			for j, consumer := range types {
				if underRace && (i+j)%7 != 0 {
					continue // the detector looks for something else
				}
				verdict := artifacts.Compatible(producer, consumer)
				switch verdict.Answer {
				case schema.Unknown:
					t.Errorf("%s → %s: %v", producer, consumer, verdict.Undecided)
				case schema.Yes:
					for _, example := range producer.Examples() {
						require.NoError(t, consumer.Validate(example), "%s → %s", producer, consumer)
					}
				case schema.No:
					require.NoError(t, producer.Validate(verdict.Witness), "%s → %s", producer, consumer)
					require.Error(t, consumer.Validate(verdict.Witness), "%s → %s", producer, consumer)
					require.NotEqual(t, producer.Name(), consumer.Name())
				}
			}
		})
	}
}

// Samples of every type are valid, in every style, and the same for the same seed.
func TestSamples(t *testing.T) {
	t.Parallel()
	for i, typ := range load(t).Types() {
		if underRace && i%5 != 0 {
			continue
		}
		for _, style := range []schema.Style{schema.Minimal, schema.Maximal, schema.Random} {
			for seed := range uint64(10) {
				one, err := typ.Sample(&schema.SampleOptions{Seed: seed, Style: style})
				require.NoError(t, err, typ)
				require.NoError(t, typ.Validate(one), typ)
				two, err := typ.Sample(&schema.SampleOptions{Seed: seed, Style: style})
				require.NoError(t, err)
				require.Equal(t, one, two, typ)
			}
		}
	}
}

// Each with each, and the slowest pair of all.
func BenchmarkMatrix(b *testing.B) {
	types := load(b).Types()
	b.ReportAllocs()
	for b.Loop() {
		for _, producer := range types {
			for _, consumer := range types {
				artifacts.Compatible(producer, consumer)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(types)*len(types)), "µs/pair")
}

func BenchmarkPairs(b *testing.B) {
	types := load(b).Types()
	var all []float64
	for b.Loop() {
		all = all[:0]
		for _, producer := range types {
			for _, consumer := range types {
				begin := time.Now()
				artifacts.Compatible(producer, consumer)
				all = append(all, float64(time.Since(begin).Nanoseconds())/1000)
			}
		}
	}
	slices.Sort(all)
	b.ReportMetric(all[len(all)/2], "µs-median")
	b.ReportMetric(all[len(all)*99/100], "µs-99%")
	b.ReportMetric(all[len(all)-1], "µs-slowest")
}
