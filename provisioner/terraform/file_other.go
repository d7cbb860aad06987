//go:build !unix

package terraform

import (
	"context"
	"io/fs"
)

func fileNumber(fs.FileInfo) string { return "" }

// lockFile does not wait here: a provider cache is shared by one driver at a time.
func lockFile(context.Context, string) (release func(), err error) { return func() {}, nil }
