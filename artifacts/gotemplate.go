package artifacts

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"github.com/tenon-sdk/tenon"
)

// goTemplate is a template of text/template with a closed list of functions. What it may
// cost is bounded: bytes written, and rounds of its loops.
type goTemplate struct{ parsed *template.Template }

// Functions of text/template that a template may use beside templateFuncs; the others print
// in forms that can be made as large as one likes, or call what they are given.
var builtins = []string{"and", "or", "not", "len", "index", "eq", "ne", "lt", "le", "gt", "ge"}

const (
	tick      = "_tick"
	maxRounds = 100_000
)

// parseGoTemplate reads a template. declares says whether documents have a field.
func parseGoTemplate(name, text string, declares func(tenon.Path) bool) (*goTemplate, tenon.Problems) {
	funcs := maps.Clone(templateFuncs)
	funcs[tick] = func() (string, error) { return "", nil }
	parsed, err := template.New(name).Option("missingkey=error").Funcs(funcs).Parse(text)
	if err != nil {
		return nil, tenon.Problems{{Rule: "bad-export", Message: "the template does not parse: " + templateWords(err)}}
	}
	c := &templateCheck{declares: declares}
	if parsed.Tree != nil && parsed.Root != nil {
		c.list(parsed.Root, true)
	}
	if len(parsed.Templates()) > 1 {
		c.refuse("define")
	}
	if c.problems.HasErrors() {
		return nil, c.problems.Sorted()
	}
	return &goTemplate{parsed}, nil
}

// templateWords is an error of the parser without the name of the template.
func templateWords(err error) string {
	_, words, found := strings.Cut(err.Error(), ": ")
	if !found {
		return err.Error()
	}
	if _, more, found := strings.Cut(words, ": "); found && strings.Contains(words, "template") {
		return more
	}
	return words
}

type templateCheck struct {
	declares func(tenon.Path) bool
	problems tenon.Problems
}

func (c *templateCheck) refuse(what string) {
	c.problems.Add(tenon.Problem{Rule: "bad-export", Message: fmt.Sprintf("a template of an export cannot use %s", what)})
}

// list checks nodes; root says that the dot is the document.
func (c *templateCheck) list(list *parse.ListNode, root bool) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		c.node(n, root)
	}
}

func (c *templateCheck) node(n parse.Node, root bool) {
	switch n := n.(type) {
	case *parse.ActionNode:
		c.pipe(n.Pipe, root)
	case *parse.IfNode:
		c.pipe(n.Pipe, root)
		c.list(n.List, root)
		c.list(n.ElseList, root)
	case *parse.WithNode:
		c.pipe(n.Pipe, root)
		c.list(n.List, false)
		c.list(n.ElseList, root)
	case *parse.RangeNode:
		c.pipe(n.Pipe, root)
		for _, command := range n.Pipe.Cmds {
			for _, argument := range command.Args {
				if _, number := argument.(*parse.NumberNode); number {
					c.refuse("range over a number")
				}
			}
		}
		c.list(n.List, false)
		c.list(n.ElseList, root)
		n.List.Nodes = append([]parse.Node{ticking(n)}, n.List.Nodes...)
	case *parse.TemplateNode:
		c.refuse("template")
	}
}

// ticking is the call that counts a round of a loop.
func ticking(n *parse.RangeNode) parse.Node {
	name := parse.NewIdentifier(tick).SetPos(n.Pos)
	return &parse.ActionNode{NodeType: parse.NodeAction, Pos: n.Pos, Line: n.Line, Pipe: &parse.PipeNode{
		NodeType: parse.NodePipe, Pos: n.Pos, Line: n.Line,
		Cmds: []*parse.CommandNode{{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{name}}},
	}}
}

func (c *templateCheck) pipe(pipe *parse.PipeNode, root bool) {
	if pipe == nil {
		return
	}
	for _, command := range pipe.Cmds {
		for _, argument := range command.Args {
			switch a := argument.(type) {
			case *parse.PipeNode:
				c.pipe(a, root)
			case *parse.IdentifierNode:
				if _, own := templateFuncs[a.Ident]; !own && !slices.Contains(builtins, a.Ident) {
					c.refuse(a.Ident)
				}
			case *parse.FieldNode:
				if root {
					c.field(a.Ident)
				}
			case *parse.VariableNode:
				if a.Ident[0] == "$" && len(a.Ident) > 1 {
					c.field(a.Ident[1:])
				}
			case *parse.ChainNode:
				if inner, ok := a.Node.(*parse.PipeNode); ok {
					c.pipe(inner, root)
				}
			}
		}
	}
}

func (c *templateCheck) field(names []string) {
	path := tenon.Path{}
	for _, name := range names {
		path = path.Append(name)
	}
	if c.declares != nil && !c.declares(path) {
		c.problems.Add(tenon.Problem{Rule: "unknown-field", Message: fmt.Sprintf("the template names the field %s, which the schema does not have", path)})
	}
}

var missingKey = regexp.MustCompile(`map has no entry for key "([^"]*)"`)

func (t *goTemplate) render(document any) ([]byte, error) {
	parsed, err := t.parsed.Clone()
	if err != nil {
		return nil, &ExportError{Reason: "the template cannot be used"}
	}
	rounds := 0
	parsed.Funcs(template.FuncMap{tick: func() (string, error) {
		if rounds++; rounds > maxRounds {
			return "", errTooMuch
		}
		return "", nil
	}})
	out := &bounded{}
	err = parsed.Execute(out, document)
	var known templateError
	switch {
	case err == nil:
		return out.Bytes(), nil
	case errors.Is(err, errTooMuch):
		return nil, &ExportError{Reason: fmt.Sprintf("it takes more than %d rounds or %d bytes", maxRounds, maxExport)}
	case errors.As(err, &known):
		return nil, &ExportError{Reason: string(known)}
	}
	// Only the name of the field is taken from what the library says: the rest may hold values.
	if match := missingKey.FindStringSubmatch(err.Error()); match != nil {
		return nil, &ExportError{Field: match[1], Reason: fmt.Sprintf("the artifact has no %s", match[1])}
	}
	return nil, &ExportError{Reason: "the template does not suit the values of the artifact"}
}

var errTooMuch = errors.New("it takes too much")

// bounded takes no more than an export may have.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxExport {
		return 0, errTooMuch
	}
	return b.Buffer.Write(p)
}
