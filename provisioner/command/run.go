package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/tenon-sdk/tenon/internal/folder"
	"github.com/tenon-sdk/tenon/internal/process"
	"github.com/tenon-sdk/tenon/internal/tail"
	"github.com/tenon-sdk/tenon/provisioner"
)

const (
	readEvery  = 100 * time.Millisecond
	aliveEvery = 50 * time.Millisecond
	markName   = "TENON_COMMAND_RUN"
	// Of each line so much is told, and so many of the last ones in an error.
	maxLine, lastLines = 8 << 10, 5
)

// wrapper runs a program, and takes what is secret away and writes down how it ended also
// where this process has died in the meantime. It goes on through a signal that its group
// gets: the program is what has to stop.
//
// Before that it takes the run: a file that only one can make. Where a recovery has made it,
// or the folder belongs to another run by now, the program is not started any more.
func wrapper(action Action) string {
	return `work=$1; token=$2; shift 2
set -C
{ echo $$ >"$work/` + takenPrefix + `$token"; } 2>/dev/null || exit 70
set +C
read -r record <"$work/` + recordName + `"
case $record in *"$token"*) ;; *) exit 70 ;; esac
trap : TERM INT HUP
"$@"
code=$?
PATH=/usr/bin:/bin:$PATH
cd "$work" || exit 70
rm -f ` + requestName + " " + filesName + "/" + strings.Join(gone(action), " "+filesName+"/") + `
echo $code >exit.new && mv -f exit.new ` + exitName + `
exit $code
`
}

// run is one process of a program, watched from its start or from the middle on.
type run struct {
	*job
	record       *record
	said, errors *tail.Tail
	last         []string // lines of its standard error
	stopped      string   // why it was asked to stop, where its caller did not ask for that
}

func (j *job) newRun(r *record) *run {
	return &run{job: j, record: r, said: tail.Of(j.work.path(saidName)), errors: tail.Of(j.work.path(errorsName))}
}

// start begins the program. It writes to files, not to pipes: a pipe breaks when its reader
// dies, and the program with it.
func (r *run) start() (int, <-chan struct{}, error) {
	w := r.work
	if err := w.writeRecord(*r.record); err != nil {
		return 0, nil, err
	}
	const flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	stdout, err := os.OpenFile(w.path(saidName), flags, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer stdout.Close()
	stderr, err := os.OpenFile(w.path(errorsName), flags, 0o600)
	if err != nil {
		return 0, nil, err
	}
	defer stderr.Close()
	arguments := slices.Concat([]string{"-c", wrapper(r.record.Action), "sh", w.root, r.record.token()}, r.program.command, []string{string(r.record.Action)})
	command := exec.Command("/bin/sh", arguments...) // without a context: stopping is a signal and patience
	command.Dir = w.step
	command.Env = slices.Concat(r.d.environment, r.req.Run.Environ(), []string{
		"TENON_ACTION=" + string(r.record.Action), "TENON_MODE=" + string(r.req.Mode), "TENON_FILES=" + w.path(filesName), r.record.Mark,
	})
	command.Stdout, command.Stderr = stdout, stderr
	if r.record.Stdio {
		stdin, err := os.Open(w.path(requestName))
		if err != nil {
			return 0, nil, err
		}
		defer stdin.Close()
		command.Stdin = stdin
	}
	process.Apart(command)
	r.d.options.Logger.Debug("starting program", "command", r.program.command, "action", r.record.Action, "folder", w.step)
	if err := command.Start(); err != nil {
		return 0, nil, err
	}
	if r.record.Stdio {
		_ = os.Remove(w.path(requestName)) // the wrapper does it too
	}
	pid := command.Process.Pid
	if r.record.Process, err = process.Of(pid); err == nil {
		err = w.writeRecord(*r.record)
	}
	if err != nil {
		r.d.options.Logger.Warn("the program's process is not on record", "error", err)
	}
	done := make(chan struct{})
	go func() {
		_ = command.Wait() // its wrapper writes down how it ended
		close(done)
	}()
	return pid, done, nil
}

// attach waits for a process that another host started.
func attach(id process.ID) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		for id.Alive() {
			time.Sleep(aliveEvery)
		}
		close(done)
	}()
	return done
}

// watch follows what the program says until it has ended, and ends all that it started. A
// cancelled context, the time limit and too much output ask it to stop; after the grace
// time it is killed.
func (r *run) watch(ctx context.Context, pid int, done <-chan struct{}) {
	tick := time.NewTicker(readEvery)
	defer tick.Stop()
	limit := time.NewTimer(time.Until(r.record.Deadline))
	defer limit.Stop()
	canceled := ctx.Done()
	var patience <-chan time.Time
	ask := func(why string) {
		canceled = nil
		if patience != nil {
			return
		}
		r.log(why)
		if err := process.TerminateGroup(pid); err != nil {
			r.d.options.Logger.Debug("the program cannot be asked to stop", "error", err)
		}
		patience = time.After(r.d.options.Grace)
	}
	kill := func() {
		_ = process.KillGroup(pid) // gone already
		process.KillMarked(r.record.Mark)
	}
	for {
		select {
		case <-done:
			kill()
			r.work.removeInputs(r.record.Action)
			r.follow()
			if !r.record.Stdio {
				r.said.Last(r.line)
			}
			r.errors.Last(r.errorLine)
			return
		case <-tick.C:
			if !r.follow() {
				kill()
			}
		case <-canceled:
			ask("asking the program to stop")
		case <-limit.C:
			r.stopped = "it took longer than it may"
			ask("asking the program to stop: " + r.stopped)
		case <-patience:
			r.log(fmt.Sprintf("killing the program: it did not stop within %s", r.d.options.Grace))
			kill()
		}
	}
}

