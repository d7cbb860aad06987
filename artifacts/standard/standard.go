// Package standard is the standard catalog of artifact types: data only.
package standard

import "io/fs"

// FS holds one file a type and the shared definitions; give it to artifacts.Load.
func FS() fs.FS { panic("skeleton") }
