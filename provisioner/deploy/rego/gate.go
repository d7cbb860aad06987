package rego

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/tenon-sdk/tenon/graph"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// Options of New and OfBundles; nil is the zero value.
type Options struct {
	// Timeout of one evaluation of all policies. Default 10 seconds.
	Timeout time.Duration
}

const defaultTimeout = 10 * time.Second

// Gate asks policies.
type Gate struct {
	timeout time.Duration
	sets    []scoped
}

// scoped are policies, and the instances that they are asked about; nil: all.
type scoped struct {
	*policies
	instances map[string]bool
}

var _ deploy.Gate = (*Gate)(nil)

// New loads policies from all .rego files of a folder and those below it, but _test.rego. A
// folder without a policy is an error, as is a mistake in one, with its file and line.
func New(ctx context.Context, folder fs.FS, opts *Options) (*Gate, error) {
	loaded, err := load(ctx, folder, "")
	if err != nil {
		return nil, err
	}
	if len(loaded.rules) == 0 {
		return nil, fmt.Errorf("no policies: no .rego file has a rule deny or warn in a package below tenon")
	}
	return &Gate{opts.timeout(), []scoped{{loaded, nil}}}, nil
}

// bundleFolder is where a bundle has its policies.
const bundleFolder = "policies"

// OfBundles loads the policies that travel with the bundles of an environment. Bundles may
// have none.
func OfBundles(ctx context.Context, env *graph.Environment, opts *Options) (*Gate, error) {
	gate, known := &Gate{timeout: opts.timeout()}, map[string]int{} // bundle → set
	for _, i := range env.Instances() {
		b := i.Bundle()
		key := b.Dir + " " + b.Name + "@" + b.Version
		at, ok := known[key]
		if !ok {
			at = -1
			if _, err := fs.Stat(b.Files, bundleFolder); err == nil {
				folder, err := fs.Sub(b.Files, bundleFolder)
				if err != nil {
					return nil, err
				}
				loaded, err := load(ctx, folder, b.Dir+"/"+bundleFolder+"/")
				if err != nil {
					return nil, fmt.Errorf("bundle %s: %w", b.Name, err)
				}
				at = len(gate.sets)
				gate.sets = append(gate.sets, scoped{loaded, map[string]bool{}})
			}
			known[key] = at
		}
		if at >= 0 {
			gate.sets[at].instances[i.Address()] = true
		}
	}
	return gate, nil
}

func (o *Options) timeout() time.Duration {
	if o == nil || o.Timeout <= 0 {
		return defaultTimeout
	}
	return o.Timeout
}

// Check asks all policies.
func (g *Gate) Check(ctx context.Context, r *deploy.Review) ([]deploy.Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	var all []deploy.Finding
	for _, set := range g.sets {
		plan := *r.Plan
		if set.instances != nil {
			plan.Instances = nil
			for _, i := range r.Plan.Instances {
				if set.instances[i.ID] {
					plan.Instances = append(plan.Instances, i)
				}
			}
			if len(plan.Instances) == 0 {
				continue
			}
		}
		plan.Findings = nil // of other gates, or of an earlier day
		input, err := document(r.Stage, &plan)
		if err != nil {
			return nil, err
		}
		found, err := set.ask(ctx, input)
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if set.instances != nil && f.Instance != "" && !set.instances[f.Instance] {
				return nil, fmt.Errorf("policy %s of a bundle speaks of %s, which is not made of it", f.Policy, f.Instance)
			}
		}
		all = append(all, found...)
	}
	return all, nil
}

// document is what policies see.
func document(stage deploy.Stage, plan *deploy.Plan) (ast.Value, error) {
	text, err := json.Marshal(struct {
		Stage deploy.Stage `json:"stage"`
		Plan  *deploy.Plan `json:"plan"`
	}{stage, plan})
	if err != nil {
		return nil, err
	}
	return ast.ValueFromReader(bytes.NewReader(text))
}
