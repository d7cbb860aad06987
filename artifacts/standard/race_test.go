//go:build race

package standard_test

// underRace says that the race detector is at work.
const underRace = true
