package terraform

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/internal/redact"
	"github.com/tenon-sdk/tenon/internal/tail"
	"github.com/tenon-sdk/tenon/provisioner"
)

const (
	outputEvery = 100 * time.Millisecond
	stateEvery  = 300 * time.Millisecond
	aliveEvery  = 50 * time.Millisecond
)

// run is one process of the tool, watched from its start or from the middle on.
type run struct {
	d          *Driver
	work       *work
	operation  string // plan, apply, destroy
	transcript *transcript
	output     *tail.Tail
	errors     *tail.Tail
	debug      *tail.Tail
	stderr     []string // the last lines
	state      provisioner.State
	follow     bool        // the state is to be written while it changes
	seen       fs.FileInfo // of the state file, when it was last looked at
	saved      []byte      // the state as it was last written
}

func (d *Driver) newRun(w *work, operation, folder string, secret *redact.Redactor, req *provisioner.Request, out provisioner.Sink) *run {
	return &run{
		d: d, work: w, operation: operation, state: req.State,
		transcript: newTranscript(d.options.Tool, folder, secret, out),
		output:     tail.Of(w.path(outputName)), errors: tail.Of(w.path(errorsName)), debug: tail.Of(w.path(debugName)),
	}
}

// ending is how a process ended.
type ending struct {
	known bool // that it was our child, so that the rest is known
	code  int  // -1 where a signal ended it
	text  string
}

