// Package standard is the standard catalog of artifact types: data only, one file a type, to
// be used as it is and to be copied from.
//
//	catalog, err := artifacts.Load(standard.FS(), os.DirFS("types"))
//
// graph.Load takes it in by itself. Capabilities stand above products: aws-rds-postgresql is
// a postgresql, which is a sql-database; a bundle that needs PostgreSQL takes any of them.
// Action names, attribute names and forms of ARNs have their source beside them.
package standard

import (
	"embed"
	"io/fs"
	"sync"
)

//go:embed types
var files embed.FS

// FS holds the type files and the shared definitions. It is the same value every time, so
// that a program reads it once however often it loads a catalog.
func FS() fs.FS { return catalog() }

var catalog = sync.OnceValue(func() fs.FS {
	sub, err := fs.Sub(files, "types")
	if err != nil {
		panic(err) // embedded: a mistake of the program
	}
	return labeled{sub}
})

// labeled says in problems that a file is of this catalog, not of the reader's folder.
type labeled struct{ fs.FS }

// Proven says that the files were checked by the tests of this package: whoever loads them
// need not do it again.
func (labeled) Proven() bool { return true }

// Label is the name of a file in problems.
func (labeled) Label(name string) string { return "standard/" + name }
