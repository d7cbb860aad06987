package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/deploy"
)

// progress shows a run while it goes on.
type progress interface {
	deploy.Sink
	note(text string) // something to say that is no event
	close()           // nothing is drawn any more
}

// watch carries out a run and shows it: as JSON lines, as a live view, or line by line.
// The last thing it prints is the summary, also of a run that could not start.
func (a *app) watch(ctx context.Context, dir, env string, open opener, run func(context.Context, *session) (*deploy.Run, error)) error {
	signal.Ignore(syscall.SIGPIPE) // a reader that has gone away does not stop a run in its middle
	show, began := a.progress(), time.Now()
	stop := context.AfterFunc(ctx, func() {
		show.note("interrupted: what is running gets to stop cleanly (Ctrl-C again leaves at once)")
	})
	s, result, err := carryOut(ctx, dir, env, show, open, func(ctx context.Context, s *session) (*deploy.Run, error) {
		defer a.stages.during(func() {
			show.note("nothing more is started, what runs goes to its end (Ctrl-C again asks it to stop)")
			s.engine.Drain()
		})()
		return run(ctx, s)
	})
	stop()
	show.close()
	status, problems := outcome(result, err)
	if s != nil {
		problems = s.place(problems)
	}
	if a.json {
		if err := json.NewEncoder(a.stdout).Encode(summarize(result, problems)); err != nil {
			return err
		}
	} else {
		a.report(problems)
		if result != nil {
			fmt.Fprintf(a.stdout, "%s %s in %s\n", s.environment, inWords(result), elapsed(time.Since(began)))
		}
	}
	if status != isSo {
		return answered(status)
	}
	return nil
}

// opener opens what a run works on.
type opener func(ctx context.Context, dir, env string, sink deploy.Sink) (*session, error)

func carryOut(ctx context.Context, dir, env string, show progress, open opener, run func(context.Context, *session) (*deploy.Run, error)) (*session, *deploy.Run, error) {
	s, err := open(ctx, dir, env, show)
	if err != nil {
		return nil, nil, err
	}
	defer s.close()
	result, err := run(ctx, s)
	return s, result, err
}

// outcome gives the exit status of a run, and what went wrong as problems: those of each
// instance, in order.
func outcome(run *deploy.Run, err error) (int, tenon.Problems) {
	if run == nil {
		if err == nil {
			return isSo, nil
		}
		return explain(err)
	}
	var problems tenon.Problems
	for _, instance := range slices.Sorted(maps.Keys(run.Errors)) {
		failure := run.Errors[instance]
		found := tenon.ProblemsOf(failure)
		if found == nil {
			found = tenon.Problems{{Rule: "failed", Message: failure.Error()}}
		}
		for _, p := range found {
			p.Message = instance + ": " + p.Message // a bundle may have several instances
			problems.Add(p)
		}
	}
	if err != nil && len(problems) == 0 {
		_, problems = explain(err)
	}
	if err != nil || run.Status != "succeeded" {
		return isNot, problems
	}
	return isSo, problems
}

// summary is the last line of a run.
type summary struct {
	Type       string         `json:"type"`
	Deployment string         `json:"deployment"`
	Status     string         `json:"status"`
	Applied    []string       `json:"applied"`
	Skipped    []string       `json:"skipped"`
	Failed     []string       `json:"failed"`
	Blocked    []string       `json:"blocked"`
	Unknown    []string       `json:"unknown"`
	Problems   tenon.Problems `json:"problems"`
}

func summarize(run *deploy.Run, problems tenon.Problems) summary {
	if run == nil {
		run = &deploy.Run{Status: "failed"}
	}
	return summary{
		Type: "summary", Deployment: run.Deployment, Status: run.Status,
		Applied: orEmpty(run.Applied), Skipped: orEmpty(run.Skipped), Failed: orEmpty(run.Failed),
		Blocked: orEmpty(run.Blocked), Unknown: orEmpty(run.Unknown), Problems: problems,
	}
}

// inWords sums up a run: succeeded: 3 applied, 1 unchanged.
func inWords(run *deploy.Run) string {
	var parts []string
	for _, group := range []struct {
		instances []string
		words     string
	}{
		{run.Applied, "applied"}, {run.Skipped, "unchanged"}, {run.Failed, "failed"},
		{run.Blocked, "blocked"}, {run.Unknown, "unknown"},
	} {
		if len(group.instances) > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", len(group.instances), group.words))
		}
	}
	if len(parts) == 0 {
		parts = []string{"nothing to do"}
	}
	text := run.Status + ": " + strings.Join(parts, ", ")
	if run.Status == "canceled" {
		text += "; nothing is lost, the next run goes on"
	}
	return text
}

// elapsed is a duration as people say it: 0.4s, 12.0s, 3m20s.
func elapsed(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// progress chooses how a run is shown.
func (a *app) progress() progress {
	switch {
	case a.json:
		return &jsonLines{encoder: json.NewEncoder(a.stdout), stderr: a.stderr}
	case a.isTerminal():
		return newLive(a.stdout, a.colored())
	}
	return &plainLines{w: a.stdout, verbose: a.verbose}
}

// jsonLines prints each event as a line of JSON.
type jsonLines struct {
	mu      sync.Mutex
	encoder *json.Encoder
	stderr  io.Writer
}

func (j *jsonLines) Send(e deploy.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	_ = j.encoder.Encode(e) // a closed pipe does not stop a run in its middle
}

func (j *jsonLines) note(text string) { fmt.Fprintln(j.stderr, text) }
func (j *jsonLines) close()           {}

// plainLines prints a line an event.
type plainLines struct {
	mu      sync.Mutex
	w       io.Writer
	verbose bool
}

func (p *plainLines) Send(e deploy.Event) {
	if text := line(e, p.verbose); text != "" {
		p.note(text)
	}
}

func (p *plainLines) note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, text)
}

func (p *plainLines) close() {}
