package graph

import (
	"fmt"
	"regexp"
	"strings"
)

// reference is where an artifact is: of an instance, or imported.
type reference struct {
	project, environment, component, artifact string
	imported                                  string
}

var addressPattern = regexp.MustCompile(`^([a-z][a-z0-9-]*)/([a-z][a-z0-9-]*)\.([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)$`)

// parseReference reads project/environment.component.artifact or imported:NAME.
func parseReference(text string) (reference, error) {
	if name, ok := strings.CutPrefix(text, "imported:"); ok && name != "" {
		return reference{imported: name}, nil
	}
	match := addressPattern.FindStringSubmatch(text)
	if match == nil {
		return reference{}, fmt.Errorf("%q is not the address of an artifact: project/environment.component.artifact or imported:NAME", text)
	}
	return reference{project: match[1], environment: match[2], component: match[3], artifact: match[4]}, nil
}

func (r reference) String() string {
	if r.imported != "" {
		return "imported:" + r.imported
	}
	return r.instance() + "." + r.artifact
}

// instance is the address of the instance that makes it.
func (r reference) instance() string { return r.project + "/" + r.environment + "." + r.component }
