package deploy

import (
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Markdown writes a plan for a comment on a pull request: a line for each instance that is
// not left as it is, what happens to its resources, what rests on stand-ins, what is wrong.
// It shows no value of an attribute.
func (p *Plan) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### Plan for %s\n\n", code(p.Environment))
	same := 0
	for _, i := range p.Instances {
		if i.Action == None {
			same++
		}
	}
	if changed := len(p.Instances) - same; changed > 0 {
		b.WriteString("| action | instance | why |\n| --- | --- | --- |\n")
		for _, i := range p.Instances {
			if i.Action != None {
				fmt.Fprintf(&b, "| %s | %s | %s |\n", i.Action, cell(i.ID), plain(i.Reason))
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "%d to change, %d unchanged.\n", len(p.Instances)-same, same)
	for _, i := range p.Instances {
		if i.Action != None {
			i.markdown(&b)
		}
	}
	if len(p.Findings) > 0 {
		b.WriteString("\n#### Policies\n\n")
		for _, f := range p.Findings {
			fmt.Fprintf(&b, "- %s\n", code(f.String()))
		}
	}
	if len(p.Problems) > 0 {
		b.WriteString("\n#### Problems\n\n")
		for _, problem := range p.Problems {
			text := problem.String() // a warning says that it is one
			if problem.Severity == tenon.Error {
				text = "error: " + text
			}
			fmt.Fprintf(&b, "- %s\n", code(text))
		}
	}
	if p.Digest != "" {
		fmt.Fprintf(&b, "\n%s\n", code(p.Digest))
	}
	return b.String()
}

// markdown writes the steps of an instance.
func (i *InstancePlan) markdown(b *strings.Builder) {
	if len(i.Steps) == 0 {
		return
	}
	fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n", plain(i.ID))
	for _, step := range i.Steps {
		switch {
		case step.Deferred:
			fmt.Fprintf(b, "- %s: deferred until %s is known\n", code(step.Name), codes(step.WaitsFor))
			if step.Message != "" {
				fmt.Fprintf(b, "  - %s\n", code(step.Message))
			}
		case step.Mocked:
			fmt.Fprintf(b, "- %s rests on stand-ins for %s\n", code(step.Name), codes(step.WaitsFor))
		}
		for _, change := range step.Changes {
			if change.Action == provisioner.NoOp {
				continue
			}
			fmt.Fprintf(b, "- %s %s", change.Action, code(step.Name+": "+change.Address))
			if names := change.Names(); len(names) > 0 && change.Action != provisioner.Create && change.Action != provisioner.Delete {
				fmt.Fprintf(b, " (%s)", codes(names))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString("\n</details>\n")
}

// code is a text that is shown as it is, on one line, whatever it holds.
func code(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		return fence + " " + text + " " + fence
	}
	return fence + text + fence
}

func codes(texts []string) string {
	shown := make([]string, len(texts))
	for n, text := range texts {
		shown[n] = code(text)
	}
	return strings.Join(shown, ", ")
}

// cell is code in a table, where a bar would end the cell.
func cell(text string) string { return strings.ReplaceAll(code(text), "|", `\|`) }

// plain is a text without what Markdown and HTML would make of it.
func plain(text string) string {
	return markup.Replace(strings.Join(strings.Fields(text), " "))
}

var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, `\`, `\\`, "@", "&#64;",
)
