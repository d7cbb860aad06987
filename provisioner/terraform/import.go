package terraform

import (
	"context"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner"
)

// Import takes a resource that exists into the state. The module must have a resource at
// the address; what the two differ in, the next plan says. It is a run like any other: its
// state is adopted after a crash, and an interrupt stops it in good order.
func (d *Driver) Import(ctx context.Context, req *provisioner.Request, address, id string, out provisioner.Sink) (*provisioner.Result, error) {
	nothing := &provisioner.Result{Outcome: provisioner.Failed, Outputs: req.Outputs}
	before, err := d.begin(ctx, req, out)
	if err != nil {
		return nothing, err
	}
	c, err := d.check(ctx, req)
	if err != nil {
		return nothing, err
	}
	if problem := badImport(req, address, id); problem != nil {
		return nothing, c.secret.Problem(*problem)
	}
	known, err := parseState(before)
	if err != nil {
		return nothing, err
	}
	if known.has(address, "") {
		return nothing, c.secret.Problem(managed(req, d.options.Tool, address))
	}
	p, err := d.prepare(ctx, req, c, operationImport, before, out)
	if err != nil {
		return nothing, err
	}
	if err := ctx.Err(); err != nil {
		return nothing, p.work.discard(err)
	}
	pid, done, err := p.start([]string{"import", "-input=false", "-no-color", address, id}) // Recover looks for the address there
	if err != nil {
		return nothing, p.work.discard(err)
	}
	end := p.watch(ctx, pid, done)
	p.imported(req, address, end)
	return p.finish(ctx, end, p.binary, p.environment)
}

// imported judges an import: it has no machine-readable output.
func (p *prepared) imported(req *provisioner.Request, address string, end ending) {
	done := end.known && end.code == 0
	if !end.known && !p.ownState {
		text, err := p.work.readState()
		there, failed := parseState(text)
		done = err == nil && failed == nil && there.has(address, "")
	}
	if !done {
		p.refused(req, address)
		return
	}
	taken := provisioner.Change{Address: p.transcript.secret.Text(address), Type: typeOf(address), Action: provisioner.Import}
	p.transcript.made[taken.Address], p.transcript.applied = taken, true
}

// refused takes what the tool says for people as problems: import says nothing else.
func (p *prepared) refused(req *provisioner.Request, address string) {
	text, err := os.ReadFile(p.work.path(errorsName))
	if err != nil {
		p.d.options.Logger.Warn("the tool's output cannot be read", "error", err)
		return
	}
	for _, problem := range p.short().problems("import", string(text)) {
		if strings.Contains(problem.Message, "Resource already managed by") {
			problem = p.transcript.secret.Problem(managed(req, p.d.options.Tool, address))
		}
		p.transcript.problems.Add(problem)
	}
}

func managed(req *provisioner.Request, tool Tool, address string) tenon.Problem {
	return tenon.Problem{
		Rule: ruleManaged, File: path.Clean(req.Path),
		Message: address + " is managed by " + tool.title() + " already",
		Hint:    "to take in another one, let go of what the state has at this address first",
	}
}

// badImport is what the command line of the tool would take for something else.
func badImport(req *provisioner.Request, address, id string) *tenon.Problem {
	problem := &tenon.Problem{Rule: ruleImport, File: path.Clean(req.Path)}
	switch {
	case address == "" || strings.HasPrefix(address, "-"):
		problem.Message = "\"" + address + "\" is not the address of a resource"
		problem.Hint = "such as aws_vpc.main, or module.network.aws_subnet.a[0]"
	case id == "":
		problem.Message = address + " has no id to be imported by"
	default:
		return nil
	}
	return problem
}

const ruleImport = "import"

// typeOf is the type of the resource at an address: the last but one of its names.
func typeOf(address string) string {
	if found := lastNames.FindStringSubmatch(address); found != nil {
		return found[1]
	}
	return ""
}

var lastNames = regexp.MustCompile(`(?:^|\.)([\w-]+)\.[\w-]+(?:\[[^\]]*\])?$`)
