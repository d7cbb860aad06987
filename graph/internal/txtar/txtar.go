// Package txtar keeps the files of tests in archives of golang.org/x/tools/txtar, whose
// files can be got, set and read as a file system.
package txtar

import (
	"testing/fstest"

	"golang.org/x/tools/txtar"
)

// Archive is a comment and files in order.
type Archive struct {
	Comment string
	Files   []File
}

// File has a name and text; text ends with a newline or is empty.
type File struct{ Name, Text string }

// Parse reads an archive. Every text is one: without a marker all of it is the comment.
func Parse(data []byte) *Archive {
	parsed := txtar.Parse(data)
	a := &Archive{Comment: string(parsed.Comment)}
	for _, f := range parsed.Files {
		a.Files = append(a.Files, File{f.Name, string(f.Data)})
	}
	return a
}

// Bytes writes the archive.
func (a *Archive) Bytes() []byte {
	plain := &txtar.Archive{Comment: []byte(a.Comment)}
	for _, f := range a.Files {
		plain.Files = append(plain.Files, txtar.File{Name: f.Name, Data: []byte(f.Text)})
	}
	return txtar.Format(plain)
}

// Get is the text of a file, empty where there is none.
func (a *Archive) Get(name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return f.Text
		}
	}
	return ""
}

// Set replaces the text of a file, or adds the file at the end.
func (a *Archive) Set(name, text string) {
	for n, f := range a.Files {
		if f.Name == name {
			a.Files[n].Text = text
			return
		}
	}
	a.Files = append(a.Files, File{name, text})
}

// FS is the files as a file system.
func (a *Archive) FS() fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, f := range a.Files {
		fsys[f.Name] = &fstest.MapFile{Data: []byte(f.Text)}
	}
	return fsys
}
