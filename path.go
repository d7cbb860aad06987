package tenon

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// Path points into a document: each step is a map key or a list index. The zero
// value is the document itself. A Path is comparable, so that two problems at one
// place are equal; text is only a view of it.
type Path struct {
	// steps holds every step with a leading '/', keys escaped as in a JSON
	// Pointer (RFC 6901), indexes marked with '#', which is escaped in keys.
	steps string
}

var (
	escapeKey     = strings.NewReplacer("~", "~0", "/", "~1", "#", "~2")
	escapePointer = strings.NewReplacer("~", "~0", "/", "~1")
	unescapeKey   = strings.NewReplacer("~0", "~", "~1", "/", "~2", "#")
)

// At is the path made of steps: a string is a map key, an int a list index. Any
// other type panics, as it is a mistake of the program.
func At(steps ...any) Path { return Path{}.Append(steps...) }

// Append is the path that goes on from p.
func (p Path) Append(steps ...any) Path {
	var b strings.Builder
	b.WriteString(p.steps)
	for _, step := range steps {
		b.WriteByte('/')
		switch s := step.(type) {
		case string:
			b.WriteString(escapeKey.Replace(s))
		case int:
			b.WriteByte('#')
			b.WriteString(strconv.Itoa(s))
		default:
			panic(fmt.Sprintf("tenon: path step of type %T", step))
		}
	}
	return Path{steps: b.String()}
}

// Join is the path that goes through p, then q.
func (p Path) Join(q Path) Path { return Path{steps: p.steps + q.steps} }

// Steps gives the steps, outermost first: a string for a map key, an int for an index.
func (p Path) Steps() []any {
	if p.steps == "" {
		return nil
	}
	parts := strings.Split(p.steps[1:], "/")
	steps := make([]any, len(parts))
	for i, part := range parts {
		if text, isIndex := strings.CutPrefix(part, "#"); isIndex {
			steps[i], _ = strconv.Atoi(text)
		} else {
			steps[i] = unescapeKey.Replace(part)
		}
	}
	return steps
}

// Len is the number of steps.
func (p Path) Len() int { return strings.Count(p.steps, "/") }

// IsRoot says that p is the document itself.
func (p Path) IsRoot() bool { return p.steps == "" }

// Parent is p without its last step; the parent of the root is the root.
func (p Path) Parent() Path {
	if i := strings.LastIndexByte(p.steps, '/'); i >= 0 {
		return Path{steps: p.steps[:i]}
	}
	return p
}

// Contains says that q is p or lies below it.
func (p Path) Contains(q Path) bool {
	rest, ok := strings.CutPrefix(q.steps, p.steps)
	return ok && (rest == "" || rest[0] == '/')
}

// String writes the path as people write it: connections.db, steps[0].path. A key
// that is not a plain word stands quoted in brackets: ["a b"].
func (p Path) String() string {
	var b strings.Builder
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case int:
			b.WriteString("[" + strconv.Itoa(s) + "]")
		case string:
			if !plainKey(s) {
				b.WriteString("[" + strconv.Quote(s) + "]")
				continue
			}
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

// Pointer writes the path as a JSON Pointer (RFC 6901): /steps/0/path.
func (p Path) Pointer() string {
	var b strings.Builder
	for _, step := range p.Steps() {
		b.WriteByte('/')
		switch s := step.(type) {
		case int:
			b.WriteString(strconv.Itoa(s))
		case string:
			b.WriteString(escapePointer.Replace(s))
		}
	}
	return b.String()
}

// Get gives the value that p points to in a decoded JSON document
// (map[string]any and []any), and whether there is one.
func (p Path) Get(document any) (any, bool) {
	for _, step := range p.Steps() {
		switch s := step.(type) {
		case string:
			object, ok := document.(map[string]any)
			if !ok {
				return nil, false
			}
			if document, ok = object[s]; !ok {
				return nil, false
			}
		case int:
			list, ok := document.([]any)
			if !ok || s < 0 || s >= len(list) {
				return nil, false
			}
			document = list[s]
		}
	}
	return document, true
}

// MarshalJSON writes the path as its String.
func (p Path) MarshalJSON() ([]byte, error) { return json.Marshal(p.String()) }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *Path) UnmarshalJSON(text []byte) error {
	var written string
	if err := json.Unmarshal(text, &written); err != nil {
		return err
	}
	read, err := ParsePath(written)
	if err == nil {
		*p = read
	}
	return err
}

// ParsePath reads what String writes.
func ParsePath(text string) (Path, error) {
	bad := func(at string) (Path, error) { return Path{}, fmt.Errorf("%q is not a path, at %q", text, at) }
	p := Path{}
	for rest := text; rest != ""; {
		if inside, ok := strings.CutPrefix(rest, "["); ok {
			if quoted, err := strconv.QuotedPrefix(inside); err == nil {
				key, err := strconv.Unquote(quoted)
				if err != nil || !strings.HasPrefix(inside[len(quoted):], "]") || quoted[0] != '"' {
					return bad(rest)
				}
				p, rest = p.Append(key), inside[len(quoted)+1:]
				continue
			}
			number, after, closed := strings.Cut(inside, "]")
			index, err := strconv.Atoi(number)
			if !closed || err != nil || strconv.Itoa(index) != number {
				return bad(rest)
			}
			p, rest = p.Append(index), after
			continue
		}
		if !p.IsRoot() {
			var dotted bool
			if rest, dotted = strings.CutPrefix(rest, "."); !dotted {
				return bad(rest)
			}
		}
		key := rest
		if end := strings.IndexAny(rest, ".["); end >= 0 {
			key = rest[:end]
		}
		if !plainKey(key) {
			return bad(rest)
		}
		p, rest = p.Append(key), rest[len(key):]
	}
	return p, nil
}

func plainKey(key string) bool {
	if key == "" {
		return false
	}
	for _, r := range key {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '$':
		default:
			return false
		}
	}
	return true
}
