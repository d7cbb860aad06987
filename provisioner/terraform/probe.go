package terraform

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// asVersion is how the tools introduce themselves. Their JSON does not say which it is.
var asVersion = regexp.MustCompile(`^(Terraform|OpenTofu) v(\S+)`)

// probeTime is how long a binary may take to say its version.
const probeTime = 30 * time.Second

// versionOf asks a binary once, and again when it has changed, which tool it is and of
// which version. One that is another program is a *provisioner.ToolMissingError.
func (d *Driver) versionOf(ctx context.Context, path string) (string, error) {
	id, err := identity(path)
	if err != nil {
		return "", err
	}
	d.versions.Lock()
	defer d.versions.Unlock()
	if version, ok := d.versions.known[id]; ok {
		return version, nil
	}
	said, err := d.probe(ctx, path)
	if err != nil {
		return "", err
	}
	title := d.options.Tool.title()
	found := asVersion.FindStringSubmatch(said)
	switch {
	case found == nil:
		first, _, _ := strings.Cut(strings.TrimSpace(said), "\n")
		return "", d.missing("", "", fmt.Sprintf("%s is not %s: asked for its version it says %q", path, title, shorten(first, 80)))
	case found[1] != title:
		return "", d.missing("", "", fmt.Sprintf("%s is %s: give the driver the path of %s, or %[2]s as its tool", path, found[1], title))
	}
	d.versions.known[id] = found[2]
	return found[2], nil
}

func (d *Driver) probe(ctx context.Context, path string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	command := exec.CommandContext(limited, path, "version")
	command.Dir, command.Env = filepath.Dir(path), d.environment
	said := &capped{limit: 64 << 10}
	command.Stdout, command.Stderr = said, said
	command.WaitDelay = time.Second // of what it started and left with its output
	err := command.Run()
	switch {
	case err == nil:
		return said.String(), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s version was interrupted: %w", d.options.Tool.program(), ctx.Err())
	case limited.Err() != nil:
		return "", d.missing("", "", fmt.Sprintf("%s is not %s: it does not say its version within %s", path, d.options.Tool.title(), probeTime))
	case errors.Is(err, syscall.ENOEXEC):
		return "", d.missing("", "", fmt.Sprintf("%s does not run on %s/%s: it is made for another machine, or a script that does not begin with #!",
			path, runtime.GOOS, runtime.GOARCH))
	case errors.Is(err, syscall.EACCES):
		return "", d.missing("", "", fmt.Sprintf("%s may not be run: look at its permissions, and at those of its folders and file system", path))
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) || errors.Is(err, errTooMuch) {
		return said.String(), nil // judged by what it said
	}
	return "", d.missing("", "", fmt.Sprintf("%s does not start: %v", path, errors.Unwrap(err)))
}

// capped keeps the beginning of what is written to it.
type capped struct {
	strings.Builder
	limit int
}

var errTooMuch = errors.New("too much output")

func (c *capped) Write(text []byte) (int, error) {
	if c.Len()+len(text) > c.limit {
		return 0, errTooMuch
	}
	return c.Builder.Write(text)
}

// shorten cuts a text for people.
func shorten(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
