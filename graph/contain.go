package graph

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/artifacts"
	"github.com/tenon-sdk/tenon/artifacts/schema"
	"github.com/tenon-sdk/tenon/bundle"
	"github.com/tenon-sdk/tenon/internal/value"
)

// contained says whether what p makes fits before there is any: every document of its type
// is of the type that is wanted, and one of them meets what the connection asks for.
func (r *resolver) contained(i *Instance, c bundle.Connection, chosen candidate, made, wanted *artifacts.Type) {
	if made != wanted {
		switch verdict := r.estate.catalog.Compatible(made, wanted); verdict.Answer {
		case schema.No:
			r.add(chosen.at.Problem("wrong-shape", fmt.Sprintf("%s: the connection %q wants %s, and a %s may be %s: %s: %s",
				i.component, c.Name, wanted, made, value.Canonical(verdict.Witness), cmp.Or(verdict.Path, "/"), verdict.Reason), ""))
		case schema.Unknown:
			p := chosen.at.Problem("undecided-shape", fmt.Sprintf("%s: the connection %q wants %s, and whether every %s is one is not decided: %s",
				i.component, c.Name, wanted, made, strings.Join(verdict.Undecided, ", ")), "")
			p.Severity = tenon.Warning
			r.add(p)
		}
	}
	if r.impossible(c, made) {
		r.add(chosen.at.Problem("wrong-shape", fmt.Sprintf("%s: no %s meets what the connection %q asks for", i.component, made, c.Name), ""))
	}
}

// impossible says that no document of a type can meet the where of a connection; asked once
// for each of both.
func (r *resolver) impossible(c bundle.Connection, made *artifacts.Type) bool {
	if c.Where == nil {
		return false
	}
	asked := narrowed{c.File, c.Name, made}
	if known, ok := r.narrowed[asked]; ok {
		return known
	}
	narrow, err := made.Narrow(c.Where)
	none := err == nil && narrow.Empty().Answer == schema.Yes // a where that is no schema is the bundle's own problem
	if r.narrowed == nil {
		r.narrowed = map[narrowed]bool{}
	}
	r.narrowed[asked] = none
	return none
}

type narrowed struct {
	file, connection string
	made             *artifacts.Type
}
