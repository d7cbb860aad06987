// Package source reads YAML and JSON files and keeps the place of every node, so that
// any later stage can point at file, line and column.
//
//	node, problems := source.Read(fsys, "bundle.yaml", "bundles/db/bundle.yaml")
//	problems = append(problems, node.Locate(schema.Validate(node.Value(), nil))...)
//
// A file is one document of maps, lists and scalars. Nodes are immutable once read and
// safe for concurrent use.
package source

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"

	"github.com/tenon-sdk/tenon"
)

// Limits of one file. A file past them is a problem, never a hang.
const (
	MaxBytes = 4 << 20
	MaxDepth = 200
	MaxNodes = 500_000 // after aliases are expanded
)

// Node is one value of a file with its place.
type Node struct {
	File         string
	Line, Column int // of the value, from 1; the column in bytes
	Path         tenon.Path

	value any            // the document below, in the form of package value
	keys  []key          // of a map, in the order of the file
	index map[string]int // where a key stands in keys
	items []*Node        // of a list
}

type key struct {
	name         string
	line, column int
	node         *Node
}

// Read parses the file name of fsys; label is how the file is called in problems. The
// node is nil when the file cannot be read as one document. Duplicate keys, invalid
// UTF-8, a second document, keys that are lists or maps, numbers that are not finite, too
// much size, depth or alias expansion are problems. YAML merge keys (<<) are followed.
func Read(fsys fs.FS, name, label string) (*Node, tenon.Problems) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, tenon.Problems{{Rule: "unreadable-file", File: label, Message: reason(err)}}
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, MaxBytes+1))
	if err != nil {
		return nil, tenon.Problems{{Rule: "unreadable-file", File: label, Message: reason(err)}}
	}
	return Parse(label, data)
}

// reason is an error of a file system without the path, which stands before it anyway.
func reason(err error) string {
	if path, ok := err.(*fs.PathError); ok { //nolint:errorlint // a wrapped one would say more than its own path
		err = path.Err
	}
	return err.Error()
}

// Parse is Read for data already in memory. A label that ends in .json is read as JSON,
// any other as YAML.
func Parse(label string, data []byte) (*Node, tenon.Problems) {
	if len(data) > MaxBytes {
		return nil, tenon.Problems{{Rule: "too-large", File: label, Message: fmt.Sprintf("the file is larger than %d MiB", MaxBytes>>20)}}
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(data) {
		line, column := place(data, invalidAt(data))
		return nil, tenon.Problems{{Rule: "invalid-utf8", File: label, Line: line, Column: column, Message: "the file is not valid UTF-8"}}
	}
	b := &builder{file: label}
	var root *Node
	if strings.HasSuffix(label, ".json") {
		root = b.json(data)
	} else {
		root = b.yaml(data)
	}
	if b.problems.HasErrors() {
		return nil, b.problems.Sorted()
	}
	return root, b.problems.Sorted()
}

func invalidAt(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return len(data)
}

// place is the line and column (from 1) of an offset.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(offset, len(data))]
	return bytes.Count(before, []byte{'\n'}) + 1, len(before) - bytes.LastIndexByte(before, '\n')
}

// builder makes nodes and counts what they cost.
type builder struct {
	file     string
	nodes    int
	problems tenon.Problems
}

func (b *builder) problem(line, column int, path tenon.Path, rule, message string) {
	b.problems.Add(tenon.Problem{Rule: rule, File: b.file, Line: line, Column: column, Path: path, Message: message})
}

// grow says whether one more node at this depth is within the limits.
func (b *builder) grow(line, column, depth int) bool {
	b.nodes++
	switch {
	case depth > MaxDepth:
		b.problem(line, column, tenon.Path{}, "too-deep", fmt.Sprintf("nested more than %d levels deep", MaxDepth))
	case b.nodes == MaxNodes+1:
		b.problem(line, column, tenon.Path{}, "too-large", fmt.Sprintf("more than %d values, aliases counted each time", MaxNodes))
	case b.nodes <= MaxNodes:
		return true
	}
	return false
}

