package graph

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/tenon-sdk/tenon/internal/source"
)

// link is component.artifact -> component.connection [grant, …].
type link struct {
	from, artifact string
	to, slot       string
	grants         []string
	node           *source.Node
}

var linkPattern = regexp.MustCompile(`^\s*([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)\s*->\s*([a-z][a-z0-9-]*)\.([A-Za-z_][A-Za-z0-9_-]*)\s*(?:\[([^\]]*)\])?\s*$`)
var grantName = regexp.MustCompile(`^[a-z][A-Za-z0-9_-]*$`)

func parseLink(text string) (link, error) {
	match := linkPattern.FindStringSubmatch(text)
	if match == nil {
		return link{}, fmt.Errorf("%q is not a link such as db.database -> api.database [read]", text)
	}
	l := link{from: match[1], artifact: match[2], to: match[3], slot: match[4]}
	if strings.TrimSpace(match[5]) == "" {
		return l, nil
	}
	for name := range strings.SplitSeq(match[5], ",") {
		name = strings.TrimSpace(name)
		if !grantName.MatchString(name) {
			return link{}, fmt.Errorf("%q: %q is not the name of a grant", text, name)
		}
		l.grants = append(l.grants, name)
	}
	return l, nil
}
