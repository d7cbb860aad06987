package artifacts

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"text/template"
	"text/template/parse"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/schema"
)

// builtins of text/template that a template may use beside ours; the others print in forms
// that can be made as large as one likes, or call what they are given.
var builtins = []string{"and", "or", "not", "len", "index"}

// templateCheck looks for fields that the schema does not have and for what a template may
// not use, and puts into the tree what bounds it.
type templateCheck struct {
	of       *content
	own      template.FuncMap
	fields   map[string]bool // names of fields
	assigned map[string]bool // variables that change
	problems tenon.Problems
}

// scope is what is known at a place of the template: where in the document the dot and the
// variables are; nil where that cannot be said.
type scope struct {
	dot  *tenon.Path
	vars map[string]*tenon.Path
}

func (s scope) with(dot *tenon.Path) scope { return scope{dot, maps.Clone(s.vars)} }

func (c *templateCheck) whole(root *parse.ListNode) {
	c.assignments(root)
	top := &tenon.Path{}
	c.list(root, scope{top, map[string]*tenon.Path{"$": top}})
}

func (c *templateCheck) refuse(what string) {
	c.problems.Add(tenon.Problem{Rule: "bad-export", Message: fmt.Sprintf("a template of an export cannot use %s", what)})
}

// assignments finds the variables that get another value somewhere: nothing is known of
// them.
func (c *templateCheck) assignments(list *parse.ListNode) {
	if list == nil {
		return
	}
	pipe := func(pipe *parse.PipeNode) {
		for _, variable := range pipe.Decl {
			c.assigned[variable.Ident[0]] = c.assigned[variable.Ident[0]] || pipe.IsAssign
		}
	}
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			pipe(n.Pipe)
		case *parse.IfNode:
			pipe(n.Pipe)
			c.assignments(n.List)
			c.assignments(n.ElseList)
		case *parse.WithNode:
			pipe(n.Pipe)
			c.assignments(n.List)
			c.assignments(n.ElseList)
		case *parse.RangeNode:
			pipe(n.Pipe)
			c.assignments(n.List)
			c.assignments(n.ElseList)
		}
	}
}

func (c *templateCheck) list(list *parse.ListNode, s scope) {
	if list == nil {
		return
	}
	for _, n := range list.Nodes {
		c.node(n, s)
	}
}

func (c *templateCheck) node(n parse.Node, s scope) {
	switch n := n.(type) {
	case *parse.ActionNode:
		at := c.pipe(n.Pipe, s)
		if len(n.Pipe.Decl) > 0 {
			c.declare(n.Pipe, s, at)
			return
		}
		n.Pipe.Cmds = append(n.Pipe.Cmds, call(n.Pipe, asText, label(n.Pipe)))
	case *parse.IfNode:
		inside := s.with(s.dot)
		c.declare(n.Pipe, inside, c.pipe(n.Pipe, s))
		c.list(n.List, inside.with(s.dot))
		c.list(n.ElseList, inside.with(s.dot))
	case *parse.WithNode:
		at := c.pipe(n.Pipe, s)
		inside := s.with(at)
		c.declare(n.Pipe, inside, at)
		c.list(n.List, inside)
		c.list(n.ElseList, s.with(s.dot))
	case *parse.RangeNode:
		c.loop(n, s)
	case *parse.TemplateNode:
		c.refuse("template")
	}
}

func (c *templateCheck) loop(n *parse.RangeNode, s scope) {
	for _, command := range n.Pipe.Cmds {
		for _, argument := range command.Args {
			if _, number := argument.(*parse.NumberNode); number {
				c.refuse("range over a number")
			}
		}
	}
	var item *tenon.Path
	if at := c.pipe(n.Pipe, s); at != nil {
		path := at.Append("*")
		item = &path
	}
	inside := s.with(item)
	for i, variable := range n.Pipe.Decl {
		inside.vars[variable.Ident[0]] = nil // an index or a key
		if i == len(n.Pipe.Decl)-1 {
			inside.vars[variable.Ident[0]] = item
		}
	}
	c.list(n.List, inside)
	c.list(n.ElseList, s.with(s.dot))
	round := &parse.ActionNode{NodeType: parse.NodeAction, Pos: n.Pos, Line: n.Line, Pipe: &parse.PipeNode{NodeType: parse.NodePipe, Pos: n.Pos, Line: n.Line}}
	round.Pipe.Cmds = []*parse.CommandNode{call(round.Pipe, tick, strconv.Itoa(weight(n.List)))}
	n.List.Nodes = append([]parse.Node{round}, n.List.Nodes...)
}

