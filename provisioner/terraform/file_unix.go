//go:build unix

package terraform

import (
	"io/fs"
	"strconv"
	"syscall"
)

// fileNumber tells a file from another one that took its name.
func fileNumber(info fs.FileInfo) string {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return strconv.FormatUint(uint64(stat.Ino), 10) //nolint:unconvert // its type differs between systems
	}
	return ""
}
