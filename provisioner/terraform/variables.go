package terraform

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// variables is the text of a file with nothing left but its variables, each at its place,
// so that what the tool says of them has the line and column of the file. Rules that look
// at more than variables are left out with the rest. Nil where the file declares none.
func (f configFile) variables() []byte {
	declared := blocks(f.body, "variable", "name")
	if len(declared) == 0 {
		return nil
	}
	if body, ok := f.body.(*hclsyntax.Body); ok {
		return f.nativeVariables(body)
	}
	return f.jsonVariables(declared)
}

func (f configFile) nativeVariables(body *hclsyntax.Body) []byte {
	text := blank(f.text)
	for _, block := range body.Blocks {
		if block.Type != "variable" {
			continue
		}
		from, to := block.TypeRange.Start.Byte, block.CloseBraceRange.End.Byte
		copy(text[from:to], f.text[from:to])
		for _, rule := range block.Body.Blocks {
			if rule.Type == "validation" && looksOut(rule.Body) {
				from, to := rule.TypeRange.Start.Byte, rule.CloseBraceRange.End.Byte
				copy(text[from:to], blank(f.text[from:to]))
			}
		}
	}
	return text
}

// blank is a text of the same lines and bytes without anything in it.
func blank(text []byte) []byte {
	blanks := bytes.Repeat([]byte{' '}, len(text))
	for i, b := range text {
		if b == '\n' {
			blanks[i] = b
		}
	}
	return blanks
}

func (f configFile) jsonVariables(declared []*hcl.Block) []byte {
	var document struct {
		Variable map[string]map[string]any `json:"variable"`
	}
	if json.Unmarshal(f.text, &document) != nil {
		return nil // written in a rarer form: its rules are left for the plan
	}
	for _, variable := range declared {
		for _, rule := range blocks(variable.Body, "validation") {
			if looksOut(rule.Body) {
				delete(document.Variable[variable.Labels[0]], "validation")
			}
		}
	}
	text, err := json.Marshal(map[string]any{"variable": document.Variable})
	if err != nil {
		return nil
	}
	return text
}

// looksOut says that a rule reads something else than variables.
func looksOut(rule hcl.Body) bool {
	for _, name := range []string{"condition", "error_message"} {
		attribute := attributeOf(rule, name)
		if attribute == nil {
			continue
		}
		for _, read := range attribute.Expr.Variables() {
			if read.RootName() != "var" {
				return true
			}
		}
	}
	return false
}
