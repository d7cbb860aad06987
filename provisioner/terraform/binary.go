package terraform

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/hashicorp/terraform-exec/tfexec"

	"github.com/tenon-sdk/tenon/provisioner"
)

// binary finds the tool: the caller's path, else the first on PATH.
func (d *Driver) binary() (string, error) {
	if path := d.options.Path; path != "" {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && !isProgram(path) {
			return "", d.missing("", "", fmt.Sprintf("%s is not executable: chmod +x %[1]s", path))
		}
		if !isProgram(path) {
			return "", d.missing("", "", fmt.Sprintf("there is no program at %s", path))
		}
		return filepath.Abs(path)
	}
	for _, folder := range filepath.SplitList(lookup(d.options.Environ, "PATH")) {
		if path := filepath.Join(folder, d.options.Tool.program()); filepath.IsAbs(path) && isProgram(path) {
			return path, nil
		}
	}
	return "", d.missing("", "", fmt.Sprintf("install %s so that %s is on PATH, or give the driver the path of its binary",
		d.options.Tool.title(), d.options.Tool.program()))
}

func (d *Driver) missing(want, found, cure string) error {
	return &provisioner.ToolMissingError{Tool: d.options.Tool.title(), Version: want, Found: found, Cure: cure}
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// Identity says which binary would run, without running it where there is only one to
// choose: its path, size, time of change and file number.
func (d *Driver) Identity(ctx context.Context, want string) (string, error) {
	if d.installs() {
		path, _, err := d.tool(ctx, want)
		if err != nil {
			return "", err
		}
		return identity(path)
	}
	path, err := d.binary()
	if err != nil {
		return "", err
	}
	return identity(path)
}

func (d *Driver) installs() bool { return d.options.Install != nil && d.options.Path == "" }

func identity(path string) (string, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d %d %s", path, info.Size(), info.ModTime().UnixNano(), fileNumber(info)), nil
}

// Version is the tool's name and version: terraform, 1.11.4. The binary is asked once,
// and again when it changes. A version other than the one wanted ("1.11" is any 1.11.x)
// is a *provisioner.ToolMissingError.
func (d *Driver) Version(ctx context.Context, want string) (name, version string, err error) {
	_, version, err = d.tool(ctx, want)
	if err != nil {
		return "", "", err
	}
	return string(d.options.Tool), version, nil
}

// tool finds the binary, and looks that it is the tool and the version that is wanted
// before it is let near a state.
func (d *Driver) tool(ctx context.Context, want string) (path, version string, err error) {
	path, err = d.binary()
	if err == nil {
		if version, err = d.versionOf(ctx, path); err == nil && satisfies(version, want) {
			return path, version, nil
		}
	}
	if ctx.Err() == nil && d.installs() {
		if path, err = d.options.Install(ctx, want); err == nil {
			version, err = d.versionOf(ctx, path)
		}
	}
	if err != nil {
		return "", "", err
	}
	if !satisfies(version, want) {
		return "", "", d.missing(want, version, fmt.Sprintf("install %s %s, or change the driver of the step to %s:%s",
			d.options.Tool.title(), want, d.options.Tool, version))
	}
	return path, version, nil
}

// satisfies says that version is want, or begins with it at a dot or a hyphen.
func satisfies(version, want string) bool {
	rest, ok := strings.CutPrefix(version, strings.TrimPrefix(want, "v"))
	return want == "" || ok && (rest == "" || rest[0] == '.' || rest[0] == '-')
}

// command is the tool as terraform-exec drives it, for the short commands.
func (d *Driver) command(folder, path string, environment []string) (*tfexec.Terraform, error) {
	tool, err := tfexec.NewTerraform(folder, path)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{}
	for _, entry := range environment {
		name, value, _ := strings.Cut(entry, "=")
		variables[name] = value
	}
	return tool, tool.SetEnv(tfexec.CleanEnv(variables)) // it sets the ones it removes here itself
}
