package artifacts

import (
	"io/fs"
	"strings"

	contract "github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/internal/schema"
	"github.com/tenon-sdk/tenon/internal/source"
)

// ReadSchema reads a JSON Schema of its own, no type, in YAML or JSON: to compare it with a
// type or to draw samples of it. References lead into the file or to shared definitions of
// the catalog. The error is tenon.Problems with their places in the file.
func (c *Catalog) ReadSchema(fsys fs.FS, name string) (*contract.Schema, error) {
	node, problems := source.Read(fsys, name, name)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	shared := func(ref string) (any, bool) {
		node, ok := c.shared[strings.TrimPrefix(ref, "types:")]
		if !ok || !strings.HasPrefix(ref, "types:") {
			return nil, false
		}
		return node.Value(), true
	}
	compiled, found := schema.Compile(node.Value(), &schema.Options{Shared: shared})
	if err := node.Locate(found).Err(); err != nil {
		return nil, err
	}
	set, err := contract.Compile(node.Value(), &contract.Options{Shared: shared, Compiled: compiled.Compiled()})
	if err != nil {
		return nil, node.Problem("invalid-schema", err.Error(), "")
	}
	return set, nil
}

// ReadDocument reads a document of any type, in YAML or JSON. The error is tenon.Problems
// with their places in the file.
func ReadDocument(fsys fs.FS, name string) (any, error) {
	node, problems := source.Read(fsys, name, name)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return node.Value(), nil
}
