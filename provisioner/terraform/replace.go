package terraform

import (
	"context"
	"path"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

const (
	ruleReplace = "replace-address"
	ruleManaged = "already-managed" // the contract's word
)

// replacing gives the flags for the resources that are to be made anew. The tool passes
// over an address that it does not know without a word, so the driver looks them up.
func (p *prepared) replacing(ctx context.Context, req *provisioner.Request) ([]string, error) {
	if len(req.Replace) == 0 || req.Mode == provisioner.Destroy || req.Saved != nil {
		return nil, nil // a saved plan was made with its own
	}
	known, err := p.current(ctx)
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, one := range known.instances() {
		addresses = append(addresses, one.address)
	}
	var flags []string
	var problems tenon.Problems
	for i, address := range req.Replace {
		if !known.has(address, "") {
			problems.Add(p.transcript.secret.Problem(tenon.Problem{
				Rule: ruleReplace, File: path.Clean(req.Path), Path: tenon.At("replace", i),
				Message: "there is no resource " + address + " in the state, so it cannot be replaced",
				Hint:    hintOf(address, addresses),
			}))
			continue
		}
		flags = append(flags, "-replace="+address)
	}
	return flags, problems.Err()
}

// hintOf says what else may be meant by an address: the instances of a resource, or what
// is spelled alike.
func hintOf(address string, addresses []string) string {
	var instances []string
	for _, one := range addresses {
		if strings.HasPrefix(one, address+"[") {
			instances = append(instances, one)
		}
	}
	if len(instances) > 0 {
		return "name one of its instances: " + strings.Join(instances, ", ")
	}
	return tenon.DidYouMean(address, addresses)
}

// current is the state as it is before the run: the one in the work folder, or what the
// module's backend gives.
func (p *prepared) current(ctx context.Context) (*state, error) {
	if !p.ownState {
		return &p.before, nil
	}
	text, err := p.short().run(ctx, "state", "pull")
	if err != nil {
		return nil, err
	}
	return parseState(text)
}