// start begins the tool. It writes to files, not to pipes: a pipe breaks when its reader
// dies, and the tool with it.
func (p *prepared) start(arguments []string) (int, <-chan ending, error) {
	record := record{
		Operation: p.operation, Tool: p.d.options.Tool, Folder: p.transcript.folder, OwnState: p.ownState,
		Arguments: arguments, Steps: p.transcript.total,
	}
	if err := p.work.writeRecord(record); err != nil {
		return 0, nil, err
	}
	const flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	stdout, err := os.OpenFile(p.work.path(outputName), flags, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer stdout.Close()
	stderr, err := os.OpenFile(p.work.path(errorsName), flags, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer stderr.Close()

	command := exec.Command(p.binary, arguments...) // without a context: stopping is an interrupt and patience
	command.Dir, command.Env = p.work.module, p.environment
	if level := p.d.options.LogLevel; level != "" {
		command.Env = append(slices.Clone(command.Env), "TF_LOG="+level, "TF_LOG_PATH="+p.work.path(debugName))
	}
	command.Stdout, command.Stderr = stdout, stderr
	process.Apart(command)
	p.d.options.Logger.Debug("starting tool", "binary", p.binary, "arguments", arguments, "folder", p.work.module)
	if err := command.Start(); err != nil {
		return 0, nil, err
	}
	pid := command.Process.Pid
	if record.Process, err = process.Of(pid); err == nil {
		err = p.work.writeRecord(record)
	}
	if err != nil {
		p.d.options.Logger.Warn("the tool's process is not on record", "error", err)
	}
	done := make(chan ending, 1)
	go func() {
		err := command.Wait()
		end := ending{known: true, code: command.ProcessState.ExitCode()}
		if err != nil {
			end.text = err.Error()
		}
		done <- end
	}()
	return pid, done, nil
}

// attach waits for a process that another host started.
func (r *run) attach(id process.ID) <-chan ending {
	done := make(chan ending, 1)
	go func() {
		for id.Alive() {
			time.Sleep(aliveEvery)
		}
		done <- ending{}
	}()
	return done
}

// watch follows what the tool says and writes until it has ended. A cancelled context
// interrupts it once; after the grace time it is killed with all that it started.
func (r *run) watch(ctx context.Context, pid int, done <-chan ending) ending {
	outputTick, stateTick := time.NewTicker(outputEvery), time.NewTicker(stateEvery)
	defer outputTick.Stop()
	defer stateTick.Stop()
	canceled := ctx.Done()
	var patience <-chan time.Time
	for {
		select {
		case end := <-done:
			r.read()
			r.output.Last(r.transcript.line)
			r.errors.Last(r.errorLine)
			r.debug.Last(r.debugLine)
			if end.known && (end.code < 0 || ctx.Err() != nil) {
				_ = process.KillGroup(pid) // what it started has no one to stop it any more
			}
			return end
		case <-outputTick.C:
			r.read()
		case <-stateTick.C:
			if !r.work.stateChanged(&r.seen) {
				continue
			}
			if err := r.saveState(ctx); err != nil {
				r.d.options.Logger.Warn("the state cannot be kept while it changes", "error", err)
			}
		case <-canceled:
			canceled = nil
			r.transcript.log("interrupting " + r.d.options.Tool.title())
			if err := process.Interrupt(pid); err != nil && !errors.Is(err, syscall.ESRCH) {
				r.d.options.Logger.Warn("the tool cannot be interrupted", "error", err)
			}
			patience = time.After(r.d.options.Grace)
		case <-patience:
			r.transcript.log(fmt.Sprintf("killing %s: it did not stop within %s", r.d.options.Tool.title(), r.d.options.Grace))
			_ = process.KillGroup(pid) // gone already: its end is on the way
		}
	}
}

func (r *run) read() {
	if err := errors.Join(r.output.Read(r.transcript.line), r.errors.Read(r.errorLine), r.debug.Read(r.debugLine)); err != nil {
		r.d.options.Logger.Warn("the tool's output cannot be read", "error", err)
	}
}

// debugLine passes on a line that the tool writes at a log level.
func (r *run) debugLine(line []byte) {
	r.d.options.Logger.Debug("tool", "said", shorten(r.transcript.secret.Text(string(line)), maxMessage))
}

// errorLine takes a line that the tool wrote past its machine-readable output.
func (r *run) errorLine(line []byte) {
	text := strings.TrimSpace(string(line))
	if text == "" {
		return
	}
	r.transcript.log(text)
	if r.stderr = append(r.stderr, text); len(r.stderr) > 5 {
		r.stderr = r.stderr[1:]
	}
}

// saveState writes the state in the work folder to where the caller keeps it, when it
// has changed. It does so also after a cancel: nothing that was made may be lost.
func (r *run) saveState(ctx context.Context) error {
	if !r.follow {
		return nil
	}
	text, err := r.work.readState()
	if err != nil || text == nil || bytes.Equal(text, r.saved) {
		return err
	}
	kept := text
	if parsed, err := parseState(text); err != nil {
		return err
	} else if parsed.isEmpty() && len(parsed.Outputs) == 0 {
		kept = nil
	}
	if err := r.state.Write(context.WithoutCancel(ctx), kept); err != nil {
		return fmt.Errorf("the state cannot be kept: %w", err)
	}
	r.saved = text
	return nil
}

// outcome judges an apply or destroy by how the tool ended and what it said last.
func (r *run) outcome(end ending) provisioner.Outcome {
	switch {
	case end.known && end.code == 0, !end.known && r.transcript.applied:
		return provisioner.Done
	case (!end.known || end.code > 0) && r.transcript.problems.HasErrors():
		return provisioner.Failed
	case (!end.known || end.code < 0) && !r.transcript.began:
		return provisioner.Failed // killed before anything: the tool says what it begins
	}
	return provisioner.Unknown // killed, or crashed without a word
}

// failure is the error of a run that did not end well.
func (r *run) failure(ctx context.Context, end ending, outcome provisioner.Outcome) error {
	what := r.d.options.Tool.program() + " " + r.operation
	if ctx.Err() != nil {
		return fmt.Errorf("%s was interrupted: %w", what, ctx.Err())
	}
	if err := r.transcript.problems.Err(); err != nil && outcome == provisioner.Failed {
		return transient(err)
	}
	if !end.known || end.code < 0 {
		where := "in the middle"
		if outcome == provisioner.Failed {
			where = "before it changed anything"
		}
		return fmt.Errorf("%s died %s (%s)", what, where, orElse(end.text, "its host died as well"))
	}
	text := fmt.Sprintf("%s ended with %s", what, orElse(end.text, "an error"))
	if len(r.stderr) > 0 {
		text += ": " + shorten(r.transcript.secret.Text(strings.Join(r.stderr, " ")), maxMessage)
	}
	return errors.New(text)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