// declare keeps where the variables of a pipe are.
func (c *templateCheck) declare(pipe *parse.PipeNode, s scope, at *tenon.Path) {
	for _, variable := range pipe.Decl {
		s.vars[variable.Ident[0]] = at
	}
}

// call is the command that calls a function with a text.
func call(pipe *parse.PipeNode, function, argument string) *parse.CommandNode {
	return &parse.CommandNode{NodeType: parse.NodeCommand, Pos: pipe.Pos, Args: []parse.Node{
		parse.NewIdentifier(function).SetPos(pipe.Pos),
		&parse.StringNode{NodeType: parse.NodeString, Pos: pipe.Pos, Quoted: strconv.Quote(argument), Text: argument},
	}}
}

// label names the field that a pipe is, as it is written; empty where it is more than that.
func label(pipe *parse.PipeNode) string {
	if len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 1 {
		switch a := pipe.Cmds[0].Args[0].(type) {
		case *parse.FieldNode:
			return tenon.At(steps(a.Ident)...).String()
		case *parse.VariableNode:
			return a.String()
		}
	}
	return ""
}

// weight counts the parts that a round of a loop goes through; loops within count their
// own.
func weight(list *parse.ListNode) int {
	if list == nil {
		return 0
	}
	n := 0
	for _, node := range list.Nodes {
		n++
		switch node := node.(type) {
		case *parse.ActionNode:
			n += len(node.Pipe.Cmds)
		case *parse.IfNode:
			n += len(node.Pipe.Cmds) + weight(node.List) + weight(node.ElseList)
		case *parse.WithNode:
			n += len(node.Pipe.Cmds) + weight(node.List) + weight(node.ElseList)
		case *parse.RangeNode:
			n += len(node.Pipe.Cmds) + weight(node.ElseList)
		}
	}
	return n
}

// pipe checks a pipe and says where in the document its value is.
func (c *templateCheck) pipe(pipe *parse.PipeNode, s scope) *tenon.Path {
	if pipe == nil {
		return nil
	}
	var at *tenon.Path
	for _, command := range pipe.Cmds {
		for _, argument := range command.Args {
			at = c.argument(argument, s)
		}
	}
	if len(pipe.Cmds) == 1 && len(pipe.Cmds[0].Args) == 1 {
		return at
	}
	return nil
}

func (c *templateCheck) argument(argument parse.Node, s scope) *tenon.Path {
	switch a := argument.(type) {
	case *parse.PipeNode:
		return c.pipe(a, s)
	case *parse.IdentifierNode:
		if _, own := c.own[a.Ident]; !own && !slices.Contains(builtins, a.Ident) || a.Ident == tick || a.Ident == asText {
			c.refuse(a.Ident)
		}
	case *parse.DotNode:
		return s.dot
	case *parse.FieldNode:
		return c.field(s.dot, a.Ident)
	case *parse.VariableNode:
		at := s.vars[a.Ident[0]]
		if c.assigned[a.Ident[0]] {
			at = nil
		}
		return c.field(at, a.Ident[1:])
	case *parse.ChainNode:
		return c.field(c.argument(a.Node, s), a.Field)
	}
	return nil
}

// field checks the field at names below a place.
func (c *templateCheck) field(at *tenon.Path, names []string) *tenon.Path {
	for _, name := range names {
		c.fields[name] = true
	}
	if at == nil || len(names) == 0 {
		return at
	}
	path := at.Append(steps(names)...)
	if !c.of.lacks(path) {
		return &path
	}
	hint := ""
	if at.IsRoot() {
		hint = tenon.DidYouMean(names[0], c.of.schema.Names())
	}
	c.problems.Add(tenon.Problem{Rule: "unknown-field", Message: fmt.Sprintf("the template names the field %s, which the schema does not have", path), Hint: hint})
	return nil
}

func steps(names []string) []any {
	list := make([]any, len(names))
	for i, name := range names {
		list[i] = name
	}
	return list
}

// lacks says that the schema does not have a field. Below the top, where it names no field
// at all, anything may be: that is not decided.
func (c *content) lacks(path tenon.Path) bool {
	at := tenon.Path{}
	for i, step := range path.Steps() {
		next := at.Append(step)
		if !c.declares(next) {
			return i == 0 || c.schema.Has(next) == schema.Never || c.declares(at.Append("*"))
		}
		at = next
	}
	return false
}
