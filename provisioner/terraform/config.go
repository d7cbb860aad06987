package terraform

import (
	"io/fs"
	"path"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"

	"github.com/tenon-sdk/tenon"
)

// configFile is one parsed file of a module.
type configFile struct {
	name string // in the bundle's files
	body hcl.Body
	text []byte
}

// topSchema is the part of a file that the driver reads, or the module reader does.
var topSchema = &hcl.BodySchema{Blocks: []hcl.BlockHeaderSchema{
	{Type: "terraform"},
	{Type: "variable", LabelNames: []string{"name"}},
	{Type: "output", LabelNames: []string{"name"}},
	{Type: "provider", LabelNames: []string{"name"}},
	{Type: "module", LabelNames: []string{"name"}},
	{Type: "resource", LabelNames: []string{"type", "name"}},
	{Type: "data", LabelNames: []string{"type", "name"}},
}}

// parseFolder parses the files of one module, as dialect shows them. What is wrong with
// their grammar are problems with line and column.
func parseFolder(view fs.FS, folder string) ([]configFile, tenon.Problems) {
	var problems tenon.Problems
	entries, err := fs.ReadDir(view, folder)
	if err != nil {
		problems.Add(tenon.Problem{Rule: ruleFolder, File: folder, Message: "the folder cannot be read: " + err.Error()})
		return nil, problems
	}
	parser := hclparse.NewParser()
	var parsed []configFile
	for _, entry := range entries {
		name := entry.Name()
		isJSON := strings.HasSuffix(name, ".tf.json")
		if entry.IsDir() || strings.HasPrefix(name, ".") || !isJSON && !strings.HasSuffix(name, ".tf") {
			continue
		}
		full := path.Join(folder, name)
		text, err := fs.ReadFile(view, full)
		label := original(bare(view), full)
		if err != nil {
			problems.Add(tenon.Problem{Rule: ruleModule, File: label, Message: "the file cannot be read: " + err.Error()})
			continue
		}
		parse := parser.ParseHCL
		if isJSON {
			parse = parser.ParseJSON
		}
		file, diagnostics := parse(text, label)
		if !diagnostics.HasErrors() {
			_, _, diagnostics = file.Body.PartialContent(topSchema)
		}
		for _, diagnostic := range diagnostics {
			if diagnostic.Severity == hcl.DiagError {
				problems.Add(configProblem(diagnostic, label))
			}
		}
		if file != nil && !diagnostics.HasErrors() {
			parsed = append(parsed, configFile{name: label, body: file.Body, text: text})
		}
	}
	return parsed, problems
}

func bare(view fs.FS) fs.FS {
	if t, ok := view.(tofuFS); ok {
		return t.files
	}
	return view
}

func configProblem(diagnostic *hcl.Diagnostic, file string) tenon.Problem {
	problem := tenon.Problem{Rule: ruleModule, File: file, Message: sentence(diagnostic.Summary, diagnostic.Detail)}
	if diagnostic.Subject != nil {
		problem.Line, problem.Column = diagnostic.Subject.Start.Line, diagnostic.Subject.Start.Column
	}
	return problem
}

// blocks gives the blocks of one type, with as many labels as named.
func blocks(body hcl.Body, kind string, labels ...string) []*hcl.Block {
	content, _, _ := body.PartialContent(&hcl.BodySchema{
		Blocks: []hcl.BlockHeaderSchema{{Type: kind, LabelNames: labels}},
	})
	if content == nil {
		return nil
	}
	return content.Blocks
}