// follow reads what the program has written since; false where that is too much.
func (r *run) follow() bool {
	for name, most := range map[string]int64{saidName: r.saidMost(), errorsName: r.d.options.MaxLog} {
		if info, err := os.Stat(r.work.path(name)); err == nil && info.Size() > most {
			if r.stopped == "" {
				r.stopped = fmt.Sprintf("it wrote more than %d bytes to its output", most)
				r.log("killing the program: " + r.stopped)
			}
			return false
		}
	}
	var err error
	if !r.record.Stdio {
		err = r.said.Read(r.line)
	}
	if err = errors.Join(err, r.errors.Read(r.errorLine)); err != nil {
		r.d.options.Logger.Warn("the program's output cannot be read", "error", err)
	}
	return true
}

func (r *run) saidMost() int64 {
	if r.record.Stdio {
		return r.d.options.MaxAnswer
	}
	return r.d.options.MaxLog
}

func (r *run) line(line []byte) {
	if text := strings.TrimSpace(string(line)); text != "" {
		r.log(text)
	}
}

func (r *run) errorLine(line []byte) {
	r.line(line)
	if text := strings.TrimSpace(string(line)); text != "" {
		if r.last = append(r.last, text); len(r.last) > lastLines {
			r.last = r.last[1:]
		}
	}
}

func (j *job) log(text string) {
	text = j.secret.Text(text) // before it is cut: half a secret is not known as one
	if len(text) > maxLine {
		text = strings.ToValidUTF8(text[:maxLine], "") + " …"
	}
	j.out.Send(provisioner.Event{Kind: provisioner.Log, Time: time.Now().UTC(), Message: strings.ToValidUTF8(text, "\uFFFD")})
}

// Statuses of programs. Source: sysexits.h of BSD, EX_DATAERR and EX_TEMPFAIL; POSIX, Shell
// Command Language, 2.8.2: a status above 128 is that of a command which a signal ended.
const (
	refused   = 65
	temporary = 75
	bySignal  = 128
	signals   = 64 // as many as Linux has
)

// signal is the one that ended the program; 0 for none.
func signal(code int) int {
	if code > bySignal && code <= bySignal+signals {
		return code - bySignal
	}
	return 0
}

// verdict is how a run ended, with the error for it where it did not end well.
func (r *run) verdict(ctx context.Context, a *answer) (provisioner.Outcome, error) {
	code, known := r.work.status()
	outcome := provisioner.Failed
	if !known || signal(code) > 0 {
		outcome = provisioner.Unknown
	}
	what := fmt.Sprintf("%s %s", r.program.command[0], r.record.Action)
	switch {
	case known && code == 0:
		return provisioner.Done, nil
	case ctx.Err() != nil:
		return outcome, fmt.Errorf("%s was interrupted: %w", what, ctx.Err())
	case a != nil && a.problems.HasErrors() && outcome == provisioner.Failed:
		err := a.problems.Err()
		if code == temporary {
			err = &provisioner.Error{Class: provisioner.Transient, Err: err}
		}
		return outcome, err
	}
	text := fmt.Sprintf("%s ended with status %d", what, code)
	switch {
	case r.stopped != "":
		text = fmt.Sprintf("%s was stopped: %s", what, r.stopped)
	case !known:
		text = what + " was killed in the middle"
	case signal(code) > 0:
		text = fmt.Sprintf("%s died of signal %d in the middle", what, signal(code))
	}
	if len(r.last) > 0 {
		text += ": " + strings.Join(r.last, " ")
	}
	text = r.secret.Text(text)
	if len(text) > maxLine {
		text = text[:maxLine] + " …"
	}
	err := errors.New(strings.ToValidUTF8(text, "\uFFFD"))
	switch {
	case outcome == provisioner.Unknown:
		err = &provisioner.Error{Class: provisioner.OutcomeUnknown, Err: err}
	case code == temporary && known:
		err = &provisioner.Error{Class: provisioner.Transient, Err: err}
	}
	return outcome, err
}

// perform runs the program once, to its end.
func (j *job) perform(ctx context.Context, action Action, half bool) (*run, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s was interrupted: %w", action, err)
	}
	if err := os.MkdirAll(j.work.root, 0o700); err != nil {
		return nil, err
	}
	if err := folder.Empty(j.work.root); err != nil {
		return nil, err
	}
	if err := folder.Fill(j.work.path(bundleName), j.req.Files, nil); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(j.work.step, 0o700); err != nil {
		return nil, err
	}
	if err := j.write(action); err != nil {
		return nil, err
	}
	r := j.newRun(&record{
		Action: action, Half: half, Stdio: j.program.stdio, Named: j.program.can(Plan),
		Deadline: time.Now().Add(j.program.timeout), Mark: process.Mark(markName),
	})
	pid, done, err := r.start()
	if err != nil {
		return nil, err
	}
	r.watch(ctx, pid, done)
	return r, nil
}
