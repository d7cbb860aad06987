//go:build !unix

package terraform

import "io/fs"

func fileNumber(fs.FileInfo) string { return "" }
