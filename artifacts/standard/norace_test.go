//go:build !race

package standard_test

const underRace = false
