package terraform

import (
	"context"
	"fmt"
	"path"

	"github.com/tenon-sdk/tenon"
)

// adopt brings into the state what the tool has said to have made, and was killed before
// it wrote it down: Terraform writes its local state after each resource, OpenTofu every
// 20 seconds. What cannot be imported by the id that the tool has told is named.
// Source: OpenTofu documentation, "Environment Variables", TF_STATE_PERSIST_INTERVAL.
func (r *run) adopt(ctx context.Context, binary string, environment []string) tenon.Problems {
	if !r.follow || len(r.transcript.ids) == 0 {
		return nil
	}
	known, err := parseState(r.saved)
	if err != nil {
		return tenon.Problems{{Severity: tenon.Warning, Rule: "bad-state", Message: "what the tool has made cannot be compared with its state: " + err.Error()}}
	}
	var problems tenon.Problems
	for _, change := range sortedChanges(r.transcript.made) {
		id, ok := r.transcript.ids[change.Address]
		if !ok || known.has(change.Address, id) {
			continue
		}
		err := fmt.Errorf("the state holds another one at this address")
		if !known.has(change.Address, "") {
			err = r.importResource(ctx, binary, environment, change.Address, id)
		}
		if err == nil {
			r.transcript.log(change.Address + ": adopted into the state")
			continue
		}
		problems.Add(r.transcript.secret.Problem(tenon.Problem{
			Severity: tenon.Warning, Rule: "cut-off", File: path.Clean(r.transcript.folder),
			Message: fmt.Sprintf("%s: was made with id %q, but is not in the state: %s", change.Address, id, plain(err.Error())),
			Hint:    "import or remove it by hand",
		}))
	}
	return problems
}

func (r *run) importResource(ctx context.Context, binary string, environment []string, address, id string) error {
	tool, err := r.d.command(r.work.module, binary, environment)
	if err != nil {
		return err
	}
	// Also after a cancel, within the time that a stop in good order may take.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.d.options.Grace)
	defer cancel()
	return tool.Import(ctx, address, id)
}
