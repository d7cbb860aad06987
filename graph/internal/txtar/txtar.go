// Package txtar reads and writes archives of small text files, as tests keep them:
// a comment, then each file after a line "-- name --".
package txtar

import (
	"bytes"
	"strings"
	"testing/fstest"
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
	a := &Archive{}
	into := &a.Comment
	for line := range bytes.Lines(data) {
		if name, ok := marker(string(line)); ok {
			a.Files = append(a.Files, File{Name: name})
			into = &a.Files[len(a.Files)-1].Text
			continue
		}
		*into += strings.TrimSuffix(string(line), "\n") + "\n"
	}
	return a
}

func marker(line string) (name string, ok bool) {
	line = strings.TrimRight(line, "\r\n")
	rest, ok := strings.CutPrefix(line, "-- ")
	if !ok {
		return "", false
	}
	name, ok = strings.CutSuffix(rest, " --")
	return strings.TrimSpace(name), ok && strings.TrimSpace(name) != ""
}

// Bytes writes the archive.
func (a *Archive) Bytes() []byte {
	var b bytes.Buffer
	b.WriteString(a.Comment)
	for _, f := range a.Files {
		b.WriteString("-- " + f.Name + " --\n" + f.Text)
	}
	return b.Bytes()
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
