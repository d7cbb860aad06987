package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tenon-sdk/tenon"
)

// jsonReader walks the tokens of a JSON document and knows where each begins.
type jsonReader struct {
	*builder
	decoder *json.Decoder
	data    []byte
	lines   []int // offsets at which lines begin
	whole   bool  // one value was read to its end
}

// errLimit ends a walk whose problem has been said.
var errLimit = errors.New("past a limit")

func (b *builder) json(data []byte) *Node {
	r := &jsonReader{builder: b, decoder: json.NewDecoder(bytes.NewReader(data)), data: data, lines: []int{0}}
	r.decoder.UseNumber()
	for i, c := range data {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	token, line, column, err := r.next()
	if errors.Is(err, io.EOF) {
		b.problem(1, 1, tenon.Path{}, "empty-file", "the file is empty")
		return nil
	}
	var root *Node
	if err == nil {
		root, err = r.value(token, line, column, tenon.Path{}, 0)
	}
	if err == nil {
		r.whole = true
		if _, line, column, err = r.next(); err == nil {
			b.problem(line, column, tenon.Path{}, "second-document", "the file holds more than one document")
			return nil
		}
	}
	switch {
	case errors.Is(err, errLimit):
		return nil
	case root == nil, !errors.Is(err, io.EOF), !r.whole:
		r.syntax(err)
		return nil
	}
	return root
}

func (r *jsonReader) syntax(err error) {
	offset := int(r.decoder.InputOffset())
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = int(syntax.Offset) - 1
	}
	text := "unexpected end of the file"
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		text = strings.TrimPrefix(err.Error(), "json: ")
	}
	line, column := place(r.data, max(offset, 0))
	r.problem(line, column, tenon.Path{}, "syntax", text)
}

// next is the next token and where it begins.
func (r *jsonReader) next() (token json.Token, line, column int, err error) {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[start]) >= 0 {
		start++
	}
	line, column = r.place(start)
	token, err = r.decoder.Token()
	return token, line, column, err
}

func (r *jsonReader) place(offset int) (line, column int) {
	low, high := 0, len(r.lines)
	for high-low > 1 {
		if middle := (low + high) / 2; r.lines[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	return low + 1, offset - r.lines[low] + 1
}

func (r *jsonReader) value(token json.Token, line, column int, path tenon.Path, depth int) (*Node, error) {
	n := &Node{File: r.file, Line: line, Column: column, Path: path}
	if !r.grow(line, column, depth) {
		return n, errLimit
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return n, r.object(n, depth)
		}
		return n, r.list(n, depth)
	default:
		n.value = token
	}
	return n, nil
}

func (r *jsonReader) object(n *Node, depth int) error {
	n.keys = []key{}
	for {
		token, line, column, err := r.next()
		if err != nil {
			return err
		}
		name, isName := token.(string)
		if !isName {
			n.finish()
			return nil
		}
		path := n.Path.Append(name)
		token, valueLine, valueColumn, err := r.next()
		if err != nil {
			return err
		}
		child, err := r.value(token, valueLine, valueColumn, path, depth+1)
		if err != nil {
			return err
		}
		if before := n.key(name); before != nil {
			r.problem(line, column, path, "duplicate-key", fmt.Sprintf("the key stands twice, first in line %d", before.line))
			continue
		}
		n.addKey(key{name: name, line: line, column: column, node: child})
	}
}

func (r *jsonReader) list(n *Node, depth int) error {
	n.items = []*Node{}
	for {
		token, line, column, err := r.next()
		if err != nil {
			return err
		}
		if token == json.Delim(']') {
			n.finish()
			return nil
		}
		item, err := r.value(token, line, column, n.Path.Append(len(n.items)), depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
}
