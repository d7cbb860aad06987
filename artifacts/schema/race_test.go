//go:build race

package schema_test

// underRace says that the race detector is at work.
const underRace = true
