package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tenon-sdk/tenon"
	"github.com/tenon-sdk/tenon/provisioner/store"
)

// statuses are what --status can be.
var statuses = []string{store.Canceled, store.Failed, store.Interrupted, store.Running, store.Succeeded, store.Unknown}

func (a *app) runsCommand() *cobra.Command {
	q := store.AttemptQuery{}
	c := &cobra.Command{
		Use: "runs DIR", Short: "Show what runs did with instances, failed ones too, newest first", Args: arguments("DIR"),
		Long: "Show what runs did with instances, failed ones too, newest first. All that is given must fit:\n" +
			"a use of a bundle that fails can so be held against those that work.\n\n" +
			"  tenon runs . --bundle postgres --version 1.4.0\n" +
			"  tenon runs . --diagnostic quota --status failed\n\n" +
			"Exit status: 0 also where nothing fits; 2 it could not run.",
		RunE: func(c *cobra.Command, args []string) error { return a.runs(c.Context(), args[0], q) },
	}
	flags := c.Flags()
	flags.StringVar(&q.Bundle, "bundle", "", "name of a bundle")
	flags.StringVar(&q.Version, "version", "", "version of the bundle")
	flags.StringVar(&q.Instance, "instance", "", "address of an instance, or name of a component")
	flags.StringVar(&q.Environment, "environment", "", "address of an environment")
	flags.StringVar(&q.Deployment, "deployment", "", "id of a deployment")
	flags.StringVar(&q.Status, "status", "", strings.Join(statuses, ", "))
	flags.StringVar(&q.Diagnostic, "diagnostic", "", "rule of a problem, or a part of its message")
	flags.IntVar(&q.Limit, "limit", 50, "how many at most")
	flags.Int64Var(&q.Before, "before", 0, "only those that are older than the one with this id")
	return c
}

// runsDocument is what runs prints.
type runsDocument struct {
	Runs []store.Attempt `json:"runs"`
	Next int64           `json:"next,omitempty"` // --before of the next page, where there may be one
}

func (a *app) runs(ctx context.Context, dir string, q store.AttemptQuery) error {
	if q.Status != "" && !slices.Contains(statuses, q.Status) {
		hint := tenon.DidYouMean(q.Status, statuses)
		if hint == "" {
			hint = "there are " + strings.Join(statuses, ", ")
		}
		return usage("--status %q: unknown (%s)", q.Status, hint)
	}
	if q.Limit < 1 || q.Before < 0 {
		return usage("--limit must be 1 or more, --before not negative")
	}
	st, err := a.records(ctx, dir, &store.Options{WithoutKey: true})
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := st.Attempts(ctx, q)
	if err != nil {
		return err
	}
	document := runsDocument{Runs: orEmpty(list)}
	if len(list) == q.Limit {
		document.Next = list[len(list)-1].ID
	}
	return a.answer(document, func(w io.Writer) { printRuns(w, document) })
}

func printRuns(w io.Writer, d runsDocument) {
	rows := [][]string{{"STARTED", "INSTANCE", "BUNDLE", "ACTION", "STATUS", "TOOK", "DEPLOYMENT", "MESSAGE"}}
	for _, r := range d.Runs {
		took := "-"
		if !r.Finished.IsZero() {
			took = elapsed(r.Finished.Sub(r.Started))
		}
		message, more, _ := strings.Cut(r.Message, "\n")
		if more != "" {
			message += " …" // --json has all of it
		}
		rows = append(rows, []string{
			r.Started.Local().Format(time.DateTime), r.Instance, r.Bundle + " " + r.Version, r.Action, r.Status, took, r.Deployment, message,
		})
	}
	table(w, rows)
	if d.Next > 0 {
		fmt.Fprintf(w, "older ones: --before %d\n", d.Next)
	}
}
