package rego

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"

	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// policies are compiled together.
type policies struct{ rules []rule }

// rule is one that finds something.
type rule struct {
	policy  string
	verdict deploy.Verdict
	query   rego.PreparedEvalQuery
}

// verdicts of rules, by name.
var verdicts = map[string]deploy.Verdict{"deny": deploy.Deny, "warn": deploy.Warn}

// refused built-ins reach out of the evaluation.
var refused = []string{"http.send", "net.lookup_ip_addr", "opa.runtime"}

func capabilities() *ast.Capabilities {
	all := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(ast.RegoV1))
	all.Builtins = slices.DeleteFunc(all.Builtins, func(b *ast.Builtin) bool { return slices.Contains(refused, b.Name) })
	all.AllowNet = []string{} // no host
	return all
}

// load compiles all policies of a folder, which errors name with what stands before it.
func load(ctx context.Context, folder fs.FS, prefix string) (*policies, error) {
	modules := map[string]*ast.Module{}
	err := fs.WalkDir(folder, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".rego") || strings.HasSuffix(name, "_test.rego") {
			return err
		}
		text, err := fs.ReadFile(folder, name)
		if err != nil {
			return err
		}
		modules[prefix+name], err = ast.ParseModuleWithOpts(prefix+name, string(text), ast.ParserOptions{RegoVersion: ast.RegoV1, Capabilities: capabilities()})
		return err
	})
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().WithCapabilities(capabilities()).WithDefaultRegoVersion(ast.RegoV1).WithStrict(true)
	if compiler.Compile(modules); compiler.Failed() {
		return nil, compiler.Errors
	}
	loaded := &policies{}
	for _, found := range rulesOf(modules) {
		query, err := rego.New(rego.Query(found.query()), rego.Compiler(compiler), rego.Capabilities(capabilities()),
			rego.SetRegoVersion(ast.RegoV1), rego.StrictBuiltinErrors(true)).PrepareForEval(ctx)
		if err != nil {
			return nil, err
		}
		loaded.rules = append(loaded.rules, rule{found.policy, verdicts[found.name], query})
	}
	return loaded, nil
}

// place of a rule.
type place struct{ policy, name string }

func (p place) query() string {
	var b strings.Builder
	b.WriteString("data.tenon")
	for _, part := range append(strings.Split(p.policy, "."), p.name) {
		fmt.Fprintf(&b, "[%q]", part)
	}
	return b.String()
}

// rulesOf gives the rules that find something, sorted.
func rulesOf(modules map[string]*ast.Module) []place {
	var list []place
	for _, module := range modules {
		var path []string
		for _, term := range module.Package.Path[1:] { // without data
			path = append(path, strings.Trim(term.Value.String(), `"`))
		}
		if len(path) < 2 || path[0] != "tenon" {
			continue
		}
		for _, r := range module.Rules {
			name := string(r.Head.Name)
			if name == "" {
				name = r.Head.Ref()[0].Value.String()
			}
			if _, ok := verdicts[strings.Trim(name, `"`)]; ok {
				list = append(list, place{strings.Join(path[1:], "."), name})
			}
		}
	}
	slices.SortFunc(list, func(a, b place) int {
		return strings.Compare(a.policy+"\x00"+a.name, b.policy+"\x00"+b.name)
	})
	return slices.Compact(list)
}

func (p *policies) ask(ctx context.Context, input ast.Value) (all []deploy.Finding, err error) {
	for _, r := range p.rules {
		results, err := r.query.Eval(ctx, rego.EvalParsedInput(input))
		if err != nil {
			if ctx.Err() != nil {
				err = errors.Join(ctx.Err(), err)
			}
			return nil, fmt.Errorf("policy %s: %w", r.policy, err)
		}
		for _, result := range results {
			list, ok := result.Expressions[0].Value.([]any)
			if !ok {
				return nil, fmt.Errorf("policy %s: its rule is no set: write `deny contains finding if { … }`", r.policy)
			}
			for _, item := range list {
				found, err := r.finding(item)
				if err != nil {
					return nil, fmt.Errorf("policy %s: %w", r.policy, err)
				}
				all = append(all, found)
			}
		}
	}
	return all, nil
}

// finding reads what a rule contains.
func (r *rule) finding(item any) (deploy.Finding, error) {
	found := deploy.Finding{Verdict: r.verdict, Policy: r.policy}
	if text, ok := item.(string); ok {
		found.Message = text
		return found, nil
	}
	fields, ok := item.(map[string]any)
	if !ok {
		return found, fmt.Errorf("it contains %s, which is neither a text nor an object", short(item))
	}
	for name, v := range fields {
		text, ok := v.(string)
		if !ok {
			return found, fmt.Errorf("%s of a finding must be a text, not %s", name, short(v))
		}
		switch name {
		case "message":
			found.Message = text
		case "instance":
			found.Instance = text
		case "step":
			found.Step = text
		case "resource":
			found.Resource = text
		default:
			return found, fmt.Errorf("a finding has message, instance, step and resource, not %q", name)
		}
	}
	if found.Message == "" {
		return found, errors.New("a finding has no message")
	}
	return found, nil
}

// short is the JSON of a value, cut.
func short(v any) string {
	text, _ := json.Marshal(v) // it came out of JSON
	if len(text) > 60 {
		text = append(text[:60], "…"...)
	}
	return string(text)
}
