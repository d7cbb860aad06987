//go:build !linux

package plugin

// Without /proc only the process group is ended with a plugin, and its memory is not
// watched.
func strays(string) []int { return nil }

func memory(int) int64 { return 0 }
