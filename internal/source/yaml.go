package source

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/tenon-sdk/tenon"
)

var yamlPlace = regexp.MustCompile(`^(?:yaml: )?(?:load errors:\s*)?(?:(?:go-yaml )?\w+ error )?(?:(?:at|on|in) )?(?:L(\d+)(?:[.,]C(\d+))?|line (\d+)(?:, column (\d+))?):? ?`)

func (b *builder) yaml(data []byte) *Node {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document yaml.Node
	err := decodeYAML(decoder, &document)
	if errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		b.problem(1, 1, tenon.Path{}, "empty-file", "the file is empty")
		return nil
	}
	if err != nil {
		b.syntax(err)
		return nil
	}
	var second yaml.Node
	if err := decodeYAML(decoder, &second); !errors.Is(err, io.EOF) {
		if err != nil {
			b.syntax(err)
		} else {
			b.problem(second.Line, second.Column, tenon.Path{}, "second-document", "the file holds more than one document")
		}
		return nil
	}
	return b.node(document.Content[0], tenon.Path{}, 0, nil)
}

// decodeYAML turns a panic of the parser on hostile input into an error.
func decodeYAML(decoder *yaml.Decoder, into *yaml.Node) (err error) {
	defer func() {
		if recovered := recover(); recovered != nil {
			err = fmt.Errorf("the parser gave up: %v", recovered)
		}
	}()
	return decoder.Decode(into)
}

func (b *builder) syntax(err error) {
	text := strings.TrimSpace(err.Error())
	line, column := 0, 0
	if match := yamlPlace.FindStringSubmatch(text); match != nil {
		text = text[len(match[0]):]
		line, _ = strconv.Atoi(match[1] + match[3])
		column, _ = strconv.Atoi(match[2] + match[4])
	}
	b.problem(line, column, tenon.Path{}, "syntax", strings.TrimPrefix(text, "yaml: "))
}

// node converts a YAML node; through holds the aliases on the way, to refuse a cycle.
func (b *builder) node(y *yaml.Node, path tenon.Path, depth int, through []*yaml.Node) *Node {
	n := &Node{File: b.file, Line: y.Line, Column: y.Column, Path: path}
	if !b.grow(y.Line, y.Column, depth) {
		return n
	}
	switch y.Kind {
	case yaml.AliasNode:
		for _, seen := range through {
			if seen == y.Alias {
				b.problem(y.Line, y.Column, path, "alias-cycle", fmt.Sprintf("alias %q holds itself", y.Value))
				return n
			}
		}
		target := b.node(y.Alias, path, depth+1, append(through, y.Alias))
		target.Line, target.Column = y.Line, y.Column
		return target
	case yaml.MappingNode:
		n.keys = []key{}
		b.mapping(n, y, depth, through)
	case yaml.SequenceNode:
		n.items = make([]*Node, 0, len(y.Content))
		for i, item := range y.Content {
			n.items = append(n.items, b.node(item, path.Append(i), depth+1, through))
		}
	case yaml.ScalarNode:
		n.value = b.scalar(y, path)
	}
	return n.finish()
}

func (b *builder) mapping(n *Node, y *yaml.Node, depth int, through []*yaml.Node) {
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if k.Kind == yaml.ScalarNode && k.ShortTag() == "!!merge" {
			merges = append(merges, v)
			continue
		}
		for k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		if k.Kind != yaml.ScalarNode || k.ShortTag() == "!!null" {
			b.problem(k.Line, k.Column, n.Path, "bad-key", "a key must be a text")
			continue
		}
		if before := n.key(k.Value); before != nil {
			b.problem(k.Line, k.Column, n.Path.Append(k.Value), "duplicate-key", fmt.Sprintf("the key stands twice, first in line %d", before.line))
			continue
		}
		n.addKey(key{name: k.Value, line: k.Line, column: k.Column, node: b.node(v, n.Path.Append(k.Value), depth+1, through)})
	}
	for _, merge := range merges {
		b.merge(n, merge, depth, through)
	}
}

// merge takes in what << names: keys that the map has itself stay, earlier maps win.
func (b *builder) merge(n *Node, y *yaml.Node, depth int, through []*yaml.Node) {
	if y.Kind == yaml.SequenceNode {
		for _, item := range y.Content {
			b.merge(n, item, depth, through)
		}
		return
	}
	merged := b.node(y, n.Path, depth+1, through)
	if merged.keys == nil {
		b.problem(y.Line, y.Column, n.Path, "bad-merge", "<< takes a map or a list of maps")
		return
	}
	for _, k := range merged.keys {
		if n.key(k.name) == nil {
			n.addKey(k)
		}
	}
}

// scalar gives the value of a scalar by the core schema of YAML 1.2: what looks like a
// date, or yes and no, is a text.
func (b *builder) scalar(y *yaml.Node, path tenon.Path) any {
	switch y.ShortTag() {
	case "!!null":
		return nil
	case "!!bool":
		switch y.Value {
		case "true", "True", "TRUE":
			return true
		case "false", "False", "FALSE":
			return false
		}
		return y.Value
	case "!!int", "!!float":
		number, ok := number(y.Value)
		if !ok {
			b.problem(y.Line, y.Column, path, "bad-number", fmt.Sprintf("%q is not a finite number", y.Value))
		}
		return number
	case "!!binary":
		b.problem(y.Line, y.Column, path, "bad-tag", "binary data has no place here")
	}
	return y.Value
}

// number brings a YAML number into JSON's spelling without losing a digit.
func number(text string) (json.Number, bool) {
	plain := strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", "")
	if json.Valid([]byte(plain)) {
		return json.Number(plain), true
	}
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return json.Number(strconv.FormatInt(n, 10)), true
	}
	// .5, 5., 007: what JSON spells otherwise
	sign := ""
	if strings.HasPrefix(plain, "-") {
		sign, plain = "-", plain[1:]
	}
	plain = strings.TrimLeft(plain, "0")
	if plain == "" || plain[0] == '.' || plain[0] == 'e' || plain[0] == 'E' {
		plain = "0" + plain
	}
	mantissa, exponent, hasExponent := strings.Cut(strings.ToLower(plain), "e")
	mantissa = strings.TrimSuffix(mantissa, ".")
	if hasExponent {
		mantissa += "e" + exponent
	}
	if json.Valid([]byte(sign + mantissa)) {
		return json.Number(sign + mantissa), true
	}
	return "0", false
}
