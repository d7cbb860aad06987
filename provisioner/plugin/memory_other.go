//go:build !linux

package plugin

// memory is not watched without /proc.
func memory(int) int64 { return 0 }
