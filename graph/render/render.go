// Package render draws a resolved environment.
package render

import "github.com/tenon-sdk/tenon/graph"

func Mermaid(env *graph.Environment) string { panic("skeleton") }
func DOT(env *graph.Environment) string     { panic("skeleton") }

// Text is the graph as an indented tree for a terminal.
func Text(env *graph.Environment) string { panic("skeleton") }