// finish computes the value of a map or list from its parts.
func (n *Node) finish() *Node {
	switch {
	case n.keys != nil:
		object := make(map[string]any, len(n.keys))
		for _, k := range n.keys {
			object[k.name] = k.node.value
		}
		n.value = object
	case n.items != nil:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value
		}
		n.value = list
	}
	return n
}

// Value is the node as a JSON document in the form of package value. Do not change it.
func (n *Node) Value() any {
	if n == nil {
		return nil
	}
	return n.value
}

// Get is the node below n at the keys and indexes, nil where there is none. A nil node
// gives nil.
func (n *Node) Get(steps ...any) *Node {
	for _, step := range steps {
		if n == nil {
			return nil
		}
		n = n.child(step)
	}
	return n
}

func (n *Node) child(step any) *Node {
	switch s := step.(type) {
	case string:
		if k := n.key(s); k != nil {
			return k.node
		}
	case int:
		if s >= 0 && s < len(n.items) {
			return n.items[s]
		}
	}
	return nil
}

func (n *Node) key(name string) *key {
	if i, ok := n.index[name]; ok {
		return &n.keys[i]
	}
	return nil
}

func (n *Node) addKey(k key) {
	if n.index == nil {
		n.index = map[string]int{}
	}
	n.index[k.name] = len(n.keys)
	n.keys = append(n.keys, k)
}

// Keys of a map in the order of the file; nil for anything else.
func (n *Node) Keys() []string {
	if n == nil {
		return nil
	}
	names := make([]string, len(n.keys))
	for i, k := range n.keys {
		names[i] = k.name
	}
	return names
}

// Items of a list in order; nil for anything else.
func (n *Node) Items() []*Node {
	if n == nil {
		return nil
	}
	return n.items
}

// KeyPlace is the place of the key itself, not of its value; that of n where it has no
// such key.
func (n *Node) KeyPlace(name string) (line, column int) {
	if n == nil {
		return 0, 0
	}
	if k := n.key(name); k != nil {
		return k.line, k.column
	}
	return n.Line, n.Column
}

// Problem is a problem at n.
func (n *Node) Problem(rule, message, hint string) tenon.Problem {
	if n == nil {
		return tenon.Problem{Rule: rule, Message: message, Hint: hint}
	}
	return tenon.Problem{Rule: rule, File: n.File, Line: n.Line, Column: n.Column, Path: n.Path, Message: message, Hint: hint}
}

// KeyProblem is a problem at the key of a map n.
func (n *Node) KeyProblem(name, rule, message, hint string) tenon.Problem {
	p := n.Problem(rule, message, hint)
	p.Line, p.Column = n.KeyPlace(name)
	p.Path = p.Path.Append(name)
	return p
}

// Locate gives problems whose Path is relative to n their file, line, column and full
// path: the place of the deepest node on the path that exists, or of the key where the
// problem is about one (rule unknown-key).
func (n *Node) Locate(problems tenon.Problems) tenon.Problems {
	located := make(tenon.Problems, 0, len(problems))
	for _, p := range problems {
		at, parent, last := n, n, ""
		for _, step := range p.Path.Steps() {
			next := at.child(step)
			if next == nil {
				break
			}
			parent, at = at, next
			last, _ = step.(string)
		}
		p.File, p.Line, p.Column = n.File, at.Line, at.Column
		if p.Rule == "unknown-key" && last != "" {
			p.Line, p.Column = parent.KeyPlace(last)
		}
		p.Path = n.Path.Join(p.Path)
		located = append(located, p)
	}
	return located
}

// Decode fills into, a pointer to a value with json tags, through encoding/json. The file
// must have been checked against its schema first: an error here is the program's.
func (n *Node) Decode(into any) error {
	data, err := json.Marshal(n.value)
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}
