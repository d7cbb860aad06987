package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/internal/redact"
)

// asking is where a short command of the tool runs: one that changes nothing outside the
// work folder, so that it needs no record.
type asking struct {
	d           *Driver
	folder      string // of the module, absolute
	path        string // of the module, in the bundle
	binary      string
	environment []string
	secret      *redact.Redactor
}

// short commands of a prepared run.
func (p *prepared) short() asking {
	return asking{p.d, p.work.module, p.transcript.folder, p.binary, p.environment, p.transcript.secret}
}

// run gives what the tool writes to its standard output. It starts the tool without
// terraform-exec, which would ask for the version first: a second process of the same
// cost. What the tool has against it are problems with their places.
func (a asking) run(ctx context.Context, arguments ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, a.binary, arguments...)
	command.Dir, command.Env = a.folder, a.environment
	process.Apart(command)
	command.Cancel = func() error { return process.Interrupt(command.Process.Pid) }
	command.WaitDelay = a.d.options.Grace
	stdout, stderr := &bytes.Buffer{}, &bytes.Buffer{}
	command.Stdout, command.Stderr = stdout, stderr
	a.d.options.Logger.Debug("asking tool", "binary", a.binary, "arguments", arguments, "folder", a.folder)
	err := command.Run()
	if err == nil {
		return stdout.Bytes(), nil
	}
	what := a.d.options.Tool.program() + " " + arguments[0]
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		if command.Process != nil {
			_ = process.KillGroup(command.Process.Pid) // what is left of what it started
		}
		return stdout.Bytes(), fmt.Errorf("%s was interrupted: %w", what, ctx.Err())
	case !errors.As(err, &exit):
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if said := a.problems(arguments[0], stderr.String()); said.HasErrors() {
		return stdout.Bytes(), transient(said.Err())
	}
	text := plain(stderr.String())
	if text == "" {
		text = plain(stdout.String())
	}
	return stdout.Bytes(), fmt.Errorf("%s ended with %w: %s", what, err, shorten(a.secret.Text(text), maxMessage))
}

// problems are what the tool writes for people, as problems of a command.
func (a asking) problems(command, text string) tenon.Problems {
	var problems tenon.Problems
	for _, said := range framed(text) {
		problem := placed(said.problem(string(a.d.options.Tool), a.path), a.path)
		problem.Message = command + ": " + problem.Message
		problems.Add(a.secret.Problem(problem))
	}
	return problems
}

// maxMessage is how much of a text is told that a tool has written past its messages.
const maxMessage = 4 << 10

// plain takes the frame off what the tool writes for people, and puts it on one line.
func plain(text string) string {
	return strings.Join(strings.Fields(unframed.Replace(text)), " ")
}
