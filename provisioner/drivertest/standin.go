package drivertest

import (
	"context"
	"io/fs"
	"slices"

	"github.com/tenon-sdk/tenon/provisioner"
)

// ask is one call of a driver, whichever it is.
type ask struct {
	call    provisioner.Call
	request *provisioner.Request // of inspect only Path, of identity and version only Version
	files   fs.FS                // of inspect
	taken   *importOf            // of import
	out     provisioner.Sink
}

type importOf struct {
	Address string `json:"address"`
	ID      string `json:"id"`
}

// reply makes a call, and gives the answer as a Message.
func reply(ctx context.Context, driver provisioner.Driver, a *ask) (answer provisioner.Message, err error) {
	req, out := a.request, a.out
	err = provisioner.ErrUnsupported
	switch a.call {
	case provisioner.CallPlan:
		answer.Plan, err = driver.Plan(ctx, req, out)
	case provisioner.CallApply:
		answer.Result, err = driver.Apply(ctx, req, out)
	case provisioner.CallRecover:
		if d, can := driver.(provisioner.Recoverer); can {
			answer.Result, err = d.Recover(ctx, req, out)
		}
	case provisioner.CallValidate:
		if d, can := driver.(provisioner.Validator); can {
			err = d.Validate(ctx, req, out)
		}
	case provisioner.CallDrift:
		if d, can := driver.(provisioner.DriftDetector); can {
			answer.Drift, err = d.Drift(ctx, req, out)
		}
	case provisioner.CallImport:
		if d, can := driver.(provisioner.Importer); can {
			answer.Result, err = d.Import(ctx, req, a.taken.Address, a.taken.ID, out)
		}
	case provisioner.CallInspect:
		if d, can := driver.(provisioner.Inspector); can {
			answer.Module, err = d.Inspect(ctx, a.files, req.Path)
		}
	case provisioner.CallIdentity:
		if d, can := driver.(provisioner.Versioned); can {
			answer.Tool = &provisioner.ToolVersion{}
			answer.Tool.Identity, err = d.Identity(ctx, req.Version)
		}
	case provisioner.CallVersion:
		if d, can := driver.(provisioner.Versioned); can {
			answer.Tool = &provisioner.ToolVersion{}
			answer.Tool.Name, answer.Tool.Version, err = d.Version(ctx, req.Version)
		}
	}
	return answer, err
}

// powerOf is the capability that a call needs; empty where every driver can do it.
func powerOf(call provisioner.Call) provisioner.Capability {
	switch call {
	case provisioner.CallPlan, provisioner.CallApply:
		return ""
	case provisioner.CallIdentity, provisioner.CallVersion:
		return provisioner.HasVersion
	}
	return provisioner.Capability(call)
}

// standIn is a driver that stands for another one: every call of it is one of a function.
type standIn struct {
	can  func() []provisioner.Capability
	call func(ctx context.Context, a *ask) (provisioner.Message, error)
}

func (s *standIn) Capabilities() []provisioner.Capability { return s.can() }

func (s *standIn) do(ctx context.Context, a *ask) (provisioner.Message, error) {
	if power := powerOf(a.call); power != "" && !slices.Contains(s.can(), power) {
		return provisioner.Message{}, provisioner.ErrUnsupported
	}
	return s.call(ctx, a)
}

func (s *standIn) Plan(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Plan, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallPlan, request: req, out: out})
	return answer.Plan, err
}

func (s *standIn) Apply(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallApply, request: req, out: out})
	return answer.Result, err
}

func (s *standIn) Recover(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Result, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallRecover, request: req, out: out})
	return answer.Result, err
}

func (s *standIn) Validate(ctx context.Context, req *provisioner.Request, out provisioner.Sink) error {
	_, err := s.do(ctx, &ask{call: provisioner.CallValidate, request: req, out: out})
	return err
}

func (s *standIn) Drift(ctx context.Context, req *provisioner.Request, out provisioner.Sink) (*provisioner.Drift, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallDrift, request: req, out: out})
	return answer.Drift, err
}

func (s *standIn) Import(ctx context.Context, req *provisioner.Request, address, id string, out provisioner.Sink) (*provisioner.Result, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallImport, request: req, taken: &importOf{address, id}, out: out})
	return answer.Result, err
}

func (s *standIn) Inspect(ctx context.Context, files fs.FS, path string) (*provisioner.Module, error) {
	answer, err := s.do(ctx, &ask{call: provisioner.CallInspect, request: &provisioner.Request{Path: path}, files: files, out: provisioner.Discard})
	return answer.Module, err
}

func (s *standIn) Identity(ctx context.Context, want string) (string, error) {
	tool, err := s.tool(ctx, provisioner.CallIdentity, want)
	return tool.Identity, err
}

func (s *standIn) Version(ctx context.Context, want string) (name, version string, err error) {
	tool, err := s.tool(ctx, provisioner.CallVersion, want)
	return tool.Name, tool.Version, err
}

func (s *standIn) tool(ctx context.Context, call provisioner.Call, want string) (provisioner.ToolVersion, error) {
	answer, err := s.do(ctx, &ask{call: call, request: &provisioner.Request{Version: want}, out: provisioner.Discard})
	if answer.Tool == nil {
		return provisioner.ToolVersion{}, err
	}
	return *answer.Tool, err
}
